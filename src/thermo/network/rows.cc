#include "thermo/network/rows.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "base/index.h"
#include "poise/error.h"

namespace poise::thermo {
namespace {

constexpr Index kMostRuns = 8;  // partial sums that are kept: each may have as many numbers as the network parameters

Index block_count(const Rows& rows, Index block_rows) { return (rows.size() + block_rows - 1) / block_rows; }

RowBlock block_number(const Rows& rows, Index block_rows, Index number) {
  const Index first = number * block_rows;
  return rows.block(first, std::min(block_rows, rows.size() - first));
}

}  // namespace

MemoryRows::MemoryRows(Matrix inputs, Matrix targets, Vector weight, ScoreLoss loss)
    : inputs_(std::move(inputs)), targets_(std::move(targets)), weight_(std::move(weight)), loss_(loss) {
  if (weight_.size() == 0) weight_ = Vector::Ones(inputs_.rows());
  if (targets_.rows() != inputs_.rows() || weight_.size() != inputs_.rows()) {
    throw Error(ErrorKind::kInternal,
                fmt::format("{} rows, {} targets and {} weights", inputs_.rows(), targets_.rows(), weight_.size()));
  }
  weight_ /= weight_.sum();
}

RowBlock MemoryRows::block(Index first, Index count) const {
  return {first, inputs_.middleRows(first, count), targets_.middleRows(first, count), weight_.segment(first, count),
          loss_};
}

void for_each_block(const Rows& rows, Index block_rows, int threads,
                    const std::function<void(const RowBlock&)>& visit) {
  parallel_for(block_count(rows, block_rows), threads,
               [&](Index number) { visit(block_number(rows, block_rows, number)); });
}

Vector sum_over_blocks(const Rows& rows, Index size, int threads,
                       const std::function<void(const RowBlock&, Vector& sum)>& add) {
  const Index blocks = block_count(rows, kBlockRows), runs = std::clamp<Index>(blocks, 1, kMostRuns);
  std::vector<Vector> sums(runs);
  parallel_for(runs, threads, [&](Index run) {
    Vector& sum = sums[run] = Vector::Zero(size);
    for (Index number = part_begin(blocks, runs, run); number < part_begin(blocks, runs, run + 1); ++number)
      add(block_number(rows, kBlockRows, number), sum);
  });
  tree_reduce(runs, threads, [&](Index into, Index from) { sums[into] += sums[from]; });
  return std::move(sums[0]);
}

}  // namespace poise::thermo
