// The canonical ensemble of two hidden neurons by quadrature.
#pragma once

#include <cmath>

#include "sample_networks.h"

namespace poise {

struct ExactEnsemble {
  double free_energy = 0, mean_loss = 0, bulk_loss = 0, entropy = 0, divergence = 0;
};

/// Of a network of widths d, 2, K at temperature T: F = −T ln ∫ N(ξ; 0, I) e^{−CE(ξ)/T} d²ξ with X_1 = σ(Y_1) + √T ξ,
/// U = ⟨CE⟩, bulk ⟨½T‖ξ‖²⟩ − T, entropy −⟨ln p⟩ + ⟨ln p_0⟩_0, divergence ⟨ln p/p_0⟩; means over rows of equal weight.
/// The trapezoidal rule on a square of `half` about the largest weight converges faster than any power of the step.
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
    double sum = 0, loss_sum = 0, square_sum = 0, log_sum = 0;
    for (int k = 0; k < points; ++k) {
      for (int j = 0; j < points; ++j) {
        const double a = a0 - half + h * k, b = b0 - half + h * j;
        const auto [log_weight, loss] = log_weight_and_loss(a, b);
        const double weight = std::exp(log_weight - top);
        sum += weight;
        loss_sum += weight * loss;
        square_sum += weight * (a * a + b * b);
        log_sum += weight * log_weight;
      }
    }
    const double log_z = top + std::log(sum * h * h / (2 * std::numbers::pi));
    const double share = 1 / static_cast<double>(rows), constant = std::log(2 * std::numbers::pi);
    mean.free_energy -= share * temperature * log_z;
    mean.mean_loss += share * loss_sum / sum;
    mean.bulk_loss += share * temperature * (0.5 * square_sum / sum - 1);
    // In ξ: ln p = log_weight − log_z − ln 2π and ln p_0 = −½‖ξ‖² − ln 2π, whose entropy is 1 + ln 2π.
    mean.entropy += share * (-(log_sum / sum - log_z - constant) - (1 + constant));
    mean.divergence += share * ((log_sum + 0.5 * square_sum) / sum - log_z);
  }
  return mean;
}

}  // namespace poise
