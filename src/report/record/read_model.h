// What a report shows of a model's weights.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/run_record.h"

namespace poise::report {

/// Of the first layer pictures, where the features are images; of a softmax layer the largest weights.
void add_weights(const Network& model, RunRecord& run);

/// The intervals that training has found of these, from the `weight_intervals` of run.json.
void add_intervals(const nlohmann::json& intervals, RunRecord& run);

}  // namespace poise::report
