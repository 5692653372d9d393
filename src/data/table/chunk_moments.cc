#include "data/table/chunk_moments.h"

#include <algorithm>
#include <cstdint>

#include "base/index.h"
#include "base/infinity.h"

namespace poise::inline data {
namespace {

/// Any numbers, any weights. Two passes, one for the means and one for the squares around them, in loops over columns
/// that the compiler vectorizes: without a branch, a missing value (NaN) counts with weight 0 at the shift.
class ChunkMoments {
 public:
  ChunkMoments(const TableChunk& chunk, Index columns, const double* weights)
      : chunk_(chunk),
        weights_(weights),
        x_(columns),
        center_(columns, 0.0),
        sum_(columns, 0.0),
        weight_(columns, 0.0),
        count_(columns, 0.0),
        low_(columns, kInfinity),
        high_(columns, -kInfinity) {}

  std::vector<Moments> run() {
    find_centers();
    for (Index i = 0; i < chunk_.rows; ++i) add_to_mean(i);
    for (std::size_t j = 0; j < x_.size(); ++j) {
      if (weight_[j] > 0) center_[j] += sum_[j] / weight_[j];
      sum_[j] = 0;
    }
    for (Index i = 0; i < chunk_.rows; ++i) add_to_squares(i);
    std::vector<Moments> moments(x_.size());
    for (std::size_t j = 0; j < x_.size(); ++j) {
      moments[j] = {weight_[j], center_[j], sum_[j], low_[j], high_[j], static_cast<Index>(count_[j])};
    }
    return moments;
  }

 private:
  double load(Index row) {
    chunk_.numbers.unpack(row, x_.data());
    return weights_ == nullptr ? 1.0 : weights_[row];
  }

  /// The first number of each column: sums of differences from it lose less than sums of the numbers.
  void find_centers() {
    std::size_t open = x_.size();
    std::vector<bool> found(x_.size(), false);
    for (Index i = 0; i < chunk_.rows && open > 0; ++i) {
      load(i);
      for (std::size_t j = 0; j < x_.size(); ++j) {
        if (found[j] || x_[j] != x_[j]) continue;
        center_[j] = x_[j];
        found[j] = true;
        --open;
      }
    }
  }

  void add_to_mean(Index row) {
    const double w = load(row);
    const double *x = x_.data(), *center = center_.data();
    double *weight = weight_.data(), *count = count_.data(), *sum = sum_.data(), *low = low_.data(),
           *high = high_.data();
#pragma omp simd
    for (std::size_t j = 0; j < x_.size(); ++j) {
      const bool there = x[j] == x[j];
      weight[j] += there ? w : 0.0;
      count[j] += there ? 1.0 : 0.0;
      sum[j] += w * ((there ? x[j] : center[j]) - center[j]);
      low[j] = x[j] < low[j] ? x[j] : low[j];
      high[j] = x[j] > high[j] ? x[j] : high[j];
    }
  }

  void add_to_squares(Index row) {
    const double w = load(row);
    const double *x = x_.data(), *center = center_.data();
    double* sum = sum_.data();
#pragma omp simd
    for (std::size_t j = 0; j < x_.size(); ++j) {
      const double d = (x[j] == x[j] ? x[j] : center[j]) - center[j];
      sum[j] += w * d * d;
    }
  }

  const TableChunk& chunk_;
  const double* weights_;
  std::vector<double> x_, center_, sum_, weight_, count_, low_, high_;
};

constexpr Index kMostIntegerRows = 1 << 17;  // as many numbers as a chunk of text or of an array holds at most

/// Integers of 16 bits, every weight 1: one pass and no rounding, since Σx² stays below 2^47 and n² times the variance
/// below 2^64.
std::vector<Moments> integer_moments(const std::int16_t* x, Index rows, Index columns) {
  const std::size_t count = columns;
  std::vector<double> sum(count, 0.0), squares(count, 0.0);
  std::vector<std::int16_t> low(x, x + count), high(x, x + count);
  for (Index i = 0; i < rows; ++i, x += count) {
    double *s = sum.data(), *q = squares.data();
    std::int16_t *least = low.data(), *most = high.data();
#pragma omp simd
    for (std::size_t j = 0; j < count; ++j) {
      const double value = x[j];
      s[j] += value;
      q[j] += value * value;
    }
#pragma omp simd
    for (std::size_t j = 0; j < count; ++j) {
      least[j] = std::min(least[j], x[j]);
      most[j] = std::max(most[j], x[j]);
    }
  }
  std::vector<Moments> moments(count);
  for (std::size_t j = 0; j < count; ++j) {
    // n Σx² − (Σx)² modulo 2^64 is exact, and so is what is left after the difference.
    const auto n = static_cast<std::uint64_t>(rows), total = static_cast<std::uint64_t>(static_cast<Index>(sum[j]));
    const std::uint64_t spread = n * static_cast<std::uint64_t>(squares[j]) - total * total;
    const auto weight = static_cast<double>(rows);
    moments[j] = {weight,
                  sum[j] / weight,
                  static_cast<double>(spread) / weight,
                  static_cast<double>(low[j]),
                  static_cast<double>(high[j]),
                  rows};
  }
  return moments;
}

/// No weights and no missing value: the same sums as those of ChunkMoments, bit for bit, in fewer instructions.
template <typename Number>
std::vector<Moments> whole_moments(const Number* x, Index rows, Index columns) {
  const std::size_t count = columns;
  std::vector<double> center(x, x + count), low = center, high = center, sum(count, 0.0);
  const Number* row = x;
  for (Index i = 0; i < rows; ++i, row += count) {
    double *s = sum.data(), *least = low.data(), *most = high.data();
    const double* const c = center.data();
#pragma omp simd
    for (std::size_t j = 0; j < count; ++j) {
      const double value = row[j];
      s[j] += value - c[j];
      least[j] = value < least[j] ? value : least[j];
      most[j] = value > most[j] ? value : most[j];
    }
  }
  for (std::size_t j = 0; j < count; ++j) {
    center[j] += sum[j] / static_cast<double>(rows);
    sum[j] = 0;
  }
  row = x;
  for (Index i = 0; i < rows; ++i, row += count) {
    double* const s = sum.data();
    const double* const c = center.data();
#pragma omp simd
    for (std::size_t j = 0; j < count; ++j) {
      const double d = row[j] - c[j];
      s[j] += d * d;
    }
  }
  std::vector<Moments> moments(count);
  for (std::size_t j = 0; j < count; ++j) {
    moments[j] = {static_cast<double>(rows), center[j], sum[j], low[j], high[j], rows};
  }
  return moments;
}

bool has_gaps(const TableChunk& chunk) {
  return std::any_of(chunk.odd.begin(), chunk.odd.end(), [](const OddCells& odd) {
    return odd.missing > 0 || odd.text > 0 || odd.first_infinite != nullptr;
  });
}

}  // namespace

std::vector<Moments> chunk_moments(const TableChunk& chunk, Index columns, const double* weights) {
  const std::int16_t* const integers = chunk.numbers.integers();
  if (integers != nullptr && weights == nullptr && chunk.rows > 0 && chunk.rows <= kMostIntegerRows) {
    return integer_moments(integers, chunk.rows, columns);
  }
  if (weights == nullptr && chunk.rows > 0 && !has_gaps(chunk)) {
    return chunk.numbers.visit([&](const auto* x) { return whole_moments(x, chunk.rows, columns); });
  }
  return ChunkMoments(chunk, columns, weights).run();
}

}  // namespace poise::inline data
