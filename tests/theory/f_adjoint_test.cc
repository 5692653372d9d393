// F-propagation and F-adjoint are forward propagation and exact derivatives:
// docs/theory/network.md#f-propagation-and-f-adjoint.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <tuple>

#include "learning/reference/reference.h"
#include "sample_networks.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using reference::Adjoint;
using reference::Propagation;

constexpr std::array kActivations = {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh, Activation::kRelu};
constexpr std::array kLosses = {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kSquared, Loss::kSquaredError};

/// Smallest |Y_l| of hidden layers: finite differences must stay on one side of the kink of ReLU.
double distance_from_kinks(const SampleNetwork& network) {
  const Propagation pass = network.pass();
  double least = 1;
  for (std::size_t l = 1; l < network.depth(); ++l)
    least = std::min(least, pass.preactivation[l].cwiseAbs().minCoeff());
  return least;
}

class EveryNetwork : public testing::TestWithParam<std::tuple<Activation, Loss>> {
 protected:
  Activation activation() const { return std::get<0>(GetParam()); }

  /// 5-7-6-4 with 8 rows, away from kinks.
  SampleNetwork sample() const {
    std::uint64_t seed = 0;
    SampleNetwork out;
    do out = random_network({5, 7, 6, 4}, activation(), std::get<1>(GetParam()), 8, ++seed);
    while (distance_from_kinks(out) < 1e-3);
    return out;
  }
};

// ∂/∂W_l Σ_i ℓ_i = Y*_lᵀ X_{l−1}, and the same for biases and inputs.
TEST_P(EveryNetwork, GradientIsThatOfFiniteDifferences) {
  SampleNetwork network = sample();
  const Adjoint star = network.adjoint();
  const reference::Gradient gradient = reference::gradient(star, network.pass().activation);
  auto loss = [&] {
    return reference::losses(network.loss, network.pass().preactivation.back(), network.targets).sum();
  };
  for (std::size_t l = 0; l < network.depth(); ++l) {
    EXPECT_LE(distance(gradient.weights[l], finite_differences(network.layers[l].weights, loss)), 1e-7) << l + 1;
    EXPECT_LE(distance(gradient.bias[l], finite_differences(network.layers[l].bias, loss)), 1e-7) << l + 1;
  }
  EXPECT_LE(distance(star.activation_adjoint[0], finite_differences(network.inputs, loss)), 1e-7);
}

// The boundary value Y*_L, for scores of ordinary size.
TEST_P(EveryNetwork, OutputAdjointIsTheDerivativeOfTheLoss) {
  const SampleNetwork network = sample();
  Matrix scores = 4 * network.pass().preactivation.back();
  const Matrix want = reference::output_adjoint(network.loss, scores, network.targets);
  const Matrix found =
      finite_differences(scores, [&] { return reference::losses(network.loss, scores, network.targets).sum(); });
  EXPECT_LE(distance(want, found), 1e-7);
}

