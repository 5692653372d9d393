// Results as JSON: the one form in which run.json, --json and the tests see them.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/metrics.h"
#include "poise/solver.h"
#include "poise/training.h"

namespace poise::inline run {

nlohmann::json to_json(const SolveReport& report);
nlohmann::json to_json(const Epoch& epoch);
/// {status, why, epochs, best_epoch, batch, seconds, train_seconds, …} without the history.
nlohmann::json to_json(const TrainingReport& report);
nlohmann::json to_json(const Certificate& certificate);
nlohmann::json to_json(const SeparatingDirection& direction, const Schema& schema);
/// {rows, cross_entropy, accuracy, …} of all classes together.
nlohmann::json to_json(const Metrics& metrics);
nlohmann::json to_json(const ReconstructionMetrics& metrics);
/// With `by_class`, an object a class, and `reliability`, one a bin of confidence, besides.
nlohmann::json to_json_by_class(const Metrics& metrics, const Schema& schema);
/// At most this many pairs of classes are written of a confusion matrix in run.json, whatever the number of classes.
inline constexpr std::size_t kMostConfused = 400;
/// With `confused` and `confused_pairs` besides: the pairs of classes that are taken for each other, the heaviest
/// first.
nlohmann::json to_json_with_confused(const Metrics& metrics, const Schema& schema);
/// With class names and the confusion matrix besides.
nlohmann::json to_json_with_confusion(const Metrics& metrics, const Schema& schema);
/// {rows, mean_squared_error, variance, explained_variance}, and `features`: an object a feature.
nlohmann::json to_json(const ReconstructionMetrics& metrics, const Schema& schema);

}  // namespace poise::inline run
