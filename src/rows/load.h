// The one way in which rows become numbers to compute with: a block at a time, as float32 or float64, each column
// centered and scaled on the way if that is wanted.
#pragma once

#include <vector>

#include "poise/rows.h"

namespace poise::inline rows {

/// x̃_j = (x_j − center_j) · gain_j. The difference is one rounding of float64 at most (none, where the center has few
/// digits), and a product with a power of two is none: then x̃ is the file's number in another unit, exactly.
struct ColumnMap {
  std::vector<double> center, gain;  ///< d each, or empty: x̃ = x

  bool identity() const { return gain.empty(); }
};

/// Rows [first, first + count) as Real (float or double), row r at `to` + r·ld. Sparse rows become dense.
template <typename Real>
void load_rows(const Features& x, const ColumnMap& map, Index first, Index count, Real* to, Index ld);

/// One row, d numbers.
template <typename Real>
void load_row(const Features& x, const ColumnMap& map, Index row, Real* to) {
  load_rows(x, map, row, Index{1}, to, x.cols());
}

/// Asks the processor for a row that will be loaded soon. Dense rows only.
void prefetch_row(const Features& x, Index row);

}  // namespace poise::inline rows
