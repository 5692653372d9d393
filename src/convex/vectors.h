// Arithmetic of long vectors, stored as matrices of any shape: in parallel over fixed pieces.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "base/index.h"
#include "base/parallel.h"
#include "convex/pass/kernels.h"
#include "poise/dataset.h"

namespace poise::inline convex {

/// Pieces of a vector: fixed by its length, so that sums have the same bits for any number of threads.
inline Index piece_count(Index size) { return std::clamp<Index>(size / 65536, 1, 32); }

/// Calls f(piece, begin, end) for every piece of a vector of `size` entries, or of rows of `width` entries.
template <typename F>
void for_each_piece(Index size, int threads, const F& f, Index width = 1) {
  const Index pieces = piece_count(size * width);
  parallel_for(pieces, threads,
               [&](Index piece) { f(piece, part_begin(size, pieces, piece), part_begin(size, pieces, piece + 1)); });
}

/// Σ f(begin, end) over the pieces.
template <typename F>
double sum_of_pieces(Index size, int threads, const F& f, Index width = 1) {
  std::vector<double> sums(piece_count(size * width));
  auto add = [&](Index piece, Index begin, Index end) { sums[piece] = f(begin, end); };
  for_each_piece(size, threads, add, width);
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

/// ⟨x, y⟩ of `count` numbers in float64; of float32 alone see kernels.h.
template <typename X, typename Y>
double inner_product(const X* x, const Y* y, Index count) {
  constexpr Index kLanes = 16;  // independent sums, so that the compiler may use vectors
  std::array<double, kLanes> lanes{};
  Index i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (Index l = 0; l < kLanes; ++l) lanes[l] += static_cast<double>(x[i + l]) * static_cast<double>(y[i + l]);
  }
  for (; i < count; ++i) lanes[0] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  double sum = 0;
  for (double lane : lanes) sum += lane;
  return sum;
}

/// ⟨a, b⟩; matrices of the same shape.
template <typename A, typename B>
double dot(const A& a, const B& b, int threads) {
  return sum_of_pieces(a.size(), threads, [&](Index begin, Index end) {
    return inner_product(a.data() + begin, b.data() + begin, end - begin);
  });
}

/// to = factor · from, with the numbers of `to`.
template <typename To, typename From>
void assign(To& to, double factor, const From& from, int threads) {
  using Real = typename To::Scalar;
  to.resize(from.rows(), from.cols());
  for_each_piece(from.size(), threads, [&, f = static_cast<Real>(factor)](Index, Index begin, Index end) {
    const auto* x = from.data();
    auto* y = to.data();
    for (Index i = begin; i < end; ++i) y[i] = f * static_cast<Real>(x[i]);
  });
}

/// b += factor · a.
template <typename B, typename A>
void add_scaled(B& b, double factor, const A& a, int threads) {
  using Real = typename B::Scalar;
  for_each_piece(a.size(), threads, [&, f = static_cast<Real>(factor)](Index, Index begin, Index end) {
    const auto* x = a.data();
    auto* y = b.data();
    for (Index i = begin; i < end; ++i) y[i] += f * static_cast<Real>(x[i]);
  });
}

/// out = a + factor · b, with the numbers of `out`, which may be one of them.
template <typename Out, typename A, typename B>
void combine(Out& out, const A& a, double factor, const B& b, int threads) {
  using Real = typename A::Scalar;
  out.resize(a.rows(), a.cols());
  for_each_piece(a.size(), threads, [&, f = static_cast<Real>(factor)](Index, Index begin, Index end) {
    const auto *x = a.data(), *end_x = x + end;
    const auto* y = b.data() + begin;
    auto* to = out.data() + begin;
    for (x += begin; x < end_x; ++x, ++y, ++to) {
      *to = static_cast<typename Out::Scalar>(*x + f * static_cast<Real>(*y));
    }
  });
}

}  // namespace poise::inline convex
