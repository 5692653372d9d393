// What every function of layers may count on.
#pragma once

#include <vector>

#include "poise/network.h"

namespace poise::thermo {

/// Throws Error(kUsage) unless there are layers, the first takes `inputs` values, each takes what the one before gives,
/// and each has one bias a neuron.
void check_layers(const std::vector<Layer>& layers, Index inputs);

}  // namespace poise::thermo
