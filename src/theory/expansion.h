// The loss of a septuple near a state, to second order in the free neurons: what Gaussian approximations, closed forms
// and proposals of samples have in common.
#pragma once

#include <Eigen/Core>
#include <string>

#include "poise/theory/septuple.h"

namespace poise::theory {

/// ℋ(x̂ + ξ) = loss + gᵀξ + ½ ξᵀMξ + O(ξ³) for the n free neurons
struct Expansion {
  std::vector<Index> free;
  Vector state;          ///< x̂, N, clamped neurons at their data
  double loss = 0;       ///< ℋ(x̂)
  Vector gradient;       ///< g, n
  Eigen::MatrixXd bulk;  ///< PA, N×n: A = I − diag f' w by the free neurons, rows of P
  Eigen::MatrixXd hessian;  ///< M = (PA)ᵀPA − m²I − wᵀ diag(P e ∘ f'') w, n×n; for linear f or e = 0 without the last
};
Expansion expand(const Septuple& septuple, const Vector& state);

/// M = V diag(λ) Vᵀ, λ ascending
struct Spectrum {
  Vector values;
  Eigen::MatrixXd vectors;

  bool positive() const;  ///< λ_1 > 0, beyond rounding; true of none
  double log_determinant() const { return values.array().log().sum(); }
  Eigen::MatrixXd inverse() const { return vectors * values.cwiseInverse().asDiagonal() * vectors.transpose(); }
};
Spectrum spectrum_of(const Eigen::MatrixXd& symmetric);

/// The spectrum of M; throws Error(kNumeric) that says why if it is not positive.
Spectrum positive_spectrum(const Septuple& septuple, const Expansion& expansion);

/// A state of locally least ℋ: Newton's method, damped (Levenberg, Marquardt) so that ℋ never rises, from `start`.
/// Where M is positive definite it converges quadratically, of linear f in one step. At a kink it may stop short.
/// `watcher` (may be null) may end it with MeasurementStopped.
Vector settle(const Septuple& septuple, const Vector& start, Watcher* watcher = nullptr);

/// settle from the fixed point of the activation dynamics, or from where that was left if it does not come to rest.
Vector settle_from_fixed_point(const Septuple& septuple, Watcher* watcher = nullptr);

/// Throws Error(kUsage) unless septuple.validate() passes and the temperature is positive and finite.
void check(const Septuple& septuple, double temperature);

bool is_linear(const Septuple& septuple);

/// Throws MeasurementStopped if the watcher (may be null) says so.
void ask(Watcher* watcher);

}  // namespace poise::theory