// DX_l = σ'(Y_l) ∘ W_l dX_{l−1} carries a change of the input up, the F-adjoint carries the loss down, and
// ⟨X*_l, dX_l⟩ is the same in every layer: the change of the loss.
TEST_P(EveryNetwork, PairingOfTangentAndAdjointIsConserved) {
  const SampleNetwork network = sample();
  const Propagation pass = network.pass();
  const Adjoint star = network.adjoint();
  const Matrix change = NormalStream(99).matrix(network.inputs.rows(), network.inputs.cols());
  Matrix tangent = change;
  const double pairing = inner(star.activation_adjoint[0], tangent);
  for (std::size_t l = 1; l <= network.depth(); ++l) {
    const Layer& layer = network.layers[l - 1];
    tangent =
        (tangent * layer.weights.transpose()).cwiseProduct(reference::slope(layer.activation, pass.preactivation[l]));
    EXPECT_NEAR(inner(star.activation_adjoint[l], tangent), pairing, 1e-12) << l;
  }
  auto loss_at = [&](double step) {
    const Propagation moved = reference::propagate(network.layers, network.inputs + step * change);
    return reference::losses(network.loss, moved.preactivation.back(), network.targets).sum();
  };
  EXPECT_NEAR(pairing, (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, 1e-8 * std::max(1.0, std::abs(pairing)));
}

// ⟨W_l, ∂/∂W_l⟩ + ⟨b_l, ∂/∂b_l⟩ = ⟨Y*_l, Y_l⟩, whatever the activation.
TEST_P(EveryNetwork, WeightsTimesGradientIsAdjointTimesPreactivation) {
  const SampleNetwork network = sample();
  const Propagation pass = network.pass();
  const Adjoint star = network.adjoint();
  const reference::Gradient gradient = reference::gradient(star, pass.activation);
  for (std::size_t l = 1; l <= network.depth(); ++l) {
    const double by_parameters = inner(network.layers[l - 1].weights, gradient.weights[l - 1]) +
                                 network.layers[l - 1].bias.dot(gradient.bias[l - 1]);
    EXPECT_NEAR(by_parameters, inner(star.preactivation_adjoint[l], pass.preactivation[l]), 1e-12) << l;
  }
}

std::string name_of(const testing::TestParamInfo<std::tuple<Activation, Loss>>& info) {
  static constexpr std::array kActivationNames = {"Identity", "Sigmoid", "Tanh", "Relu"};
  static constexpr std::array kLossNames = {"CrossEntropy", "BinaryCrossEntropy", "Squared", "SquaredError"};
  return std::string(kActivationNames[static_cast<std::size_t>(std::get<0>(info.param))]) +
         kLossNames[static_cast<std::size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(FAdjoint, EveryNetwork,
                         testing::Combine(testing::ValuesIn(kActivations), testing::ValuesIn(kLosses)), name_of);

TEST(FPropagation, IsTheRecursionOfItsDefinition) {
  const SampleNetwork network = random_network({3, 4, 2}, Activation::kTanh, Loss::kCrossEntropy, 5, 1);
  const Propagation pass = network.pass();
  for (Index i = 0; i < 5; ++i) {  // one sample as a column
    const Vector x0 = network.inputs.row(i).transpose();
    const Vector y1 = network.layers[0].weights * x0 + network.layers[0].bias;
    const Vector x1 = y1.array().tanh();
    const Vector y2 = network.layers[1].weights * x1 + network.layers[1].bias;
    EXPECT_LE(distance(pass.preactivation[1].row(i).transpose(), y1), 1e-14);
    EXPECT_LE(distance(pass.activation[1].row(i).transpose(), x1), 1e-14);
    EXPECT_LE(distance(pass.activation[2].row(i).transpose(), y2), 1e-14);
  }
}

TEST(FPropagation, DerivativeOfReluAtZeroIsZero) {
  const Matrix y{{-1, -0.0, 0, 1e-300, 2}};
  EXPECT_EQ(reference::slope(Activation::kRelu, y), (Matrix{{0, 0, 0, 1, 1}}));
  EXPECT_EQ(reference::activate(Activation::kRelu, y), (Matrix{{0, 0, 0, 1e-300, 2}}));
}

// Losses of large scores: no overflow, and the slope tails off to 0 instead of to NaN.
TEST(FPropagation, HugeScores) {
  const Matrix scores{{800, -800}}, targets{{0, 1}};
  EXPECT_EQ(reference::losses(Loss::kCrossEntropy, scores, targets)[0], 1600);
  EXPECT_EQ(reference::losses(Loss::kBinaryCrossEntropy, scores, targets)[0], 1600);
  EXPECT_EQ(reference::losses(Loss::kSquared, scores, targets)[0], 1);
  for (const Loss loss : kLosses) {
    const Matrix want = loss == Loss::kSquared        ? Matrix{{0, 0}}
                        : loss == Loss::kSquaredError ? Matrix{{800, -801}}
                                                      : Matrix{{1, -1}};
    EXPECT_EQ(reference::output_adjoint(loss, scores, targets), want);
  }
}

}  // namespace
}  // namespace poise
