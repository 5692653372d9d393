// The ensemble of hidden states against quadrature over the states. docs/theory/thermodynamics-laws.md#the-first-law.
#include "thermo/states/hidden_states.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "hidden_pair.h"
#include "poise/error.h"
#include "poise/information.h"

namespace poise {
namespace {

namespace reference = learning::reference;

/// F, U, S of one row with two hidden neurons by the trapezoidal rule on a square.
struct Quadrature {
  double free_energy, mean_loss, entropy;
};

Quadrature quadrature(const SampleNetwork& network, Index row, double temperature) {
  const Vector rest = network.pass().activation[1].row(row).transpose();
  const Vector target = network.targets.row(row).transpose();
  const Layer& head = network.layers[1];
  const double width = 30, h = 0.1;  // smooth and vanishing at the ends: the error falls exponentially with 1/h
  double z = 0, loss_sum = 0;
  for (double a = -width; a <= width; a += h) {
    for (double b = -width; b <= width; b += h) {
      const Vector s = rest + std::sqrt(temperature) * Vector{{a, b}};
      const double loss =
          0.5 * (s - rest).squaredNorm() + cross_entropy_of_scores(target, head.weights * s + head.bias);
      const double weight = std::exp(-loss / temperature);
      z += weight;
      loss_sum += weight * loss;
    }
  }
  const double ratio = z * h * h / (2 * std::numbers::pi);  // Z/Z_0: ds = T da db
  const double free_energy = -temperature * std::log(ratio), mean_loss = loss_sum / z - temperature;
  return {free_energy, mean_loss, (mean_loss - free_energy) / temperature};
}

TEST(HiddenStates, EnsembleOfARowIsThatOfQuadrature) {
  const SampleNetwork network = random_network({3, 2, 3}, Activation::kTanh, Loss::kCrossEntropy, 1, 21, 2);
  for (const double temperature : {0.05, 0.5}) {
    const Quadrature want = quadrature(network, 0, temperature);
    const auto found = thermo::hidden_states(network.layers, network.inputs, network.targets, temperature, 1000, 5, 1);
    const auto near = [](const Estimate& estimate, double value) {
      EXPECT_NEAR(estimate.value, value, 5 * estimate.error + 1e-9);
      EXPECT_LE(estimate.error, 0.02);
    };
    near(found.free_energy, want.free_energy);
    near(found.mean_loss, want.mean_loss);
    near(found.entropy, want.entropy);
  }
}

// T → 0: F − ℋ(s*) = T C, U = ℋ(s*) and S = −C, with an error that falls as T does.
TEST(HiddenStates, CoolToTheGaussianApproximation) {
  const SampleNetwork network = random_network({3, 6, 4}, Activation::kTanh, Loss::kCrossEntropy, 10, 22, 2);
  double off[2];
  for (int k = 0; k < 2; ++k) {
    const double temperature = k == 0 ? 0.02 : 0.005;
    const auto found = thermo::hidden_states(network.layers, network.inputs, network.targets, temperature, 1000, 6, 2);
    EXPECT_GT(found.complexity, 0.1);
    off[k] = std::abs((found.free_energy.value - found.ground_loss) / temperature - found.complexity);
    EXPECT_NEAR(found.entropy.value, -found.complexity, 0.05 * found.complexity);
    EXPECT_NEAR(found.mean_loss.value, found.ground_loss,
                0.02 * found.complexity * temperature + 5 * found.mean_loss.error);
  }
  EXPECT_LE(off[1], 0.5 * off[0] + 1e-4);
}

// The minimum is where predictive coding comes to rest.
TEST(HiddenStates, GroundLossIsTheEnergyAtRest) {
  const SampleNetwork network = random_network({3, 6, 4}, Activation::kTanh, Loss::kCrossEntropy, 10, 23, 1.5);
  const auto found = thermo::hidden_states(network.layers, network.inputs, network.targets, 0.1, 2, 7, 1);
  const auto relaxed = reference::predictive_coding(
      network.layers, network.inputs, {.loss = Loss::kCrossEntropy, .targets = network.targets, .weight = 1},
      {.rate = 0.2, .steps = 2000});
  EXPECT_NEAR(found.ground_loss, relaxed.energy_after.mean(), 1e-10);
}

// Few draws of many rows: errors must hold what few draws are wrong by in every row alike. The head binds the states
// tightly, where normal draws by the curvature at the minimum are too narrow: they missed S by up to 50 of their
// errors.
TEST(HiddenStates, ErrorsOfFewDrawsHoldTheirBias) {
  const SampleNetwork network = random_network({3, 2, 3}, Activation::kTanh, Loss::kCrossEntropy, 100, 25, 12);
  for (const double temperature : {0.1, 1.0}) {
    const ExactEnsemble want = two_neurons_by_quadrature(network, temperature, 9, 161);
    const auto found = thermo::hidden_states(network.layers, network.inputs, network.targets, temperature, 64, 9, 2);
    const auto near = [&](const Estimate& estimate, double value) {
      EXPECT_NEAR(estimate.value, value, 4 * estimate.error) << temperature;
      EXPECT_LE(estimate.error, 0.03) << temperature;
    };
    near(found.free_energy, want.free_energy);
    near(found.mean_loss, want.mean_loss + want.bulk_loss);
    near(found.entropy, want.entropy);
  }
}

TEST(HiddenStates, NeedTwoDraws) {
  const SampleNetwork network = random_network({3, 4, 3}, Activation::kTanh, Loss::kCrossEntropy, 2, 26);
  EXPECT_THROW(thermo::hidden_states(network.layers, network.inputs, network.targets, 0.1, 1, 1, 1), Error);
}

TEST(HiddenStates, SameBitsForAnyNumberOfThreads) {
  const SampleNetwork network = random_network({3, 4, 3}, Activation::kRelu, Loss::kCrossEntropy, 9, 24);
  const auto one = thermo::hidden_states(network.layers, network.inputs, network.targets, 0.1, 10, 8, 1);
  const auto three = thermo::hidden_states(network.layers, network.inputs, network.targets, 0.1, 10, 8, 3);
  EXPECT_EQ(one.free_energy.value, three.free_energy.value);
  EXPECT_EQ(one.entropy.error, three.entropy.error);
}

}  // namespace
}  // namespace poise
