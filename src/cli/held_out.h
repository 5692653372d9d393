// Cross-validation of the softmax layer: --l2 auto, and an estimate where no rows are held out.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/training_end.h"
#include "poise/softmax_regression.h"

namespace poise::cli {

/// --l2 auto: sets the penalty of `arguments`, and takes the time that this took off the time limit of `solve`.
///   {folds, candidates: [{l2, cross_entropy, accuracy}], metrics: those of the one chosen, seconds}
/// Null if it is not asked for, or was ended early, which leaves the default. Notes say so where the one chosen is an
/// end of the candidates, and where its probabilities are worse than the class frequencies.
nlohmann::json choose_penalty(Arguments& arguments, SolveOptions& solve, Dataset& train);

/// Metrics by five-fold cross-validation of what `fit` was found for, and "folds"; null where rows are held out anyway,
/// where there are many (it would take several times as long as training) or few, and without a penalty. A note says so
/// where the probabilities are worse than the class frequencies. `train` is that of `inputs`.
nlohmann::json estimate(const Arguments& arguments, const Inputs& inputs, Dataset& train, const SoftmaxFit& fit);

/// " (the default)" or how else the penalty came about; empty if it was given.
std::string origin_of_penalty(const nlohmann::json& result);

}  // namespace poise::cli
