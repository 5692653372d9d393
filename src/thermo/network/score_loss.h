// The loss ℓ(z, t) of the scores z = Y_L, as measurements see it. Each is convex, with its natural head q(z):
//   ∂ℓ/∂z = q − t,   R = ∂²ℓ/∂z² = BBᵀ
//   loss                   ℓ                              q            R               B
//   cross-entropy          lse(z) − ⟨t, z⟩                softmax(z)   diag q − qqᵀ    columns √q_c (e_c − q)
//   squared error          ½‖z − t‖²                      z            1               1
//   binary cross-entropy   Σ_c ln(1 + e^{z_c}) − t_c z_c  σ(z)         diag q(1 − q)   diag √(q(1 − q))
// Scores, targets and q are B×K.
#pragma once

#include "poise/dataset.h"
#include "poise/network.h"
#include "poise/training.h"

namespace poise::thermo {

struct ScoreLoss {
  Loss loss = Loss::kCrossEntropy;

  /// Whether q are probabilities of classes; where not, R is diagonal.
  bool of_classes() const { return loss == Loss::kCrossEntropy; }

  Matrix outputs(Matrix scores) const;                               ///< q
  Vector losses(const Matrix& scores, const Matrix& targets) const;  ///< ℓ of every row
  Matrix curvature_diagonal(const Matrix& q) const;                  ///< R_cc
  Vector curvature_trace(const Matrix& q) const;                     ///< tr R
  Matrix times_curvature(const Matrix& q, const Matrix& v) const;    ///< R v of every row v
  Matrix diagonal_behind(const Matrix& q, const Matrix& w) const;    ///< (WᵀRW)_ii, W of K×N: B×N
  Matrix curvature_factors(const Matrix& q) const;                   ///< the columns of B as rows, K a row: (B·K)×K
};

/// The loss that networks with this head are measured by. Throws Error(kData) for kSigmoid.
ScoreLoss score_loss_of(Head head);

}  // namespace poise::thermo
