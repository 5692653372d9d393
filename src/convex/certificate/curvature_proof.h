// A proof, from the curvature at one point, that a minimizer exists and how far it is
// (docs/theory/softmax.md#a-minimizer-from-the-curvature-at-one-point). For any λ ≥ 0, and whatever the units and
// offsets of features.
//
// Gauge-free: one class r keeps the weights 0. Let N ⪯ H = ∇²f(W) be positive definite,
//   ν² = ∇fᵀ N⁻¹ ∇f,      R = max_i max_{a,b} ‖(e_a − e_b) ⊗ φ_i‖_{N⁻¹}
// so that no score difference of a row changes by more than R‖V‖_N along V. The third derivative of lse is at most the
// range of the scores' change times its variance: along every ray φ'' ≥ φ''(0) exp(−R t), t = ‖V‖_N. If νR < 1, f rises
// beyond t = −ln(1 − νR)/R in every direction: a minimizer exists, and
//   f(W) − f* ≤ [ν + (1 − νR) ln(1 − νR)/R]/R.
// N = (1 − κ) X⁻¹X⁻ᵀ with X ≈ L⁻¹ from a Cholesky factor of the computed Hessian (inverse_root.h). What else is wrong:
//   p:  R(p) = ½ Σ_ab p_a p_b (e_a − e_b)(e_a − e_b)ᵀ ⪰ (1 − δ)² R(p̂), put into the weights of rows;
//   H:  sums of n terms, entry (j, k) wrong by γ_n √(H_jj H_kk) at most;
//   ∇f: γ_n Σ s|p − t||φ| + Σ s δ p |φ|, which meets |X|.
//
// Rows B whose loss at W is next to nothing are left out, or R would be that of a sentinel 1e18 in a row that is
// certain anyway: no loss is negative, so with f = f_A + f_B, f(W) − f* ≤ (f_A(W) − f_A*) + f_B(W), and f has compact
// level sets if f_A has, provided that rows A tell apart all weights that A and B do.
#pragma once

#include <limits>
#include <optional>

#include "convex/certificate/exact_point.h"
#include "convex/certificate/independent_basis.h"

namespace poise::inline convex {

struct CurvatureProof {
  bool exists = false;                                   ///< νR < 1
  double gap = std::numeric_limits<double>::infinity();  ///< f(W) − f* ≤ gap, if `exists`
  double objective = 0, rounding = 0;                    ///< f(W) and a bound on its error
  double decrement = 0, reach = 0;                       ///< ν, R
  Obstacle obstacle;
};

/// Proofs for one problem at any points.
class CurvatureProver {
 public:
  /// How the penalty enters: as curvature, or not at all and then, as (λ/2)‖W‖², wholly in the gap. The first is better
  /// unless the penalty is too small to lift dependent features out of rounding.
  enum class Penalty { kCurvature, kCharged };

  /// What `stop` ends throws PassStopped, and the prover serves no more.
  CurvatureProver(const Problem& problem, int threads, Penalty penalty = Penalty::kCurvature, ProofStop stop = {});
  ~CurvatureProver();

  CurvatureProof prove(const Parameters& w);
  /// The Newton step at the point of the last `prove` (W − step is the next); empty if there was no curvature.
  const std::optional<Parameters>& newton_step() const { return step_; }
  /// f alone; NaN where it is not finite.
  double objective(const Parameters& w) const;

 private:
  class Local;
  ExactPoint evaluate(const Parameters& w) const;
  double penalty_at(const Parameters& w) const;
  void prepare(const ExactPoint& point);
  bool prepare_without(const ExactPoint& point, double nothing);
  void make_basis(const ExactPoint& point);
  bool says_all() const;
  double left_out(const ExactPoint& point) const;
  double charged(const Parameters& w) const;
  CurvatureProof attempt(const Parameters& w, const ExactPoint& point);

  const Problem& problem_;
  int threads_;
  ExactRows rows_;
  std::vector<Index> counted_;
  Vector penalty_;  // as curvature
  IndependentBasis basis_;
  std::vector<Index> in_doubt_;  // positions among `counted_` of the rows that the basis is made of
  double most_left_out_ = 0;     // loss of the others, up to which it serves
  std::optional<Parameters> step_;
};

}  // namespace poise::inline convex
