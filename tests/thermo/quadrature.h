// The canonical ensemble of two hidden neurons by quadrature.
#pragma once

#include <cmath>

#include "sample_networks.h"

namespace poise {

struct ExactEnsemble {
  double free_energy = 0, mean_loss = 0, entropy = 0;
};

/// Of a network of widths d, 2, K at temperature T: F = −T ln ∫ N(ξ; 0, I) e^{−CE(ξ)/T} d²ξ with X_1 = σ(Y_1) + √T ξ,
/// U = ⟨CE⟩, S = (U − F)/T; means over rows of equal weight. The trapezoidal rule on a square of `half` about the
/// largest weight converges faster than any power of the step.
inline ExactEnsemble two_neurons_by_quadrature(const SampleNetwork& network, double temperature, double half = 9,
                                               int points = 241) {
  ExactEnsemble mean;
  const auto pass = network.pass();
  const Index rows = network.inputs.rows();
  const double width = std::sqrt(temperature), h = 2 * half / (points - 1);
  const Layer& head = network.layers[1];
  for (Index i = 0; i < rows; ++i) {
    const Vector x = pass.activation[1].row(i).transpose(), t = network.targets.row(i).transpose();
    const auto log_weight_and_loss = [&](double a, double b) {
      const Vector z = head.weights * (x + width * Vector{{a, b}}) + head.bias;
      const double m = z.maxCoeff(), loss = m + std::log((z.array() - m).exp().sum()) - t.dot(z);
      return std::pair(-0.5 * (a * a + b * b) - loss / temperature, loss);
    };
    double a0 = 0, b0 = 0;  // CE is convex in X_1: descend to the mode, −½ξ² − CE/T is concave
    for (double step = 4 / width; step > 1e-3; step /= 2) {
      for (bool moved = true; moved;) {
        moved = false;
        for (const auto& [da, db] : {std::pair(step, 0.0), {-step, 0.0}, {0.0, step}, {0.0, -step}}) {
          if (log_weight_and_loss(a0 + da, b0 + db).first <= log_weight_and_loss(a0, b0).first) continue;
          a0 += da, b0 += db;
          moved = true;
        }
      }
    }
    const double top = log_weight_and_loss(a0, b0).first;
    double sum = 0, loss_sum = 0;
    for (int k = 0; k < points; ++k) {
      for (int j = 0; j < points; ++j) {
        const auto [log_weight, loss] = log_weight_and_loss(a0 - half + h * k, b0 - half + h * j);
        sum += std::exp(log_weight - top);
        loss_sum += std::exp(log_weight - top) * loss;
      }
    }
    const double log_z = top + std::log(sum * h * h / (2 * std::numbers::pi));
    mean.free_energy -= temperature * log_z / static_cast<double>(rows);
    mean.mean_loss += loss_sum / sum / static_cast<double>(rows);
  }
  mean.entropy = (mean.mean_loss - mean.free_energy) / temperature;
  return mean;
}

}  // namespace poise
