#include "convex/certificate/centered_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace poise::inline convex {
namespace {

/// What is needed of a column, in units of its largest absolute value.
struct ColumnSums {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  double stored = 0, mean = 0, squares = 0;  // Σ s, Σ s x, Σ s (x − mean)² over entries that are stored
  Index entries = 0;
};

}  // namespace

CenteredRows::CenteredRows(ExactRows rows, std::vector<Index> counted, std::span<const double> weight,
                           std::span<const Index> columns)
    : rows_(std::move(rows)), counted_(std::move(counted)) {
  const std::size_t d = rows_.cols();
  std::vector<ColumnSums> sums(d);
  double total = 0;
  for (std::size_t i = 0; i < counted_.size(); ++i) {
    total += weight[i];
    rows_.for_each(counted_[i], [&](Index j, double x) {
      ColumnSums& sum = sums[j];
      sum.low = std::min(sum.low, x);
      sum.high = std::max(sum.high, x);
      ++sum.entries;
    });
  }
  std::vector<int> largest(d);
  for (std::size_t j = 0; j < d; ++j) {
    ColumnSums& sum = sums[j];
    if (sum.entries < static_cast<Index>(counted_.size())) {  // the entries that are not stored are zeros
      sum.low = std::min(sum.low, 0.0);
      sum.high = std::max(sum.high, 0.0);
    }
    const double size = std::max(std::abs(sum.low), std::abs(sum.high));
    largest[j] = size > 0 ? std::ilogb(size) : 0;
  }
  auto in_units = [&](Index j, double x) { return std::ldexp(x, -largest[j]); };
  auto add_up = [&](const auto& term) {
    for (std::size_t i = 0; i < counted_.size(); ++i) {
      rows_.for_each(counted_[i], [&](Index j, double x) { term(sums[j], weight[i] / total, in_units(j, x)); });
    }
  };
  add_up([](ColumnSums& sum, double s, double x) { sum.stored += s, sum.mean += s * x; });
  add_up([](ColumnSums& sum, double s, double x) { sum.squares += s * (x - sum.mean) * (x - sum.mean); });
  place_.assign(d + 1, -1);
  for (Index j : columns) {
    if (j >= rows_.cols() || !(sums[j].low < sums[j].high)) continue;
    const ColumnSums& sum = sums[j];
    const bool full = sum.entries == static_cast<Index>(counted_.size());
    const double rest = std::max(0.0, 1 - sum.stored);
    double variance = sum.squares + rest * sum.mean * sum.mean;
    if (!full) variance += sum.mean * sum.mean;  // the center stays 0
    int unit = variance > 0 ? std::ilogb(std::sqrt(variance)) : std::ilogb(in_units(j, sum.high - sum.low));
    if (!std::isfinite(sum.high - sum.low)) unit = 0;
    const double step = std::ldexp(1.0, unit - 2);
    const double center = full ? std::nearbyint(sum.mean / step) * step : 0.0;
    const int exponent = unit + largest[j];
    if (exponent < -1000 || largest[j] > 1000) {
      unusable_.push_back(j);
      continue;
    }
    place_[j] = static_cast<Index>(columns_.size());
    columns_.push_back(j);
    center_.push_back(std::ldexp(center, largest[j]));
    exponent_.push_back(exponent);
    inverse_unit_.push_back(std::ldexp(1.0, -exponent));
  }
}

void CenteredRows::values(Index row, DoubleDouble* y) const {
  if (rows_.sparse()) std::fill(y, y + size(), DoubleDouble{});
  for_each(row, [&](Index k, const DoubleDouble& value) { y[k] = value; });
}

}  // namespace poise::inline convex
