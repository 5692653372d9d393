// F-propagation of the rows of one data set, a block at a time: the states of a layer, scores, reconstructions.
#pragma once

#include <algorithm>
#include <memory>

#include "base/index.h"
#include "base/parallel.h"
#include "poise/network.h"

namespace poise::inline network {

class Propagation {
 public:
  static constexpr Index kBlockRows = 256;  ///< a block of doubles stays in the second-level cache up to d ≈ 500

  /// Both must outlive it. Throws Error(kData) if the numbers of features differ.
  Propagation(const Network& network, const Dataset& data);
  ~Propagation();
  Propagation(const Propagation&) = delete;
  Propagation& operator=(const Propagation&) = delete;

  const Network& network() const;
  const Dataset& data() const;

  // Of the rows from `first` on, `count` rows. The bits of a row depend on `first` and `count` by rounding alone: the
  // same bounds give the same bits. Threads may call side by side.
  Matrix preactivation(std::size_t layer, Index first, Index count) const;  ///< Y_l, 1 ≤ l ≤ L
  Matrix states(std::size_t layer, Index first, Index count) const;         ///< X_l, 1 ≤ l < L
  Matrix reconstruction(Index first, Index count) const;                    ///< x̂, of a network that reconstructs

 private:
  class FirstLayer;
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
};

/// visit(first, count) for blocks of all rows, in parallel. Blocks are independent and of fixed bounds: the bits do not
/// depend on the number of threads.
template <typename Visit>
void for_blocks_of_rows(Index rows, int threads, const Visit& visit) {
  constexpr Index kBlock = Propagation::kBlockRows;
  parallel_for((rows + kBlock - 1) / kBlock, threads, [&](Index block) {
    const Index first = block * kBlock;
    visit(first, std::min(kBlock, rows - first));
  });
}

}  // namespace poise::inline network
