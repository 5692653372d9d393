// The options of training: checked, and what was left open filled in from the data.
#pragma once

#include "poise/training.h"

namespace poise::learning {

/// `options` with batch, epochs, initialization, learning rate, momentum and cooling decided. Throws Error(kUsage) for
/// values out of range or that exclude each other.
NetworkOptions resolve(const NetworkOptions& options, Index rows);

/// The same, with the penalty decided as well.
NetworkOptions resolve(const NetworkOptions& options, const Dataset& train);

}  // namespace poise::learning
