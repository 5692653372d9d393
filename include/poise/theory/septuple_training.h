// Learning in a septuple, cyclic or not, whose boundary is clamped to data: descent on the mean least loss.
//
//   G(w, b) = mean over rows of min over free states of ℋ(x; w, b),     ∂G/∂θ = mean ∂ℋ/∂θ at the states of least loss
//
// as the states' own derivatives vanish there (docs/theory/thermodynamics.md#learning-in-a-septuple). It is the limit
// T → 0 of descent on the free energy.
#pragma once

#include <vector>

#include "poise/theory/septuple.h"

namespace poise {

struct SeptupleTrainingOptions {
  double learning_rate = 0.3;  ///< η of Δ ← α Δ − η ∂G/∂θ, above 0
  double momentum = 0.9;       ///< α in [0, 1)
  /// The largest singular value of the weights among the neurons that are free when the network is asked (all but the
  /// clamped ones that are no outputs) is kept at most this. Below 1, and where |f'| ≤ 1, the dynamics is a
  /// contraction: it has one fixed point for an input, wherever it starts (Banach), and a state of loss ℋ is within
  /// √(2ℋ)/(1 − contraction) of it. Without that limit cycles learn to remember the answer they are clamped to instead
  /// of finding it. Infinite: no limit.
  double contraction = 0.9;
  int steps = 5000;    ///< most steps
  double loss = 1e-4;  ///< ends where G is no larger
};

struct SeptupleTraining {
  Septuple septuple;            ///< with the weights and biases of the least G that was seen
  double loss = 0;              ///< its G
  std::vector<double> history;  ///< G before every step
};

/// Learns the weights of existing connections and the biases, but those of the neurons in `neurons` that no connection
/// leads to, with `neurons` clamped to one row of `rows` after another (n×neurons.size()). The states of a row go on
/// from where they were at rest before the step; a step after which G is no number is taken back, with half of η.
/// Throws Error(kUsage) for rows that do not fit and options out of range.
SeptupleTraining train_septuple(const Septuple& septuple, const std::vector<Index>& neurons, const Matrix& rows,
                                const SeptupleTrainingOptions& options = {});

}  // namespace poise
