// Names of choices, and what they mean in a model's metadata.
#pragma once

#include "network/metadata.h"
#include "poise/softmax_regression.h"

namespace poise::inline convex {

/// The units of the penalty that a model was trained with; kNone where none are recorded. Throws Error(kData) for a
/// name that is none.
Scale recorded_scale(const Metadata& metadata);

}  // namespace poise::inline convex
