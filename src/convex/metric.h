// Metrics: cheap positive definite stand-ins M for the Hessian. Solvers use M⁻¹ to precondition; that is what makes the
// answer come as fast on unscaled features as on scaled ones.
#pragma once

#include <memory>

#include "convex/objective.h"

namespace poise {

class Metric {
 public:
  virtual ~Metric() = default;
  /// M⁻¹ G; G and the result are (d+1)×K.
  virtual Parameters solve(const Parameters& gradient) const = 0;
};

/// Dense features, d < kMaxGramFeatures: the Böhning metric (THEORY 4.5, 4.6 B), H ⪯ ½ Σ s x̃x̃ᵀ ⊗ I + Λ.
/// The free bias is eliminated by centering the features: with C the covariance of the features,
///   M = (½C + Λ on the weights) ⊕ (½ on the bias of centered features).
/// H ⪯ M holds, so M⁻¹∇ is a descent step of length 1 (MM). One factorization of d×d.
std::unique_ptr<Metric> bohning_metric(const SoftmaxObjective& objective);

/// The diagonal of the Hessian at the objective's last point: no d×d matrix.
std::unique_ptr<Metric> diagonal_metric(const SoftmaxObjective& objective);

/// The Böhning metric where it is affordable, else the diagonal.
std::unique_ptr<Metric> choose_metric(const SoftmaxObjective& objective);

inline constexpr Index kMaxGramFeatures = 5000;

}  // namespace poise
