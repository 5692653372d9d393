// Results as JSON: the one form in which run.json, --json and the tests see them.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/metrics.h"
#include "poise/solver.h"

namespace poise {

nlohmann::json to_json(const SolveReport& report);
nlohmann::json to_json(const Certificate& certificate);
nlohmann::json to_json(const SeparatingDirection& direction, const Schema& schema);
/// With the confusion matrix and class names if `schema` is given; else the short form {cross_entropy, accuracy, …}.
nlohmann::json to_json(const Metrics& metrics, const Schema* schema = nullptr);

}  // namespace poise
