// Learning in the canonical ensemble: ∂F/∂θ = ⟨∂ℋ/∂θ⟩ and the Laplacian of F, against closed forms, quadrature and
// differences with common noise. docs/theory/network.md#learning-in-the-canonical-ensemble.
#include <gtest/gtest.h>

#include "poise/theory/free_energy_curvature.h"
#include "sample_septuples.h"
#include "theory/expansion.h"

namespace poise {
namespace {

constexpr double kT = 0.6;

/// Four-point differences, exact to fourth order.
double derivative(double& entry, const std::function<double()>& value, double step) {
  const double old = entry;
  const auto at = [&](double places) {
    entry = old + places * step;
    const double found = value();
    entry = old;
    return found;
  };
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
}

/// Inputs and outputs clamped to data, ℋ = ½Σ‖X_l − σ(Y_l)‖² + ½‖σ(Y_L) − t‖²: learning with the squared loss.
Septuple clamped_network(const std::vector<Index>& widths, Activation activation, std::uint64_t seed) {
  const SampleNetwork network = random_network(widths, activation, Loss::kSquared, 1, seed, 1.5);
  const Vector input = network.inputs.row(0).transpose();
  Septuple out = to_septuple(network.layers, input);
  for (const Index output : out.outputs) out.activation[static_cast<std::size_t>(output)] = activation;
  std::vector<Index> held = out.inputs;
  held.insert(held.end(), out.outputs.begin(), out.outputs.end());
  Vector data(static_cast<Index>(held.size()));
  data << input, network.targets.row(0).transpose();
  return clamp(out, held, data);
}

/// Calls visit(entry of the septuple, found, its error) for all connections and the biases of neurons that are no
/// inputs.
void for_each_parameter(Septuple& septuple, const FreeEnergyDerivatives& found,
                        const std::function<void(double&, double, double)>& visit) {
  for (Index k = 0; k < septuple.weights.size(); ++k) {
    double& entry = septuple.weights.data()[k];
    if (entry != 0) visit(entry, found.gradient.data()[k], found.gradient_error.data()[k]);
  }
  const Index first = static_cast<Index>(septuple.inputs.size());
  for (Index i = first; i < septuple.neurons(); ++i)
    visit(septuple.bias[i], found.bias_gradient[i], found.bias_gradient_error[i]);
}

TEST(FreeEnergyDerivatives, OfLinearNetworksAreExact) {
  for (Septuple septuple : {clamped_network({3, 4, 2}, Activation::kIdentity, 3), linear_pair()}) {
    const FreeEnergyDerivatives found = free_energy_derivatives(septuple, kT);
    const std::function<double()> value = [&] { return linear_ensemble(septuple, kT).free_energy; };
    for (Index i = 0; i < septuple.neurons(); ++i) {
      EXPECT_NEAR(found.bias_gradient[i], derivative(septuple.bias[i], value, 1e-3), 1e-9);
      for (Index j = 0; j < septuple.neurons(); ++j)
        EXPECT_NEAR(found.gradient(i, j), derivative(septuple.weights(i, j), value, 1e-3), 1e-9) << i << ' ' << j;
    }
  }
}

/// Σ ∂²value/∂w_ij² over the connections.
double laplacian_by_differences(Septuple& septuple, const std::function<double()>& value, double step) {
  double sum = 0;
  for (Index k = 0; k < septuple.weights.size(); ++k) {
    double& entry = septuple.weights.data()[k];
    if (entry != 0)
      sum += derivative(
          entry, [&] { return derivative(entry, value, step); }, step);
  }
  return sum;
}

// Where the feed-forward theorem applies F is the loss h of the clamped neurons and a constant: no draw, and no error.
TEST(FreeEnergyDerivatives, OfTheFeedForwardTheoremAreExact) {
  for (const Activation activation : {Activation::kTanh, Activation::kRelu}) {
    Septuple free = make_septuple(Matrix::Zero(4, 4), Vector{{0.2, -0.1, 0.3, 0.4}}, activation);
    free.weights(1, 0) = 0.8, free.weights(2, 0) = -0.7, free.weights(3, 1) = 1.1;
    Septuple held = clamp(free, {0, 2}, Vector{{0.9, 0.5}});  // 2 listens to 0 alone
    held.inputs = {0};
    const FreeEnergyDerivatives found = free_energy_derivatives(held, kT, {.samples = 64});
    const std::function<double()> value = [&] { return feed_forward_ensemble(held, kT).free_energy; };
    EXPECT_EQ(found.ensemble.samples, 0);
    EXPECT_EQ(found.laplacian.error, 0);
    EXPECT_NEAR(found.laplacian.value, laplacian_by_differences(held, value, 1e-2), 1e-6);
    for_each_parameter(held, found, [&](double& entry, double slope, double error) {
      EXPECT_EQ(error, 0);
      EXPECT_NEAR(slope, derivative(entry, value, 1e-3), 1e-9);
    });
  }
}

TEST(FreeEnergyDerivatives, OfNoFreeNeuronAreThoseOfTheLoss) {
  Septuple pair = tanh_pair();
  pair.mass_squared = 0.2;
  Septuple held = clamp(pair, {0, 1}, Vector{{0.5, -0.3}});
  const FreeEnergyDerivatives found = free_energy_derivatives(held, kT);
  const std::function<double()> value = [&] { return held.loss(held.data); };
  for (Index i = 0; i < 2; ++i) {
    EXPECT_NEAR(found.bias_gradient[i], derivative(held.bias[i], value, 1e-3), 1e-9);
    for (Index j = 0; j < 2; ++j)  // also those that do not exist
      EXPECT_NEAR(found.gradient(i, j), derivative(held.weights(i, j), value, 1e-3), 1e-9);
  }
  EXPECT_EQ(found.gradient_error, Matrix::Zero(2, 2));
  EXPECT_NEAR(found.laplacian.value, laplacian_by_differences(held, value, 1e-2), 1e-6);
  EXPECT_EQ(found.laplacian.error, 0);
}

TEST(FreeEnergyDerivatives, AreThoseOfQuadrature) {
  for (Septuple septuple : {clamped_network({2, 2, 2}, Activation::kTanh, 5), tanh_pair()}) {
    const FreeEnergyDerivatives found = free_energy_derivatives(septuple, kT);
    ASSERT_TRUE(found.ensemble.reliable());
    const std::function<double()> value = [&] { return -kT * std::log(integrate(septuple, kT, 8, 121).partition); };
    for_each_parameter(septuple, found, [&](double& entry, double slope, double error) {
      EXPECT_NEAR(slope, derivative(entry, value, 1e-2), 3 * error + 1e-6);
    });
    const double laplacian = laplacian_by_differences(septuple, value, 1e-2);
    EXPECT_NEAR(found.laplacian.value, laplacian, 3 * found.laplacian.error + 1e-4);
    EXPECT_LT(found.laplacian.error, 0.1);
  }
}

TEST(FreeEnergyDerivatives, AreThoseOfDifferencesWithCommonNoise) {
  Septuple septuple = clamped_network({3, 5, 4, 2}, Activation::kTanh, 6);
  const FreeEnergyDerivatives found = free_energy_derivatives(septuple, kT, {.samples = 1 << 14, .seed = 2});
  const SamplingOptions noise{.samples = 1 << 13, .seed = 7};
  for_each_parameter(septuple, found, [&](double& entry, double slope, double error) {
    const double difference = derivative(
        entry, [&] { return noisy_forward_ensemble(septuple, kT, noise).state.free_energy; }, 1e-2);
    EXPECT_NEAR(slope, difference, 3 * 1.5 * error + 1e-6);  // the differences are noisy, too
  });
}

// T → 0: the ensemble is the state of least loss, and F is ℋ there.
TEST(FreeEnergyDerivatives, TendToThoseOfTheLeastLoss) {
  Septuple septuple = clamped_network({2, 2, 2}, Activation::kTanh, 8);
  const std::function<double()> least = [&] { return septuple.loss(theory::settle_from_fixed_point(septuple)); };
  const FreeEnergyDerivatives found = free_energy_derivatives(septuple, 1e-4);
  for_each_parameter(septuple, found, [&](double& entry, double slope, double error) {
    EXPECT_NEAR(slope, derivative(entry, least, 1e-2), 3 * error + 1e-3);
  });
  const double laplacian = laplacian_by_differences(septuple, least, 1e-2);
  EXPECT_NEAR(found.laplacian.value, laplacian, 3 * found.laplacian.error + 1e-2 * std::abs(laplacian));
}

}  // namespace
}  // namespace poise
