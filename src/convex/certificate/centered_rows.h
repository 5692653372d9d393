// Features in units of their own: y_j = (x_j − c_j)/2^e_j of about unit size, exactly.
#pragma once

#include <span>
#include <vector>

#include "convex/certificate/double_double.h"
#include "convex/certificate/exact_rows.h"

namespace poise::inline convex {

/// Some columns of the rows, centered and scaled. The centers are short (a few bits more than the mean has above the
/// standard deviation), so that sums of columns have sums of centers; the units are powers of two; y_j, as the sum of
/// two doubles, is exact. Columns of sparse rows keep the center 0 unless every row has an entry.
class CenteredRows {
 public:
  /// `counted`: the rows that the units are made for, with weights of any size. Constant columns among `columns` are
  /// left out, and columns whose size is beyond 2^±1000 (see too_large_or_small).
  CenteredRows(ExactRows rows, std::vector<Index> counted, std::span<const double> weight,
               std::span<const Index> columns);

  const ExactRows& rows() const { return rows_; }
  const std::vector<Index>& counted() const { return counted_; }
  Index size() const { return static_cast<Index>(columns_.size()); }
  Index column(Index k) const { return columns_[k]; }
  const std::vector<Index>& too_large_or_small() const { return unusable_; }
  double center(Index k) const { return center_[k]; }
  int exponent(Index k) const { return exponent_[k]; }

  /// y of row `row`, size() numbers.
  void values(Index row, DoubleDouble* y) const;

  /// Calls f(k, y) for the values that may be nonzero.
  template <typename F>
  void for_each(Index row, const F& f) const {
    rows_.for_each(row, [&](Index j, double x) {
      const Index k = place_[j];
      if (k >= 0) f(k, scaled(k, x));
    });
  }

 private:
  DoubleDouble scaled(Index k, double x) const {
    const DoubleDouble difference = exact_sum(x, -center(k));
    const double unit = inverse_unit_[k];
    return {difference.high * unit, difference.low * unit};
  }

  ExactRows rows_;
  std::vector<Index> counted_, columns_, unusable_, place_;
  std::vector<double> center_, inverse_unit_;
  std::vector<int> exponent_;
};

}  // namespace poise::inline convex
