#include "rows/column_moments.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/infinity.h"
#include "base/parallel.h"
#include "poise/error.h"
#include "rows/load.h"

namespace poise::inline rows {
namespace {

constexpr Index kMostNumbers = 1 << 23;  // partial sums of one kind, all parts together

using Numbers = std::vector<double>;

/// What a part of the rows adds: sums and extremes per column.
struct Part {
  Numbers sum, weight, low, high, counted_low, counted_high;  // counted: rows of positive weight
  std::vector<Index> stored;

  explicit Part(std::size_t d = 0)
      : sum(d), weight(d), low(d, kInfinity), high(d, -kInfinity), counted_low(low), counted_high(high), stored(d) {}

  void operator+=(const Part& other) {
    for (std::size_t j = 0; j < sum.size(); ++j) {
      sum[j] += other.sum[j], weight[j] += other.weight[j], stored[j] += other.stored[j];
      low[j] = std::min(low[j], other.low[j]), high[j] = std::max(high[j], other.high[j]);
      counted_low[j] = std::min(counted_low[j], other.counted_low[j]);
      counted_high[j] = std::max(counted_high[j], other.counted_high[j]);
    }
  }
};

/// Squares around the mean and around 0, each in a unit of its own, the weight of what is not 0, and what the mean was
/// wrong by.
struct Squares {
  Numbers around_mean, around_zero, weight, drift;

  explicit Squares(std::size_t d = 0) : around_mean(d), around_zero(d), weight(d), drift(d) {}

