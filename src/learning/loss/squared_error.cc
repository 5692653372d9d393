// Loss::kSquaredError: ½‖z − t‖², Y* = z − t, R = 1.
#include "learning/loss/loss.h"

namespace poise::learning {
namespace {

class SquaredError : public LossFunction {
 public:
  Head head() const override { return Head::kLinear; }
  double of_a_guess(Index outputs) const override { return 0.5 * static_cast<double>(outputs); }  // of mean square 1

  void find(float* scores, Index rows, Index outputs, float* adjoint, const RowLosses& found, float*) const override {
    for (Index i = 0; i < rows; ++i, scores += outputs, adjoint += outputs) {
      double square = 0;
      for (Index k = 0; k < outputs; ++k) {
        adjoint[k] = scores[k] - adjoint[k];
        square += static_cast<double>(adjoint[k]) * static_cast<double>(adjoint[k]);
      }
      found.loss[i] = 0.5 * square;
      found.gap[i] = 0;
      found.best[i] = 0;
    }
  }

  void curve(const float*, const float* share, Index rows, Index outputs, float* change, float*) const override {
    for (Index k = 0; k < rows * outputs; ++k) change[k] *= share[k / outputs];
  }

  double value(const Vector& z, const Vector& t) const override { return 0.5 * (z - t).squaredNorm(); }
  Vector adjoint(const Vector& z, const Vector& t) const override { return z - t; }
};

}  // namespace

const LossFunction& squared_error_loss() {
  static const SquaredError loss;
  return loss;
}

}  // namespace poise::learning
