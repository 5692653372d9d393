// The canonical ensemble of one or two free neurons by the trapezoidal rule, which on a smooth integrand that has
// decayed at its ends is as exact as its sums; and the small septuples that the tests share.
#pragma once

#include <cmath>
#include <vector>

#include "poise/theory/septuple.h"
#include "sample_networks.h"

namespace poise {

struct Quadrature {
  double partition = 0, mean_loss = 0, entropy = 0;  // Z, U, −∫ p ln p
};

/// Over [−reach, reach] of each free neuron, `points` of them a neuron.
inline Quadrature integrate(const Septuple& septuple, double temperature, double reach = 10, int points = 801) {
  const std::vector<Index> free = septuple.free_neurons();
  const double step = 2 * reach / (points - 1), cell = std::pow(step, static_cast<double>(free.size()));
  Vector x = septuple.held(Vector::Zero(septuple.neurons()));
  std::vector<double> losses;
  for (int i = 0; i < points; ++i) {
    x[free[0]] = -reach + i * step;
    for (int j = 0; j < (free.size() == 2 ? points : 1); ++j) {
      if (free.size() == 2) x[free[1]] = -reach + j * step;
      losses.push_back(septuple.loss(x));
    }
  }
  Quadrature out;
  for (const double loss : losses) out.partition += cell * std::exp(-loss / temperature);
  for (const double loss : losses) {
    const double p = std::exp(-loss / temperature) / out.partition;
    out.mean_loss += cell * p * loss;
    if (p > 0) out.entropy -= cell * p * std::log(p);
  }
  return out;
}

inline Septuple make_septuple(Matrix weights, Vector bias, Activation activation, double mass_squared = 0) {
  Septuple out;
  out.activation.assign(static_cast<std::size_t>(bias.size()), activation);
  out.weights = std::move(weights);
  out.bias = std::move(bias);
  out.mass_squared = mass_squared;
  return out;
}

/// Two linear neurons that listen to each other and one to itself (docs/theory/thermodynamics.md#ensembles).
inline Septuple linear_pair(double mass_squared = 0.15) {
  return make_septuple(Matrix{{0, 0.3}, {0.8, -0.2}}, Vector{{0.4, -0.7}}, Activation::kIdentity, mass_squared);
}

/// Two tanh neurons that listen to each other: Z/2πT = 0.639 at T = 1/1.7 (docs/theory/thermodynamics.md#ensembles).
inline Septuple tanh_pair() { return make_septuple(Matrix{{0, 1.2}, {-0.9, 0}}, Vector{{0, 0.3}}, Activation::kTanh); }

/// x_1 about 0.2, x_2 about f(1.3 x_1 − 0.4) (docs/theory/thermodynamics.md#ensembles).
inline Septuple chain(Activation activation) {
  Septuple out = make_septuple(Matrix{{0, 0}, {1.3, 0}}, Vector{{0.2, -0.4}}, Activation::kIdentity);
  out.activation[1] = activation;
  return out;
}

/// N neurons, weights of size gain/√N on `density` of the pairs, cycles and all.
inline Septuple random_septuple(Index neurons, Activation activation, std::uint64_t seed, double gain = 1,
                                double density = 1) {
  NormalStream normals(seed);
  Matrix weights = gain / std::sqrt(static_cast<double>(neurons)) * normals.matrix(neurons, neurons);
  for (Index k = 0; k < weights.size(); ++k) {
    if (random_uniform(seed + 1, static_cast<std::uint64_t>(k)) >= density) weights.data()[k] = 0;
  }
  return make_septuple(weights, 0.5 * normals.matrix(neurons, 1), activation);
}

inline constexpr double kBeta = 1.7, kTemperature = 1 / kBeta;

}  // namespace poise
