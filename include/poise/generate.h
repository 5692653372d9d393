// The generative direction of predictive coding: the output is clamped, and the inputs relax with the hidden states
// (docs/theory/network.md#the-generative-direction).
#pragma once

#include "poise/network.h"

namespace poise {

struct GenerateOptions {
  double prior = 1;  ///< ρ > 0: inputs are taken to be normal about the model's center, with variance 1/ρ in its units
  int steps = 1000;  ///< at most; most networks are at rest after some ten
};

/// Of n targets. In units of training x̂ = (x − center)/u; energies are in nats.
struct Generated {
  Matrix rows;    ///< n×d, x in the units of the data
  Vector energy;  ///< n: ℋ + ½ρ‖x̂‖² at rest
  Vector slope;  ///< n: length of its gradient by (√ρ x̂, X_1, …, X_{L−1}); 0 at rest, unless that is on a kink of ReLU
  Matrix probabilities;  ///< n×K, of the rows by the model
};

/// Minimizes over x̂ and the hidden states, from the center and its forward pass, row by row
///   ½ρ‖x̂‖² + ½ Σ_{0<l<L} ‖X_l − σ_l(W_l X_{l−1} + b_l)‖² + CE(t, softmax(W_L X_{L−1} + b_L))
/// by Gauss–Newton steps that never let it rise. `targets`: n×K, rows add up to 1. The units u are those recorded in
/// the model (else the one unit of its data, or 1); a feature with the unit 0, which was constant in training, stays at
/// its center. Throws Error(kUsage) for targets of another size and options out of range, Error(kData) for heads other
/// than softmax.
Generated generate(const Network& network, const Matrix& targets, const GenerateOptions& options = {});

}  // namespace poise
