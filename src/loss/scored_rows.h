// The scores of all rows, handed out a block at a time: kept in memory, or computed anew where they do not fit.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/index.h"
#include "base/parallel.h"
#include "base/watched_work.h"
#include "network/scorer.h"
#include "poise/measuring.h"

namespace poise::inline loss {

class ScoredRows {
 public:
  static constexpr Index kBlockRows = Scorer::kBlockRows;

  /// Of scores that are there, n×K; they must outlive it.
  explicit ScoredRows(const Matrix& scores) : kept_(scores.data()), rows_(scores.rows()), classes_(scores.cols()) {}
  /// Of a network, which must outlive it, as must the data. They are kept if they take at most `most_bytes`. Throws
  /// Error(kData) if the numbers of features differ, and MeasurementStopped.
  ScoredRows(const Network& network, const Dataset& data, const MeasureOptions& options, double most_bytes);

  Index rows() const { return rows_; }
  Index classes() const { return classes_; }
  bool are_kept() const { return kept_ != nullptr; }

  /// The scores of a block, count×K; `first` is a multiple of kBlockRows. `room` may be used for them.
  const double* block(Index first, Index count, std::vector<double>& room) const;

 private:
  const double* kept_ = nullptr;
  Index rows_, classes_;
  Matrix scores_;  // what kept_ points to, if they are ours
  std::unique_ptr<Scorer> scorer_;
};

/// Room for scores that measuring may take: half of the memory allowed.
double bytes_for_scores(const MeasureOptions& options);

/// Rows are dealt into chunks of whole blocks, whose number depends on the number of rows alone.
inline Index chunk_count(Index rows) {
  const Index blocks = (rows + ScoredRows::kBlockRows - 1) / ScoredRows::kBlockRows;
  return std::clamp<Index>(blocks / 4, 1, 1024);
}

/// Calls visit(first, count, room, sum) for all blocks of that many rows, and adds up the `Sum`s of the chunks along a
/// fixed tree: the bits do not depend on the threads. Sum has a default value and `+=`; `room` is the visitor's to use.
/// Throws MeasurementStopped.
template <typename Sum, typename Visit>
Sum sum_over_blocks(Index rows, const MeasureOptions& options, const Visit& visit) {
  constexpr Index kBlock = ScoredRows::kBlockRows;
  const Index chunks = chunk_count(rows), blocks = (rows + kBlock - 1) / kBlock;
  std::vector<Sum> sums(chunks);
  const bool done = parallel_for_watched(options.watcher, "measuring", chunks, options.threads, [&](Index chunk) {
    std::vector<double> room;
    for (Index b = part_begin(blocks, chunks, chunk); b < part_begin(blocks, chunks, chunk + 1); ++b) {
      const Index first = b * kBlock;
      visit(first, std::min(kBlock, rows - first), room, sums[chunk]);
    }
  });
  if (!done) throw MeasurementStopped();
  tree_reduce(chunks, 1, [&](Index into, Index from) { sums[into] += sums[from]; });
  return std::move(sums[0]);
}

/// The same of scores: visit(first, count, scores, sum).
template <typename Sum, typename Visit>
Sum sum_over_rows(const ScoredRows& rows, const MeasureOptions& options, const Visit& visit) {
  return sum_over_blocks<Sum>(rows.rows(), options, [&](Index first, Index count, std::vector<double>& room, Sum& sum) {
    visit(first, count, rows.block(first, count, room), sum);
  });
}

}  // namespace poise::inline loss
