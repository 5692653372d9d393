// The Hessian of f at one point in float64 and its inverse, where its size is affordable: what the uncertainty of
// weights and leave-one-out are made of.
#pragma once

#include <Eigen/Cholesky>

#include "convex/preconditioner/preconditioner.h"
#include "poise/inference.h"

namespace poise::inline convex {

/// In the differences θ_c = W_c − W_r of the classes from one of them, r, where no direction is left along which
/// nothing changes. Feature j (d: the bias) of the a-th other class is number a(d + 1) + j:
///   H = Σ_i s_i R(p_i) ⊗ x̃_i x̃_iᵀ + (I − 11ᵀ/K) ⊗ Λ,     R of the K − 1 classes,
/// the penalty being that of weights with class sums 0.
class ExactCurvature {
 public:
  /// Throws Error(kResource) above kMostInferredParameters, and Error(kNumeric) where H is singular, up to rounding: it
  /// names the features by `schema`. Leaves the objective at w. Throws PassStopped where `stop` ends it.
  ExactCurvature(SoftmaxObjective& objective, const Parameters& w, Index reference, const Schema& schema,
                 const Stop& stop = {});

  Index size() const { return scale_.size(); }
  Index classes() const { return probabilities_.cols() - 1; }
  Index reference() const { return reference_; }
  /// The class of the a-th difference.
  Index class_of(Index a) const { return a < reference_ ? a : a + 1; }
  const Matrix& probabilities() const { return probabilities_; }  ///< p at w, n×K

  Matrix inverse() const;  ///< H⁻¹
  /// E H⁻¹ g, class sums 0: the Newton step for a gradient g as the objective has it.
  Parameters newton_step(const Parameters& gradient) const;
  /// θ of parameters, as one vector.
  Vector differences(const Parameters& w) const;

 private:
  void factorize(Eigen::MatrixXd hessian, const Schema& schema);

  Index reference_;
  Matrix probabilities_;
  Vector scale_;                        // H = S Ĥ S, Ĥ with a diagonal of 1
  Eigen::LLT<Eigen::MatrixXd> factor_;  // of Ĥ
};

/// Features without a penalty that are combinations of others in all rows that count (d: the bias is no such feature),
/// exactly; then H is singular. Empty also where that could not be found out.
std::vector<Index> dependent_features(const Problem& problem);

/// f where float64 steps lower it no further, from a point near its minimum; returns w.
Parameters polished(SoftmaxObjective& objective, Parameters w, const Schema& schema);

}  // namespace poise::inline convex
