// A block of rows of numbers in the narrowest type that holds every one of them exactly.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "poise/dataset.h"

namespace poise {

/// Rows of parsed numbers, between parsing and standardizing: 2 to 8 bytes a cell, so that the table as parsed stays
/// within about twice its text ("0," needs 2 bytes, "0.125," 4, "0.1234," 8). Missing values are NaN.
class PackedRows {
 public:
  PackedRows() = default;
  explicit PackedRows(Index cols) : cols_(cols) {}
  PackedRows(std::span<const double> values, Index cols) : cols_(cols) { append(values); }

  /// Some more rows. The type widens, for all rows, at the first number that does not fit. `narrow`: all of them are
  /// known to be integers of 16 bits.
  void append(std::span<const double> values, bool narrow = false);
  /// Makes room for so many numbers in all.
  void reserve(std::size_t numbers);

  /// The numbers of one row.
  void unpack(Index row, double* out) const;
  /// All rows, one behind the other, if all numbers are integers of 16 bits; else null.
  const std::int16_t* integers() const {
    const auto* values = std::get_if<std::vector<std::int16_t>>(&values_);
    return values == nullptr ? nullptr : values->data();
  }

 private:
  Index cols_ = 0;
  std::variant<std::vector<std::int16_t>, std::vector<float>, std::vector<double>> values_;
};

}  // namespace poise
