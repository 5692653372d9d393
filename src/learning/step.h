// The step rules (docs/theory/dual-process.md#the-step): how a gradient changes the parameters.
#pragma once

#include "learning/kernels.h"
#include "learning/parameters.h"
#include "learning/state.h"

namespace poise::learning {

/// State of a step rule over the flat parameter vector. `apply` may be called for different ranges at the same time.
///
/// Heavy ball is kept as u ← α u − g, w ← w + η u: for constant η the same iterates as Δ ← α Δ − η g, w ← w + Δ, and
/// when η changes, what has been gathered moves at the new rate.
class StepRule {
 public:
  StepRule(const NetworkOptions& options, double momentum, Index parameters);

  void set_learning_rate(double rate) { learning_rate_ = rate; }
  double learning_rate() const { return learning_rate_; }

  /// Before each batch's applications: counts the step (Adam's correction).
  void begin_step();

  /// The numbers [begin, begin + count) of the parameter vector; `l2` is 0 for biases.
  void apply(Index begin, Index count, double l2, const float* gradient, float* parameters);

  /// Forgets velocity and averages, as after any jump of the parameters.
  void rest();

  const StepState& state() const { return state_; }
  void restore(const StepState& state) { state_ = state; }

 private:
  Step kind_;
  double momentum_, phase_, learning_rate_ = 0;
  AdamConstants adam_{};
  StepState state_;
};

}  // namespace poise::learning
