// How fast to go: the learning rate of every step, from theory and the curvature that is met on the way.
#pragma once

#include "learning/state.h"
#include "learning/workspace.h"

namespace poise::learning {

/// Where κ begins and ends.
struct KappaRange {
  double first, last;
};

/// The largest curvature at which Δ ← βΔ − η∇, w ← w + Re Δ, β = α e^{iθ} (`phase` θ), does not diverge on ½λw². With
/// a = α cos θ and c = ηλ its characteristic polynomial is z³ + (c − 1 − 2a) z² + (α² + 2a − ca) z − α², and by Jury's
/// conditions all roots are within the unit circle exactly if
///   c < 2 (1 + 2a + α²)/(1 + a)   and   |c (a − α²) − 2a (1 − α²)| < 1 − α⁴.
/// For θ = 0 this is λ_s = 2 (1 + α)/η (docs/theory/network.md#the-golden-step-in-poise, f).
double stable_curvature(double rate, double momentum, double phase);

/// Of a golden step with rate η and momentum α: from the guarantee for convex losses, 2(1 − α)/η, to 200/236.2 of the
/// stability limit (docs/theory/network.md#the-golden-step-in-poise, g). Never beyond 15.9 and 200, those of the golden
/// η and α: a smaller rate is a smaller step. With a phase both ends are as much lower as the limit is.
KappaRange kappa_range(double rate, double momentum, double phase);

/// Golden step (docs/theory/network.md#the-golden-step-in-poise): the dual process has one unit of curvature, so the
/// loss is measured in units in which its largest curvature λ̂, of the Gauss–Newton matrix, is κ:
///   η_t = κ_t/λ̂_t · η · cooling(t),   η = (1 − α)² unless given.
/// κ_t goes through kappa_range in the first 15 % of the run. λ̂_t is the largest curvature that power iteration has met
/// so far on training batches; where gradients are sums of B rows, so is the curvature, and η_t is that much smaller.
/// cooling(t) is half a cosine from 1 to 0. Other steps: the given rate, times cooling(t)
/// if asked for.
class Pace {
 public:
  static constexpr double kRise = 0.15;  ///< share of the run in which κ rises

  Pace(const NetworkOptions& options, Index parameters, Index steps_an_epoch);

  /// Called by every member of the team after a batch, and before the first step: measures λ̂ if it is time.
  void measure(Team& team, Workspace& batch, Index step);

  /// η of step number `step` from 0.
  double learning_rate(Index step) const;

  double curvature() const { return state_.curvature; }
  void slow_down() { state_.caution *= 0.5; }  ///< after a divergence: κ/2
  double caution() const { return state_.caution; }

  const PaceState& state() const { return state_; }
  void restore(const PaceState& state) { state_ = state; }

 private:
  void iterate(Team& team, Workspace& batch);

  const NetworkOptions& options_;
  Index steps_an_epoch_, steps_;
  KappaRange kappa_;
  double rows_;  // that a gradient is the sum of; 1: of the mean
  PaceState state_;
};

}  // namespace poise::learning
