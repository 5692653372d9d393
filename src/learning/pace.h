// How fast to go: the learning rate of every step, from theory and the curvature that is met on the way.
#pragma once

#include "learning/batch.h"

namespace poise::learning {

/// Golden step (THEORY 1.6, 5.4 N2): the dual process has one unit of curvature, so the loss is measured in units in
/// which its largest curvature λ̂, of the Gauss–Newton matrix, is κ:
///   η_t = κ_t/λ̂_t · (1 − α)² · cooling(t).
/// κ_t rises from 15.9, the guarantee for convex losses, to 200, of a stability limit of 236.2, in the first 15 % of
/// the run. λ̂_t is the largest curvature that power iteration has met so far on training batches. cooling(t) is half a
/// cosine from 1 to 0. Other steps: the given rate, times cooling(t) if asked for.
class Pace {
 public:
  Pace(const NetworkOptions& options, Index parameters, Index steps_an_epoch);

  /// Called by every member of the team after a batch: measures λ̂ if it is time.
  void measure(Team& team, Batch& batch, Index step);

  /// η of step number `step` from 0.
  double learning_rate(Index step) const;

  double curvature() const { return curvature_; }
  void slow_down() { caution_ *= 0.5; }  ///< after a divergence: κ/2
  double caution() const { return caution_; }

 private:
  void iterate(Team& team, Batch& batch);

  const NetworkOptions& options_;
  Index steps_an_epoch_, steps_, next_measurement_ = 0;
  double curvature_ = 0, caution_ = 1;
  double found_ = 0;
  Floats direction_;
};

}  // namespace poise::learning
