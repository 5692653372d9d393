// Rows that a loss is the weighted mean of, handed out a block at a time in float64.
#pragma once

#include <algorithm>
#include <functional>

#include "base/parallel.h"
#include "poise/dataset.h"
#include "thermo/network/score_loss.h"

namespace poise::thermo {

struct RowBlock {
  Index first = 0;  ///< number of the block's first row
  Matrix inputs;    ///< B×d
  Matrix targets;   ///< B×K; of the cross-entropy rows add up to 1
  Vector weight;    ///< B; of all rows they add up to 1
  ScoreLoss loss;   ///< of scores and targets

  Index size() const { return inputs.rows(); }
};

class Rows {
 public:
  virtual ~Rows() = default;
  virtual Index size() const = 0;
  virtual RowBlock block(Index first, Index count) const = 0;
};

/// Rows in memory. `weight` may be empty (all 1) and have any positive sum.
class MemoryRows : public Rows {
 public:
  MemoryRows(Matrix inputs, Matrix targets, Vector weight = {}, ScoreLoss loss = {});
  Index size() const override { return inputs_.rows(); }
  RowBlock block(Index first, Index count) const override;

 private:
  Matrix inputs_, targets_;
  Vector weight_;
  ScoreLoss loss_;
};

inline constexpr Index kBlockRows = 64;
/// Rows of a block of which each is there `copies` times, as adjoints or draws: 3 MB at 784 neurons.
inline Index rows_of_stacks(Index copies) { return std::clamp<Index>(512 / copies, 1, kBlockRows); }

/// Calls visit(block) for all blocks of `block_rows` rows, in parallel; what it writes must belong to the block's rows.
void for_each_block(const Rows& rows, Index block_rows, int threads, const std::function<void(const RowBlock&)>& visit);

/// Σ over blocks of kBlockRows rows of what add(block, sum) adds to `sum`, `size` numbers. Blocks are dealt into
/// contiguous runs, as many as the number of rows says, and their sums added along a fixed tree: the bits do not depend
/// on the threads.
Vector sum_over_blocks(const Rows& rows, Index size, int threads,
                       const std::function<void(const RowBlock&, Vector& sum)>& add);

}  // namespace poise::thermo
