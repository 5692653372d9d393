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
  PackedRows(std::span<const double> values, Index cols);

  /// The numbers of one row.
  void unpack(Index row, double* out) const;

 private:
  Index cols_ = 0;
  std::variant<std::vector<std::int16_t>, std::vector<float>, std::vector<double>> values_;
};

}  // namespace poise
