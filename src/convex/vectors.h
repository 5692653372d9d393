// Long-vector arithmetic of the quasi-Newton history: float32 storage, float64 sums over fixed pieces, in parallel.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "base/parallel.h"
#include "poise/dataset.h"

namespace poise {

/// Pieces of a vector: fixed by its length, so that sums have the same bits for any number of threads.
inline Index piece_count(Index size) { return std::clamp<Index>(size / 131072, 1, 16); }

/// Calls f(piece, begin, end) for every piece of a vector of `size` entries.
template <typename F>
void for_each_piece(Index size, int threads, const F& f) {
  const Index pieces = piece_count(size);
  parallel_for(pieces, threads,
               [&](Index piece) { f(piece, part_begin(size, pieces, piece), part_begin(size, pieces, piece + 1)); });
}

/// ⟨a, b⟩ in float64; matrices of the same shape.
inline double dot(const MatrixF& a, const MatrixF& b, int threads) {
  constexpr Index kLanes = 16;  // independent sums, so that the compiler may use vectors
  std::vector<double> sums(static_cast<std::size_t>(piece_count(a.size())));
  for_each_piece(a.size(), threads, [&](Index piece, Index begin, Index end) {
    std::array<double, kLanes> lanes{};
    const float *x = a.data(), *y = b.data();
    Index i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (Index l = 0; l < kLanes; ++l)
        lanes[static_cast<std::size_t>(l)] += static_cast<double>(x[i + l]) * static_cast<double>(y[i + l]);
    }
    for (; i < end; ++i) lanes[0] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
    double& sum = sums[static_cast<std::size_t>(piece)];
    for (double lane : lanes) sum += lane;
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

/// b += factor · a.
inline void add_scaled(MatrixF& b, double factor, const MatrixF& a, int threads) {
  const float f = static_cast<float>(factor);
  for_each_piece(a.size(), threads, [&](Index, Index begin, Index end) {
    const float* x = a.data();
    float* y = b.data();
    for (Index i = begin; i < end; ++i) y[i] += f * x[i];
  });
}

}  // namespace poise
