#include "loss/scored_rows.h"

#include "base/memory.h"

namespace poise::inline loss {

ScoredRows::ScoredRows(const Network& network, const Dataset& data, const MeasureOptions& options, double most_bytes)
    : rows_(data.rows()), scorer_(std::make_unique<Scorer>(network, data)) {
  classes_ = scorer_->classes();
  const double bytes = static_cast<double>(rows_) * static_cast<double>(classes_) * sizeof(double);
  if (bytes > most_bytes) return;
  scores_.resize(rows_, classes_);
  const Index blocks = (rows_ + kBlockRows - 1) / kBlockRows;
  const bool done =
      parallel_for_watched(options.watcher, "measuring: scores", blocks, options.threads, [&](Index block) {
        const Index first = block * kBlockRows;
        scorer_->score(first, std::min(kBlockRows, rows_ - first), scores_.row(first).data());
      });
  if (!done) throw MeasurementStopped();
  kept_ = scores_.data();
}

const double* ScoredRows::block(Index first, Index count, std::vector<double>& room) const {
  if (kept_ != nullptr) return kept_ + first * classes_;
  room.resize(count * classes_);
  scorer_->score(first, count, room.data());
  return room.data();
}

double bytes_for_scores(const MeasureOptions& options) { return 0.5 * memory_allowed(options.memory); }

}  // namespace poise::inline loss
