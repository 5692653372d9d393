// Losses with one sigmoid a class, p = σ(z).
#pragma once

#include <algorithm>
#include <cmath>

#include "learning/loss/loss.h"
#include "network/activation.h"

namespace poise::learning {

/// ℓ is a sum over classes: `Each` has, of one class,
///   double term(z, t, p, adjoint)   its part of ℓ, and ∂ℓ/∂z;   float curvature(slope)   of R, with σ' = p(1 − p)
///   double value(z, t), slope(z, t)   the same in float64;    kGuess   its part at z = 0
template <typename Each>
class SigmoidLoss : public LossFunction {
 public:
  Head head() const override { return Head::kSigmoid; }
  double of_a_guess(Index classes) const override { return static_cast<double>(classes) * Each::kGuess; }

  void find(float* scores, Index rows, Index classes, float* adjoint, const RowLosses& found, float*) const override {
    for (Index i = 0; i < rows; ++i, scores += classes, adjoint += classes) {
      found.best[i] = static_cast<float>(std::max_element(scores, scores + classes) - scores);
      found.gap[i] = found.loss[i] = 0;
      for (Index k = 0; k < classes; ++k) {
        const float z = scores[k], p = 1 / (1 + std::exp(-z));
        found.loss[i] += Each::term(z, adjoint[k], p, adjoint[k]);
        scores[k] = p;
      }
    }
  }

  void curve(const float* p, const float* share, Index rows, Index classes, float* change, float*) const override {
    for (Index k = 0; k < rows * classes; ++k) {
      change[k] = share[k / classes] * Each::curvature(p[k] * (1 - p[k])) * change[k];
    }
  }

  double value(const Vector& z, const Vector& t) const override { return z.binaryExpr(t, &Each::value).sum(); }
  Vector adjoint(const Vector& z, const Vector& t) const override { return z.binaryExpr(t, &Each::slope); }
};

}  // namespace poise::learning
