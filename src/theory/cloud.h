// A cloud of states, one a learner, and the entropy of the normal distribution of its covariance.
#pragma once

#include "poise/dataset.h"
#include "poise/estimate.h"

namespace poise::theory {

/// R states of D numbers, seen through T, upper triangular: the scatter Σ_r (x_r − x̄)(x_r − x̄)ᵀ is (T s)ᵀ(T s) with
/// s = diag `scale`. T comes from the states themselves (QR), not from the scatter, so that directions 10⁻¹² of the
/// widest still count.
class Cloud {
 public:
  /// `states`: R×D, R > D + 1. Throws Error(kNumeric) if they are not finite, or lie in a plane as far as float64
  /// tells.
  explicit Cloud(const Matrix& states);

  Index size() const { return size_; }
  Index dimension() const { return scale_.size(); }

  /// S = ½ ln det(2πe Cov), Cov the scatter over R − 1  [docs/theory/thermodynamics-laws.md#the-entropy-of-learners];
  /// nats.
  double entropy() const;

  /// S of the cloud without state r, less S: ½ ln(1 − R h_r/(R − 1)) + ½ D ln((R − 1)/(R − 2)) where h_r is the
  /// leverage (x_r − x̄)ᵀ scatter⁻¹ (x_r − x̄); R values.
  Vector entropy_without_one() const;

  /// ½ ln det(I + Bᵀ Cov⁻¹ B): by how much independent noise of covariance B Bᵀ (`root` B is D×m) raises S. The error
  /// is what the chance of R draws of it adds: √(Σ (a + a²/2)/(1 + a)²/R), a the eigenvalues of Bᵀ Cov⁻¹ B.
  Estimate entropy_from_noise(const Matrix& root) const;

 private:
  Index size_;
  Vector scale_;              ///< D: lengths of the centered columns
  Eigen::MatrixXd triangle_;  ///< T, D×D
  Vector leverage_;           ///< h, R
};

/// Standard error of an estimate from its values without one of the R states each: √((R−1)/R Σ (θ_r − θ̄)²).
double jackknife_error(const Vector& without_one);

}  // namespace poise::theory
