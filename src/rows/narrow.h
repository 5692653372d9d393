// The narrowest type that holds numbers exactly.
#pragma once

#include "poise/rows.h"

namespace poise::inline rows {

/// Whether float32 holds `value` exactly.
inline bool fits_float(double value) {
  constexpr double kLargest = 0x1.fffffep127;
  return value >= -kLargest && value <= kLargest && static_cast<double>(static_cast<float>(value)) == value;
}

/// What is known of the numbers of one column, beside their range.
struct Fineness {
  bool integers = true;  ///< all are integers of at most 32 bits
  bool floats = true;    ///< float32 holds each exactly

  void add(double value);
  void add(const Fineness& other) { integers &= other.integers, floats &= other.floats; }
};

/// The narrowest type for numbers of this fineness within [low, high].
NumberType narrowest_type(const Fineness& fineness, double low, double high);

/// Keeps the values as float32 if that loses nothing.
void narrow(CsrMatrix& matrix);

/// Sparse rows as dense records, each column in the narrowest type that holds it; dense rows as they are.
Features to_dense(const Features& x);

}  // namespace poise::inline rows
