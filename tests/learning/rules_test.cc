// Which rule is backpropagation, when, and how far from it otherwise: the list of docs/theory/network.md.
#include <gtest/gtest.h>

#include "learning/reference/reference.h"
#include "sample_networks.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using reference::Adjoint;
using reference::Relaxing;
using reference::Update;

constexpr Relaxing kSettled{.rate = 1, .steps = 1};  // ρ = 0

SampleNetwork sample(Loss loss = Loss::kCrossEntropy, std::vector<Index> widths = {5, 7, 6, 4}) {
  return random_network(widths, Activation::kSigmoid, loss, 8, 31);
}

Update backpropagation(const SampleNetwork& network, double rate) {
  return reference::adjoint_update(network.layers, network.pass(), network.output_adjoint(), rate);
}

Update equilibrium(const SampleNetwork& network, double rate, Order order, const Relaxing& relaxing) {
  return reference::equilibrium_update(network.layers, network.pass(), network.output_adjoint(), rate, order, relaxing);
}

double distance_of_adjoints(const Adjoint& a, const Adjoint& b) {
  double most = 0;
  for (std::size_t l = 1; l < a.preactivation_adjoint.size(); ++l)
    most = std::max(most, distance(a.preactivation_adjoint[l], b.preactivation_adjoint[l]));
  return most;
}

TEST(Rules, AdjointIsAStepDownTheGradient) {
  SampleNetwork network = sample();
  const std::vector<Layer> before = network.layers;
  const Update update = backpropagation(network, 0.2);
  auto loss = [&] {
    return reference::losses(network.loss, network.pass().preactivation.back(), network.targets).sum();
  };
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const Matrix by_weights = finite_differences(network.layers[l].weights, loss);
    const Vector by_bias = finite_differences(network.layers[l].bias, loss);
    EXPECT_LE(distance(update.layers[l].weights, before[l].weights - 0.2 * by_weights), 1e-7) << l;
    EXPECT_LE(distance(update.layers[l].bias, before[l].bias - 0.2 * by_bias), 1e-7) << l;
  }
}

TEST(Rules, JacobiEquilibriumIsBackpropagationIfNothingIsLeft) {
  for (const Loss loss : {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kSquared}) {
    const SampleNetwork network = sample(loss);
    const Update want = backpropagation(network, 0.2);
    const Update exact = equilibrium(network, 0.2, Order::kJacobi, kSettled);
    const Update long_run = equilibrium(network, 0.2, Order::kJacobi, {.rate = 0.1, .steps = 400});  // ρ ≈ 5e−19
    for (const Update& found : {exact, long_run}) {
      EXPECT_LE(distance_of_adjoints(found.adjoint, want.adjoint), 1e-15);
      EXPECT_LE(distance(found.layers, want.layers), 1e-15);
    }
  }
}

// The published τ = 0.1, K = 100: off by ρ (X_l − X*_l) in the last hidden layer, of the order of ρ below.
TEST(Rules, JacobiEquilibriumIsOffByWhatIsLeft) {
  const SampleNetwork network = sample();
  const Update want = backpropagation(network, 0.2);
  const Update found = equilibrium(network, 0.2, Order::kJacobi, {});
  const double residual = Relaxing{}.residual();
  const std::size_t last = network.depth() - 1;
  const Matrix& settled = want.adjoint.activation_adjoint[last];
  EXPECT_LE(distance(found.adjoint.activation_adjoint[last],
                     settled + residual * (network.pass().activation[last] - settled)),
            1e-15);
  const double error = distance_of_adjoints(found.adjoint, want.adjoint);
  EXPECT_GT(error, 0.01 * residual);
  EXPECT_LT(error, residual);
}

TEST(Rules, GaussSeidelTendsToBackpropagationWithTheRate) {
  const SampleNetwork network = sample();
  auto error = [&](double rate) {
    const Update found = equilibrium(network, rate, Order::kGaussSeidel, kSettled);
    return distance_of_adjoints(found.adjoint, network.adjoint());
  };
  EXPECT_NEAR(error(1e-3) / error(1e-4), 10, 0.1);
  EXPECT_LT(error(1e-6), 1e-6);
  EXPECT_GT(error(1), 0.1);  // at rates of order 1 it is another rule
}

