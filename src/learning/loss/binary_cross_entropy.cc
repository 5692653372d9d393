// Loss::kBinaryCrossEntropy: −Σ t ln σ(z) + (1 − t) ln σ(−z) = Σ ln(1 + e^z) − t z, Y* = p − t, R = diag p(1 − p).
#include <numbers>

#include "learning/loss/sigmoid_loss.h"

namespace poise::learning {
namespace {

struct BinaryCrossEntropy {
  static constexpr double kGuess = std::numbers::ln2;

  static double term(float z, float t, float p, float& adjoint) {
    adjoint = p - t;
    return std::max(z, 0.0f) - z * t + std::log1p(std::exp(-std::abs(z)));
  }
  static float curvature(float slope) { return slope; }

  static double value(double z, double t) { return -log_sigmoid(-z) - t * z; }
  static double slope(double z, double t) { return sigmoid(z) - t; }
};

}  // namespace

const LossFunction& binary_cross_entropy_loss() {
  static const SigmoidLoss<BinaryCrossEntropy> loss;
  return loss;
}

}  // namespace poise::learning
