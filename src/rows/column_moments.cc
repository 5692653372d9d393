#include "rows/column_moments.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/infinity.h"
#include "base/parallel.h"
#include "base/tree_sum.h"
#include "poise/error.h"
#include "rows/load.h"

namespace poise::inline rows {
namespace {

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

/// Bounds of up to eight parts.
std::vector<Index> few_parts(Index rows) {
  constexpr Index kMostParts = 8, kRowsOfPart = 1024;
  const Index parts = std::clamp<Index>(rows / kRowsOfPart, 1, kMostParts);
  std::vector<Index> bounds;
  for (Index k = 0; k <= parts; ++k) bounds.push_back(part_begin(rows, parts, k));
  return bounds;
}

/// Sums along the tree of the parts; sum_of(first row, end).
template <typename Sum, typename SumOf>
Sum sum_over_parts(std::span<const Index> bounds, int threads, const SumOf& sum_of) {
  const Index parts = std::ssize(bounds) - 1;
  TreeSum<Sum> tree(parts);
  parallel_for(parts, threads, [&](Index k) { tree.add({k, k + 1}, sum_of(bounds[k], bounds[k + 1])); });
  return tree.root();
}

Part first_part(const Features& x, const Numbers& origin, std::span<const double> row_weight, Index begin, Index end) {
  Part part(x.cols());
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
  return part;
}

Squares second_part(const Features& x, const ColumnCenters& known, std::span<const double> row_weight, Index begin,
                    Index end) {
  Squares sum(x.cols());
  const auto add_row = [&](Index i, const double* value) {
    const double s = row_weight[i];
    if (!(s > 0)) return;
    double *around_mean = sum.around_mean.data(), *around_zero = sum.around_zero.data(), *weight = sum.weight.data();
    double* const drift = sum.drift.data();
    const double *mean = known.mean.data(), *near = known.mean_unit.data(), *far = known.zero_unit.data();
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
    const double apart = (value - known.mean[j]) * known.mean_unit[j], size = value * known.zero_unit[j];
    sum.around_mean[j] += s * apart * apart;
    sum.drift[j] += s * apart;
    sum.around_zero[j] += s * size * size;
    sum.weight[j] += value != 0 ? s : 0.0;
  };
  visit_rows(x, {}, begin, end, add_row, add_entry);
  return sum;
}

/// A power of two that brings `size` to between ½ and 1.
double unit_of(double size) {
  int exponent = 0;
  std::frexp(size, &exponent);
  return size > 0 ? std::ldexp(1.0, std::clamp(-exponent, -1022, 1022)) : 1;
}

/// `first(origin)` and `second(centers)` are the sums of all parts.
template <typename First, typename Second>
ColumnMoments moments_from(const Features& x, const Numbers& origin, const First& first, const Second& second) {
  const std::size_t d = x.cols();
  Part part = first(origin);
  ColumnMoments found;
  found.mean.resize(d), found.deviation.resize(d), found.size.resize(d);
  Numbers absent(d);
  ColumnCenters centers{.mean = {}, .mean_unit = Numbers(d), .zero_unit = Numbers(d)};
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
    centers.mean_unit[j] = unit_of(std::max(part.counted_high[j] - found.mean[j], found.mean[j] - part.counted_low[j]));
    centers.zero_unit[j] = unit_of(std::max(std::abs(part.counted_high[j]), std::abs(part.counted_low[j])));
  }
  centers.mean = found.mean;
  const Squares squares = second(centers);
  const Numbers &mean_unit = centers.mean_unit, &zero_unit = centers.zero_unit;
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

/// The parts' numbers, one after the other, as of a list; a part takes so many.
template <typename Sum, typename Read>
Sum sum_of_list(std::span<const double> list, std::size_t numbers, const Read& read) {
  const Index parts = std::ssize(list) / static_cast<Index>(numbers);
  TreeSum<Sum> tree(parts);
  for (Index k = 0; k < parts; ++k) tree.add({k, k + 1}, read(list.subspan(k * numbers, numbers)));
  return tree.root();
}

void append(Numbers& to, const Numbers& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

ColumnMoments column_moments(const Features& x, std::span<const double> row_weight, std::span<const Index> bounds,
                             int threads) {
  Numbers origin(x.cols());
  if (!x.is_sparse() && x.rows() > 0) load_row(x, {}, 0, origin.data());
  const auto first = [&](const Numbers& from) {
    return sum_over_parts<Part>(bounds, threads,
                                [&](Index begin, Index end) { return first_part(x, from, row_weight, begin, end); });
  };
  const auto second = [&](const ColumnCenters& centers) {
    return sum_over_parts<Squares>(
        bounds, threads, [&](Index begin, Index end) { return second_part(x, centers, row_weight, begin, end); });
  };
  return moments_from(x, origin, first, second);
}

ColumnMoments column_moments(const Features& x, std::span<const double> row_weight, int threads) {
  return column_moments(x, row_weight, few_parts(x.rows()), threads);
}

Numbers first_moments(const Features& x, std::span<const double> row_weight, const Numbers& origin) {
  const Part part = first_part(x, origin, row_weight, 0, x.rows());
  Numbers out;
  for (const Numbers* numbers : {&part.sum, &part.weight, &part.low, &part.high, &part.counted_low, &part.counted_high})
    append(out, *numbers);
  return out;
}

Numbers second_moments(const Features& x, std::span<const double> row_weight, const ColumnCenters& centers) {
  const Squares part = second_part(x, centers, row_weight, 0, x.rows());
  Numbers out;
  for (const Numbers* numbers : {&part.around_mean, &part.around_zero, &part.weight, &part.drift})
    append(out, *numbers);
  return out;
}

ColumnMoments column_moments(const Features& x, const Numbers& origin,
                             const std::function<Numbers(const Numbers& origin)>& first,
                             const std::function<Numbers(const ColumnCenters& centers)>& second) {
  const std::size_t d = x.cols();
  const auto part_of = [d](std::span<const double> numbers) {
    Part part(d);
    for (Numbers* to : {&part.sum, &part.weight, &part.low, &part.high, &part.counted_low, &part.counted_high}) {
      to->assign(numbers.begin(), numbers.begin() + static_cast<Index>(d));
      numbers = numbers.subspan(d);
    }
    return part;
  };
  const auto squares_of = [d](std::span<const double> numbers) {
    Squares part(d);
    for (Numbers* to : {&part.around_mean, &part.around_zero, &part.weight, &part.drift}) {
      to->assign(numbers.begin(), numbers.begin() + static_cast<Index>(d));
      numbers = numbers.subspan(d);
    }
    return part;
  };
  return moments_from(
      x, origin, [&](const Numbers& from) { return sum_of_list<Part>(first(from), 6 * d, part_of); },
      [&](const ColumnCenters& centers) { return sum_of_list<Squares>(second(centers), 4 * d, squares_of); });
}

Numbers mean_absolute(const Features& x, const ColumnMap& map, std::span<const double> row_weight, int threads) {
  struct Sum {
    Numbers values;
    explicit Sum(std::size_t d = 0) : values(d) {}
    void operator+=(const Sum& other) {
      for (std::size_t j = 0; j < values.size(); ++j) values[j] += other.values[j];
    }
  };
  return sum_over_parts<Sum>(few_parts(x.rows()), threads,
                             [&](Index begin, Index end) {
                               Sum sum(x.cols());
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
                               return sum;
                             })
      .values;
}

}  // namespace poise::inline rows