TEST(Rules, SimultaneousRelaxationIsBackpropagationWithUnitStepsOrInTheEnd) {
  const SampleNetwork network = sample();
  const Adjoint want = network.adjoint();
  auto error = [&](const Relaxing& relaxing) {
    const Adjoint found =
        reference::simultaneous_relaxation(network.layers, network.pass(), network.output_adjoint(), relaxing);
    const double of_inputs = distance(found.activation_adjoint[0], want.activation_adjoint[0]);
    return std::max(of_inputs, distance_of_adjoints(found, want));
  };
  EXPECT_LE(error({.rate = 1, .steps = static_cast<int>(network.depth()) - 1}), 1e-15);
  EXPECT_GT(error({.rate = 1, .steps = static_cast<int>(network.depth()) - 2}), 1e-3);
  EXPECT_LE(error({.rate = 0.1, .steps = 500}), 1e-14);
  EXPECT_LE(error({.rate = 1.9, .steps = 500}), 1e-14);
  EXPECT_GT(error({.rate = 2.1, .steps = 100}), 1);
}

// A single layer has no hidden state to relax: every rule but the published one is the same step, and so is the last
// layer's in any network.
TEST(Rules, TheLastLayerAlwaysGetsTheSameStep) {
  for (const auto& widths : {std::vector<Index>{5, 4}, std::vector<Index>{5, 7, 6, 4}}) {
    const SampleNetwork network = sample(Loss::kCrossEntropy, widths);
    const Layer want = backpropagation(network, 0.2).layers.back();
    for (const Order order : {Order::kJacobi, Order::kGaussSeidel}) {
      const Layer found = equilibrium(network, 0.2, order, {.rate = 0.3, .steps = 2}).layers.back();
      EXPECT_EQ(found.weights, want.weights);
      EXPECT_EQ(found.bias, want.bias);
    }
  }
  const SampleNetwork single = sample(Loss::kCrossEntropy, {5, 4});
  const auto coding = reference::predictive_coding(single.layers, single.inputs, {single.loss, single.targets}, {});
  EXPECT_EQ(distance_of_adjoints(coding.adjoint, single.adjoint()), 0);
}

// docs/theory/network.md#what-the-published-local-program-runs: δ_L = σ'(Y*_L) ∘ Y*_L, and σ' between σ'(4/27) =
// 0.24863 and 1/4.
TEST(Rules, PublishedOutputErrorIsAboutAQuarter) {
  for (const double size : {1.0, 5.0}) {
    SampleNetwork network = sample(Loss::kSquared);
    network.layers.back().weights *= size;
    const Update found = reference::published_update(network.layers, network.pass(), network.targets, 1e-9, kSettled);
    const Matrix output = network.output_adjoint();
    const Matrix factor = found.adjoint.preactivation_adjoint.back().cwiseQuotient(output);
    EXPECT_LE(output.cwiseAbs().maxCoeff(), 4.0 / 27);
    EXPECT_GE(factor.minCoeff(), 0.24863);
    EXPECT_LE(factor.maxCoeff(), 0.25);
    for (std::size_t l = 1; l < network.depth(); ++l) {  // hidden adjoints are linear in the output's
      const Matrix quarter = 0.25 * network.adjoint().preactivation_adjoint[l];
      const Matrix difference = found.adjoint.preactivation_adjoint[l] - quarter;
      EXPECT_LE(difference.norm(), 0.01 * quarter.norm()) << l;
    }
  }
}

// … so that its step tends to a quarter of backpropagation's as the error gets small.
TEST(Rules, PublishedStepTendsToAQuarterOfBackpropagation) {
  SampleNetwork network = sample(Loss::kSquared);
  const Matrix output = reference::activate(Activation::kSigmoid, network.pass().preactivation.back());
  const Matrix error = network.targets - output;
  for (const double size : {1e-1, 1e-2, 1e-3}) {
    network.targets = output + size * error;
    const Update found = reference::published_update(network.layers, network.pass(), network.targets, 1e-9, kSettled);
    const Adjoint want = network.adjoint();
    for (std::size_t l = 1; l <= network.depth(); ++l) {
      const Matrix quarter = 0.25 * want.preactivation_adjoint[l];
      const Matrix difference = found.adjoint.preactivation_adjoint[l] - quarter;
      EXPECT_LE(difference.norm(), (0.02 * size * size + 1e-7) * quarter.norm()) << size << ", layer " << l;
    }
  }
}

}  // namespace
}  // namespace poise