  void operator+=(const Squares& other) {
    for (std::size_t j = 0; j < weight.size(); ++j) {
      around_mean[j] += other.around_mean[j], around_zero[j] += other.around_zero[j];
      weight[j] += other.weight[j], drift[j] += other.drift[j];
    }
  }
};

/// add_row(i, numbers) for the rows [begin, end) if they are dense, add_entry(i, j, number) for stored entries if
/// sparse; these are taken as they are, whatever the map.
template <typename AddRow, typename AddEntry>
void visit_rows(const Features& x, const ColumnMap& map, Index begin, Index end, const AddRow& add_row,
                const AddEntry& add_entry) {
  if (const CsrView* sparse = x.sparse()) {
    for (Index i = begin; i < end; ++i) {
      for (Index k = sparse->row_start[i]; k < sparse->row_start[i + 1]; ++k)
        add_entry(i, sparse->columns[k], sparse->value(k));
    }
    return;
  }
  constexpr Index kRows = 16;
  Numbers block(kRows * x.cols());
  for (Index first = begin; first < end; first += kRows) {
    const Index rows = std::min(kRows, end - first);
    load_rows(x, map, first, rows, block.data(), x.cols());
    for (Index r = 0; r < rows; ++r) add_row(first + r, block.data() + r * x.cols());
  }
}

/// Sums over the rows along a fixed tree; add(rows begin, end, sum).
template <typename Sum, typename Add>
Sum sum_over_rows(const Features& x, int threads, const Add& add) {
  const Index room = std::max<Index>(1, kMostNumbers / std::max<Index>(1, x.cols()));
  const Index parts = std::clamp<Index>(x.rows() / 1024, 1, std::min<Index>(8, room));
  std::vector<Sum> sums(parts);
  parallel_for(parts, threads, [&](Index part) {
    Sum sum(x.cols());
    add(part_begin(x.rows(), parts, part), part_begin(x.rows(), parts, part + 1), sum);
    sums[part] = std::move(sum);
  });
  tree_reduce(parts, threads, [&](Index into, Index from) { sums[into] += sums[from]; });
  return std::move(sums[0]);
}

Part first_pass(const Features& x, const Numbers& origin, std::span<const double> row_weight, int threads) {
  return sum_over_rows<Part>(x, threads, [&](Index begin, Index end, Part& part) {
    const auto extend = [&](std::size_t j, double value, bool counted) {
      part.low[j] = std::min(part.low[j], value), part.high[j] = std::max(part.high[j], value);
      if (!counted) return;
      part.counted_low[j] = std::min(part.counted_low[j], value);
      part.counted_high[j] = std::max(part.counted_high[j], value);
    };
    const auto add_row = [&](Index i, const double* value) {
      const double s = row_weight[i];
      double *sum = part.sum.data(), *weight = part.weight.data();
      const double* const from = origin.data();
#pragma omp simd
      for (std::size_t j = 0; j < origin.size(); ++j) {
        sum[j] += s * (value[j] - from[j]);
        weight[j] += s;
      }
      for (std::size_t j = 0; j < origin.size(); ++j) extend(j, value[j], s > 0);
    };
    const auto add_entry = [&](Index i, std::size_t j, double value) {
      const double s = row_weight[i];
      part.sum[j] += s * value, part.weight[j] += s, ++part.stored[j];
      extend(j, value, s > 0);
    };
    visit_rows(x, {}, begin, end, add_row, add_entry);
  });
}

Squares second_pass(const Features& x, const ColumnMoments& known, const Numbers& mean_unit, const Numbers& zero_unit,
                    std::span<const double> row_weight, int threads) {
  return sum_over_rows<Squares>(x, threads, [&](Index begin, Index end, Squares& sum) {
    const auto add_row = [&](Index i, const double* value) {
      const double s = row_weight[i];
      if (!(s > 0)) return;
      double *around_mean = sum.around_mean.data(), *around_zero = sum.around_zero.data(), *weight = sum.weight.data();
      double* const drift = sum.drift.data();
      const double *mean = known.mean.data(), *near = mean_unit.data(), *far = zero_unit.data();
#pragma omp simd
      for (std::size_t j = 0; j < known.mean.size(); ++j) {
        const double apart = (value[j] - mean[j]) * near[j], size = value[j] * far[j];
        around_mean[j] += s * apart * apart;
        drift[j] += s * apart;
        around_zero[j] += s * size * size;
        weight[j] += value[j] != 0 ? s : 0.0;
      }
    };
    const auto add_entry = [&](Index i, std::size_t j, double value) {
      const double s = row_weight[i];
      if (!(s > 0)) return;
      const double apart = (value - known.mean[j]) * mean_unit[j], size = value * zero_unit[j];
      sum.around_mean[j] += s * apart * apart;
      sum.drift[j] += s * apart;
      sum.around_zero[j] += s * size * size;
      sum.weight[j] += value != 0 ? s : 0.0;
    };
    visit_rows(x, {}, begin, end, add_row, add_entry);
  });
}

/// A power of two that brings `size` to between ½ and 1.
double unit_of(double size) {
  int exponent = 0;
  std::frexp(size, &exponent);
  return size > 0 ? std::ldexp(1.0, std::clamp(-exponent, -1022, 1022)) : 1;
}

}  // namespace

ColumnMoments column_moments(const Features& x, std::span<const double> row_weight, int threads) {
  const std::size_t d = x.cols();
  Numbers origin(d);
  if (!x.is_sparse() && x.rows() > 0) load_row(x, {}, 0, origin.data());
  Part part = first_pass(x, origin, row_weight, threads);
  ColumnMoments found;
  found.mean.resize(d), found.deviation.resize(d), found.size.resize(d);
  Numbers mean_unit(d), zero_unit(d), absent(d);
  for (std::size_t j = 0; j < d; ++j) {
    const bool zeros = x.is_sparse() && part.stored[j] < x.rows();
    absent[j] = zeros ? std::max(0.0, 1 - part.weight[j]) : 0;
    if (zeros) {
      part.low[j] = std::min(part.low[j], 0.0), part.high[j] = std::max(part.high[j], 0.0);
      if (absent[j] > 0) {
        part.counted_low[j] = std::min(part.counted_low[j], 0.0);
        part.counted_high[j] = std::max(part.counted_high[j], 0.0);
      }
    }
    const double weight = part.weight[j] + absent[j];
    found.mean[j] = origin[j] + (weight > 0 ? part.sum[j] / weight : 0);
    const double range = part.high[j] - part.low[j];
    if (!std::isfinite(found.mean[j]) || !std::isfinite(range)) {
      throw Error(ErrorKind::kData, fmt::format("feature {} goes from {:g} to {:g}", j, part.low[j], part.high[j]),
                  "a range that float64 can hold", "divide the column by a power of ten");
    }
    mean_unit[j] = unit_of(std::max(part.counted_high[j] - found.mean[j], found.mean[j] - part.counted_low[j]));
    zero_unit[j] = unit_of(std::max(std::abs(part.counted_high[j]), std::abs(part.counted_low[j])));
  }
  const Squares squares = second_pass(x, found, mean_unit, zero_unit, row_weight, threads);
  for (std::size_t j = 0; j < d; ++j) {
    const double of_zeros = found.mean[j] * mean_unit[j], weight = part.weight[j] + absent[j];
    const double drift = (squares.drift[j] - absent[j] * of_zeros) / weight;
    const double around = (squares.around_mean[j] + absent[j] * of_zeros * of_zeros) / weight;
    const double variance = std::max(0.0, around - drift * drift);
    found.mean[j] += drift / mean_unit[j];
    const bool constant = !(part.counted_low[j] < part.counted_high[j]);
    // Where rows differ the deviation is not 0, though their weight may be next to nothing.
    const double least = std::numeric_limits<double>::min();
    found.deviation[j] = constant ? 0 : std::max(std::sqrt(variance) / mean_unit[j], least);
    found.size[j] = squares.weight[j] > 0 ? std::sqrt(squares.around_zero[j] / squares.weight[j]) / zero_unit[j] : 0;
    if (constant && part.counted_low[j] <= part.counted_high[j]) found.mean[j] = part.counted_low[j];
  }
  found.low = std::move(part.low), found.high = std::move(part.high), found.stored = std::move(part.stored);
  if (!x.is_sparse()) std::fill(found.stored.begin(), found.stored.end(), x.rows());
  return found;
}

Numbers mean_absolute(const Features& x, const ColumnMap& map, std::span<const double> row_weight, int threads) {
  struct Sum {
    Numbers values;
    explicit Sum(std::size_t d = 0) : values(d) {}
    void operator+=(const Sum& other) {
      for (std::size_t j = 0; j < values.size(); ++j) values[j] += other.values[j];
    }
  };
  return sum_over_rows<Sum>(x, threads,
                            [&](Index begin, Index end, Sum& sum) {
                              const auto add_row = [&](Index i, const double* value) {
                                double* const to = sum.values.data();
                                const double s = row_weight[i];
#pragma omp simd
                                for (std::size_t j = 0; j < sum.values.size(); ++j) to[j] += s * std::abs(value[j]);
                              };
                              const auto add_entry = [&](Index i, std::size_t j, double value) {
                                sum.values[j] += row_weight[i] * std::abs(value);
                              };
                              visit_rows(x, map, begin, end, add_row, add_entry);
                            })
      .values;
}

}  // namespace poise::inline rows
