// poise/inference.h on rows that are known to be those trained on.
#pragma once

#include "poise/inference.h"
#include "poise/network.h"

namespace poise::inline convex {

Inference infer(const Network& model, const Dataset& data, const InferenceOptions& options);

}  // namespace poise::inline convex
