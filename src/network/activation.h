// Activations by name and elementwise, in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "poise/network.h"

namespace poise::inline network {

/// The inverse of to_string; nothing for another name.
std::optional<Activation> activation_named(std::string_view name);
std::optional<Head> head_named(std::string_view name);

/// σ(y) = 1/(1 + e^−y); no overflow matters: 1/(1 + ∞) is the 0 that it should be.
inline double sigmoid(double y) { return 1 / (1 + std::exp(-y)); }

/// ln σ(y) = min(y, 0) − ln(1 + e^−|y|): finite wherever y is.
inline double log_sigmoid(double y) { return (y > 0 ? 0 : y) - std::log1p(std::exp(-std::abs(y))); }

/// In place: values[k] ← σ(values[k]).
void activate(Activation activation, double* values, Index count);

}  // namespace poise::inline network
