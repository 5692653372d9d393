// What columns hold, under row weights: location, spread and size, in two passes over the rows.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "poise/rows.h"

namespace poise::inline rows {

/// Of every column j, over all rows with their weights (which add up to 1); absent entries of sparse rows are zeros.
struct ColumnMoments {
  std::vector<double> mean;       ///< Σ s_i x_ij
  std::vector<double> deviation;  ///< √Σ s_i (x_ij − mean_j)²; exactly 0 if and only if rows of positive weight agree
  std::vector<double> size;       ///< root mean square over the rows in which x_ij ≠ 0; 0 if there is none
  std::vector<double> low, high;  ///< over all rows, also those of weight 0
  std::vector<Index> stored;      ///< sparse rows: how many have an entry; dense: n
};

/// In two passes over parts of the rows, [bounds[k], bounds[k + 1]): the same bits for any number of threads.
/// Differences are taken before they are squared, and squares in units of the column's range: neither offsets nor units
/// cost digits. Error(kData) where the range of a column exceeds float64.
ColumnMoments column_moments(const Features& x, std::span<const double> row_weight, std::span<const Index> bounds,
                             int threads);

/// The same in up to eight parts.
ColumnMoments column_moments(const Features& x, std::span<const double> row_weight, int threads);

/// What the second pass asks: means, and powers of two that bring distances from them, and from 0, to at most 1.
struct ColumnCenters {
  std::vector<double> mean, mean_unit, zero_unit;
};

/// The same of dense rows that are elsewhere: `first` and `second` give what first_moments and second_moments make of
/// each part, one behind the other. `origin`: the first row.
ColumnMoments column_moments(const Features& x, const std::vector<double>& origin,
                             const std::function<std::vector<double>(const std::vector<double>& origin)>& first,
                             const std::function<std::vector<double>(const ColumnCenters& centers)>& second);
std::vector<double> first_moments(const Features& x, std::span<const double> row_weight,
                                  const std::vector<double>& origin);
std::vector<double> second_moments(const Features& x, std::span<const double> row_weight, const ColumnCenters& centers);

/// Σ_i s_i |x̃_ij| of every column.
struct ColumnMap;
std::vector<double> mean_absolute(const Features& x, const ColumnMap& map, std::span<const double> row_weight,
                                  int threads);

}  // namespace poise::inline rows
