// A loss ℓ and the head that goes with it (poise/training.h): on rows of float32 scores as training has them, and of
// one row in float64 as the formulas say. Each is a class in a file of this folder; loss.cc has their names.
#pragma once

#include "base/names.h"
#include "poise/training.h"

namespace poise::learning {

/// Of every row: ℓ, CE − H(p) (softmax head; else 0), and the first class of the largest score, a whole number. What
/// has a NaN among its scores has ℓ NaN.
struct RowLosses {
  double *loss, *gap;
  float* best;
};

class LossFunction {
 public:
  virtual ~LossFunction() = default;

  virtual Head head() const = 0;                       ///< where the target is the class
  virtual double of_a_guess(Index classes) const = 0;  ///< ℓ of scores of 0

  /// Rows lie without gaps. `adjoint` holds t and becomes Y*_L = ∂ℓ/∂Y_L; with the sigmoid head scores become p.
  /// `scratch` has room for 64·classes numbers.
  virtual void find(float* scores, Index rows, Index classes, float* adjoint, const RowLosses& found,
                    float* scratch) const = 0;

  /// change ← share R change, row by row, after find; R is the Hessian of ℓ in Y_L or its Gauss–Newton part. As many
  /// rows at a time as `scratch` has room for.
  virtual void curve(const float* scores, const float* share, Index rows, Index classes, float* change,
                     float* scratch) const = 0;

  // In float64, one row with scores z and targets t.
  virtual double value(const Vector& z, const Vector& t) const = 0;
  virtual Vector adjoint(const Vector& z, const Vector& t) const = 0;  ///< ∂ℓ/∂z
};

const LossFunction& loss_function(Loss loss);

/// The loss asked for, or that of the target.
inline Loss loss_of(const NetworkOptions& options) {
  return options.loss.value_or(options.target == Target::kFeatures ? Loss::kSquaredError : Loss::kCrossEntropy);
}

const LossFunction& cross_entropy_loss();
const LossFunction& binary_cross_entropy_loss();
const LossFunction& squared_loss();
const LossFunction& squared_error_loss();

std::span<const Named<Loss>> names_of(Loss);

}  // namespace poise::learning
