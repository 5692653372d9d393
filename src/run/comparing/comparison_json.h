// A comparison of settings as JSON: what --json prints, run.json keeps, and tables are made from.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/compare.h"

namespace poise::inline run {

/// {seed, accuracy, loss, train_accuracy, train_loss, seconds, setbacks, status}; null for what is no number.
nlohmann::json to_json(const SettingRun& run);

/// {rows, test_rows, held_out, complete, judgments, settings: [{name, rule, …, accuracy: {value, error, low, high}, …,
/// judgment, runs}]}. Bounds are of 95 % each; `judgment` is by 95 % for all of them together.
nlohmann::json to_json(const Comparison& comparison);

}  // namespace poise::inline run
