// The order in which an epoch goes through its rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "base/index.h"
#include "base/random.h"
#include "poise/rows.h"

namespace poise::learning {

/// Pieces of neighbors that are shuffled together.
inline constexpr Index kPiecesAtOnce = 64;

/// How many rows are shuffled together: all, or of arrays beyond 1 GiB, which may not all stay in memory, 256 MiB. That
/// depends on the rows alone, whether they are in memory or not, so that the bits do not depend on it.
inline Index rows_at_once(const Features& x) {
  constexpr std::size_t kMost = std::size_t{1} << 30, kAtOnce = std::size_t{1} << 28;
  if (x.is_sparse() || x.stored_bytes() <= kMost) return x.rows();
  return std::max<Index>(1, static_cast<Index>(kAtOnce / (x.stored_bytes() / static_cast<std::size_t>(x.rows()))));
}

/// 0 … n − 1 in an order that follows from the seed. Where no more than `at_once` are shuffled together, pieces of
/// neighbors, drawn from all over, make a heap, and the rows of a heap are shuffled.
inline void deal_rows(std::span<Index> rows, Index at_once, std::uint64_t seed) {
  const Index count = std::ssize(rows);
  if (at_once >= count) {
    std::iota(rows.begin(), rows.end(), Index{0});
    return shuffle(rows, seed);
  }
  const Index piece = std::max<Index>(1, at_once / kPiecesAtOnce);
  std::vector<Index> pieces((count + piece - 1) / piece);
  std::iota(pieces.begin(), pieces.end(), Index{0});
  shuffle(std::span(pieces), seed);
  Index begin = 0, end = 0;
  for (Index k = 0; k < std::ssize(pieces); ++k) {
    const Index last = std::min(count, (pieces[k] + 1) * piece);
    for (Index i = pieces[k] * piece; i < last; ++i) rows[end++] = i;
    if ((k + 1) % kPiecesAtOnce != 0 && k + 1 < std::ssize(pieces)) continue;
    shuffle(rows.subspan(begin, end - begin), random_bits(seed, static_cast<std::uint64_t>(k)));
    begin = end;
  }
}

}  // namespace poise::learning
