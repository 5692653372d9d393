// Intervals of the largest weights of a softmax layer, where they cost little.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/run.h"

namespace poise::inline run {

/// Of the layer that `report` is about, trained on `data` for `objective`, before any calibration. Where there are none
/// `refused` says why.
WeightIntervals weight_intervals(const Network& model, const SolveReport& report, const Dataset& data,
                                 const ObjectiveOptions& objective, int threads);

/// {level, meaning, refused, weights: [{feature, class, weight, standard_error, low, high}]}
nlohmann::json to_json(const WeightIntervals& intervals, const Schema& schema);

}  // namespace poise::inline run
