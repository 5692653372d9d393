// Scores of the rows of one data set, a block at a time: for whoever does not want them all at once.
#pragma once

#include "network/propagation.h"

namespace poise::inline network {

class Scorer {
 public:
  static constexpr Index kBlockRows = Propagation::kBlockRows;

  /// Both must outlive it. Throws Error(kData) if the numbers of features differ, or if the network gives features.
  Scorer(const Network& network, const Dataset& data);

  Index rows() const;
  Index classes() const;
  /// Writes the scores (see predict_scores) of the rows from `first` on, count×K. The bits of a row depend on `first`
  /// and `count` by rounding alone: the same bounds give the same bits. Threads may call it side by side.
  void score(Index first, Index count, double* out) const;

 private:
  Propagation propagation_;
};

}  // namespace poise::inline network
