// What one operation in float64 may lose of its result.
#pragma once

#include <limits>

namespace poise::inline convex {

inline constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;  ///< u = 2⁻⁵³

}  // namespace poise::inline convex
