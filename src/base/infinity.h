// ∞, where a bound or an error is not known.
#pragma once

#include <limits>

namespace poise::inline base {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace poise::inline base
