// Loss::kSquared: ½‖p − t‖², Y* = (p − t) ∘ p(1 − p), R = diag p²(1 − p)² (its Gauss–Newton part).
#include "learning/loss/sigmoid_loss.h"

namespace poise::learning {
namespace {

struct Squared {
  static constexpr double kGuess = 0.125;

  static double term(float, float t, float p, float& adjoint) {
    const float error = p - t;
    adjoint = error * p * (1 - p);
    return 0.5 * static_cast<double>(error) * static_cast<double>(error);
  }
  static float curvature(float slope) { return slope * slope; }

  static double value(double z, double t) { return 0.5 * (sigmoid(z) - t) * (sigmoid(z) - t); }
  static double slope(double z, double t) { return (sigmoid(z) - t) * sigmoid(z) * sigmoid(-z); }
};

}  // namespace

const LossFunction& squared_loss() {
  static const SigmoidLoss<Squared> loss;
  return loss;
}

}  // namespace poise::learning
