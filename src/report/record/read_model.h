// What a report shows of a model's weights.
#pragma once

#include "poise/run_record.h"

namespace poise::report {

/// Of the first layer pictures, where the features are images; of a softmax layer the largest weights.
void add_weights(const Network& model, RunRecord& run);

}  // namespace poise::report
