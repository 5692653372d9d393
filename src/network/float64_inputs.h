// Which numbers a model file takes in double precision.
#pragma once

#include <string>
#include <vector>

#include "poise/network.h"

namespace poise::inline network {

/// One a feature, g_j: what x_j − c_j is to be multiplied by, and its weights divided, before they become float32: a
/// power of two, and 1 unless the weights are beyond 1e±30, for which float32 has no numbers. 0 where no weight is
/// beside a center that it has no number for.
Vector float32_gains(const Network& network);

/// One a feature: whether float32 is too coarse for its numbers. Rounding x ≈ c to float32 moves it by up to 2⁻²⁴ |c|,
/// the scores of a softmax layer by up to 2⁻²⁴ |c_j| max_k |W_kj|, and a probability by half of that. Unix seconds in
/// float32, for one, are 128 apart. With hidden layers, the later ones are counted with an estimate of what they make
/// of such a shift: their largest row norm, times the largest slope of the activation.
std::vector<bool> needs_float64(const Network& network);

/// The columns of which this is true, by name; "features" if it is so of any number of an array.
std::vector<std::string> float64_columns(const Network& network);

}  // namespace poise::inline network
