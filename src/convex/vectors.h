// Long-vector arithmetic of the quasi-Newton history: float32 storage, float64 sums over fixed pieces, in parallel.
#pragma once

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "convex/problem.h"

namespace poise {

/// Pieces of a vector: fixed by its length, so that sums have the same bits for any number of threads.
inline Index piece_count(Index size) { return std::clamp<Index>(size / 65536, 1, 16); }

/// ⟨a, b⟩ in float64; A and B are matrices of the same shape, of float or double.
template <typename A, typename B>
double dot(const A& a, const B& b, int threads) {
  const Index size = a.size(), pieces = piece_count(size);
  std::vector<double> sums(static_cast<std::size_t>(pieces));
  parallel_for(pieces, threads, [&](Index piece) {
    double sum = 0;
    const Index end = part_begin(size, pieces, piece + 1);
    for (Index i = part_begin(size, pieces, piece); i < end; ++i) {
      sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
    }
    sums[static_cast<std::size_t>(piece)] = sum;
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

/// b += factor · a.
template <typename A>
void add_scaled(Parameters& b, double factor, const A& a, int threads) {
  const Index size = a.size(), pieces = piece_count(size);
  parallel_for(pieces, threads, [&](Index piece) {
    const Index end = part_begin(size, pieces, piece + 1);
    for (Index i = part_begin(size, pieces, piece); i < end; ++i) b.data()[i] += factor * static_cast<double>(a.data()[i]);
  });
}

}  // namespace poise
