// The narrowest type that holds numbers exactly.
#pragma once

#include "poise/rows.h"

namespace poise {

/// Whether float32 holds `value` exactly.
inline bool fits_float(double value) {
  constexpr double kLargest = 0x1.fffffep127;
  return value >= -kLargest && value <= kLargest && static_cast<double>(static_cast<float>(value)) == value;
}

/// Keeps the values as float32 if that loses nothing.
inline void narrow(CsrMatrix& matrix) {
  for (const double value : matrix.doubles) {
    if (!fits_float(value)) return;
  }
  matrix.values.assign(matrix.doubles.begin(), matrix.doubles.end());
  matrix.doubles = {};
}

}  // namespace poise
