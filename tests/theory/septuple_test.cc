// A network as one state vector with one weight matrix: dynamics, loss and its derivatives.
// docs/theory/thermodynamics.md#septuple.
#include "poise/theory/septuple.h"

#include <gtest/gtest.h>

#include "poise/error.h"
#include "sample_septuples.h"
#include "theory/expansion.h"

namespace poise {
namespace {

namespace reference = learning::reference;

class EmbeddedNetwork : public testing::TestWithParam<Activation> {
 protected:
  SampleNetwork network_ = random_network({4, 5, 6, 3}, GetParam(), Loss::kCrossEntropy, 1, 7);
  Vector input_ = network_.inputs.row(0).transpose();
  Septuple septuple_ = to_septuple(network_.layers, input_);

  Vector propagation() const {  // X_0, X_1, …, X_L
    Vector out(septuple_.neurons());
    Index at = 0;
    for (const Matrix& x : network_.pass().activation) {
      out.segment(at, x.cols()) = x.row(0).transpose();
      at += x.cols();
    }
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(All, EmbeddedNetwork,
                         testing::Values(Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                         Activation::kRelu),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(EmbeddedNetwork, HasTheFourProjectionsAndBlocks) {
  EXPECT_EQ(septuple_.neurons(), 18);
  EXPECT_EQ(septuple_.inputs, (std::vector<Index>{0, 1, 2, 3}));
  EXPECT_EQ(septuple_.outputs, (std::vector<Index>{15, 16, 17}));
  EXPECT_EQ(septuple_.weights.block(4, 0, 5, 4), network_.layers[0].weights);
  EXPECT_EQ((septuple_.weights.array() != 0).count(), 5 * 4 + 6 * 5 + 3 * 6);
  EXPECT_EQ(septuple_.activation[3], Activation::kIdentity);
  EXPECT_EQ(septuple_.activation[4], GetParam());
  EXPECT_EQ(septuple_.activation[15], Activation::kIdentity);
}

TEST_P(EmbeddedNetwork, WeightMatrixIsNilpotent) {
  const Eigen::MatrixXd w = septuple_.weights, to_the_end = w * w * w;
  EXPECT_GT(to_the_end.cwiseAbs().maxCoeff(), 0);        // w^L carries the input to the output …
  EXPECT_EQ((to_the_end * w).cwiseAbs().maxCoeff(), 0);  // … and nothing goes further
}

// L layers of weights: L steps from the data, L + 1 from anywhere, and then not one bit moves.
TEST_P(EmbeddedNetwork, FixedPointIsFPropagationAfterLSteps) {
  Vector start = Vector::Zero(18);
  start.head(4) = input_;
  const FixedPoint from_data = septuple_.fixed_point({}, start);
  EXPECT_TRUE(from_data.converged);
  EXPECT_EQ(from_data.steps, 3);
  EXPECT_EQ(from_data.residual, 0);
  EXPECT_LE(distance(from_data.state, propagation()), 1e-14);

  const FixedPoint from_elsewhere = septuple_.fixed_point({}, 3 * NormalStream(8).matrix(18, 1));
  EXPECT_EQ(from_elsewhere.steps, 4);
  EXPECT_EQ(from_elsewhere.state, from_data.state);
}

// "On an ordinary forward pass the bulk loss of a feed-forward net vanishes identically."
TEST_P(EmbeddedNetwork, LossOfTheForwardPassIsThePotential) {
  const Vector x = septuple_.fixed_point().state;
  EXPECT_EQ(septuple_.loss(x), 0);
  septuple_.mass_squared = -0.4;
  EXPECT_NEAR(septuple_.loss(x), 0.2 * x.squaredNorm(), 1e-14);
}

TEST_P(EmbeddedNetwork, ClampedAtBothEndsTheBulkLossIsThatOfPredictiveCoding) {
  const Vector target = NormalStream(11).matrix(3, 1);
  const Septuple clamped = clamp(clamp(septuple_, septuple_.inputs, input_), septuple_.outputs, target);
  Vector x = NormalStream(12).matrix(18, 1);
  x = clamped.held(x);
  std::vector<Matrix> states{x.head(4).transpose(), x.segment(4, 5).transpose(), x.segment(9, 6).transpose()};
  const reference::Propagation predicted = reference::predict(network_.layers, states);
  const double output = 0.5 * (target.transpose() - predicted.activation.back()).squaredNorm();
  EXPECT_NEAR(clamped.loss(x), reference::bulk_energy(network_.layers, predicted)[0] + output, 1e-12);

  Septuple boundary = clamped;
  boundary.place = LossPlace::kOutputs;
  EXPECT_NEAR(boundary.loss(x), output, 1e-12);
}

// ½ Σ e_i² over hidden neurons is the bulk energy of predictive coding, of hidden states anywhere.
TEST_P(EmbeddedNetwork, ResidualsOfHiddenNeuronsAreTheBulkEnergy) {
  Vector x = propagation();
  x.segment(4, 11) += NormalStream(10).matrix(11, 1);
  std::vector<Matrix> states{x.head(4).transpose(), x.segment(4, 5).transpose(), x.segment(9, 6).transpose()};
  const double energy = reference::bulk_energy(network_.layers, reference::predict(network_.layers, states))[0];
  EXPECT_GT(energy, 0.1);
  EXPECT_NEAR(0.5 * septuple_.residual(x).segment(4, 11).squaredNorm(), energy, 1e-12);
}

TEST(SeptupleOfAModel, InputIsTheRowMinusTheCenter) {
  const Network network = random_network(array_schema(4, {"a", "b"}), {3}, Activation::kTanh, Head::kSoftmax, 3);
  const Vector row = NormalStream(4).matrix(4, 1);
  const Septuple septuple = to_septuple(network, row);
  EXPECT_EQ(septuple.bias.head(4), row - network.center);
  EXPECT_THROW(to_septuple(network, Vector::Zero(5)), Error);
}

TEST(FeedForward, IsAPropertyOfTheWeightsBetweenFreeNeurons) {
  Septuple septuple = make_septuple(Matrix{{0, 0, 2}, {0, 0, 0}, {0, 3, 0}}, Vector::Zero(3), Activation::kTanh);
  EXPECT_EQ(septuple.topological_order(), (std::vector<Index>{1, 2, 0}));
  septuple.weights(1, 0) = 1;  // 1 → 2 → 0 → 1
  EXPECT_FALSE(septuple.is_feed_forward());
  const Septuple held = clamp(septuple, {2}, Vector::Zero(1));
  EXPECT_EQ(held.topological_order(), (std::vector<Index>{0, 1}));
  Septuple self = make_septuple(Matrix{{0.1}}, Vector::Zero(1), Activation::kTanh);
  EXPECT_FALSE(self.is_feed_forward());
}

TEST(FixedPoints, OfAContractionAreFound) {
  const Septuple septuple = random_septuple(6, Activation::kTanh, 21, 0.5);
  const FixedPoint rest = septuple.fixed_point();
  EXPECT_TRUE(rest.converged);
  EXPECT_LE(septuple.residual(rest.state).cwiseAbs().maxCoeff(), 1e-13);
  const FixedPoint calm = septuple.fixed_point({.rate = 0.3});
  EXPECT_TRUE(calm.converged);
  EXPECT_GT(calm.steps, rest.steps);
  EXPECT_LE(distance(calm.state, rest.state), 1e-12);
}

// Turns a quarter a step for ever; smaller steps spiral in to 0, the only fixed point.
TEST(FixedPoints, ALimitCycleIsReportedAndCalmedBySmallerSteps) {
  const Septuple turning = make_septuple(Matrix{{0, 1.2}, {-1.2, 0}}, Vector::Zero(2), Activation::kTanh);
  const FixedPoint lost = turning.fixed_point({.max_steps = 500}, Vector{{0.5, 0.2}});
  EXPECT_FALSE(lost.converged);
  EXPECT_EQ(lost.steps, 500);
  EXPECT_GT(lost.residual, 0.1);
  const FixedPoint calm = turning.fixed_point({.rate = 0.3}, Vector{{0.5, 0.2}});
  EXPECT_TRUE(calm.converged);
  EXPECT_LE(calm.state.norm(), 1e-12);
}

/// Cyclic, every activation, a clamped neuron, mass; loss in the bulk, at two outputs, at two inputs, or at these four.
Septuple mixed_septuple(LossPlace place) {
  Septuple out = random_septuple(7, Activation::kTanh, 31, 1.3);
  out.activation = {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,    Activation::kRelu,
                    Activation::kTanh,     Activation::kSigmoid, Activation::kIdentity};
  out.inputs = {1, 3}, out.outputs = {4, 6};
  out.place = place;
  out.mass_squared = -0.3;
  return clamp(out, {0}, Vector{{0.6}});
}

class DerivativesOfTheLoss : public testing::TestWithParam<LossPlace> {};
INSTANTIATE_TEST_SUITE_P(Places, DerivativesOfTheLoss,
                         testing::Values(LossPlace::kBulk, LossPlace::kOutputs, LossPlace::kInputs,
                                         LossPlace::kBoundary));

TEST_P(DerivativesOfTheLoss, AreThoseOfFiniteDifferences) {
  Septuple septuple = mixed_septuple(GetParam());
  Vector x = NormalStream(32).matrix(7, 1);
  const std::function<double()> loss = [&] { return septuple.loss(x); };
  EXPECT_LE(distance(septuple.state_gradient(x), finite_differences(x, loss)), 1e-8);
  const SeptupleGradient gradient = septuple.gradient(x);
  EXPECT_LE(distance(gradient.weights, finite_differences(septuple.weights, loss)), 1e-8);
  EXPECT_LE(distance(gradient.bias, finite_differences(septuple.bias, loss)), 1e-8);
}

TEST_P(DerivativesOfTheLoss, HessianIsThatOfFiniteDifferences) {
  const Septuple septuple = mixed_septuple(GetParam());
  const Vector start = septuple.held(NormalStream(33).matrix(7, 1));
  const theory::Expansion expansion = theory::expand(septuple, start);
  ASSERT_EQ(expansion.free, (std::vector<Index>{1, 2, 3, 4, 5, 6}));
  Vector x = start;
  for (Index k = 0; k < 6; ++k) {
    constexpr double kStep = 1e-5;
    x[k + 1] = start[k + 1] + kStep;
    const Vector above = septuple.state_gradient(x);
    x[k + 1] = start[k + 1] - kStep;
    const Vector column = (above - septuple.state_gradient(x)) / (2 * kStep);
    x[k + 1] = start[k + 1];
    EXPECT_LE(distance(expansion.hessian.col(k), column.tail(6)), 1e-8) << k;
  }
}

// A fixed point is a state of loss 0, so settling must not move it; from elsewhere the gradient ends at rounding.
TEST(Settling, EndsWhereTheGradientVanishes) {
  const Septuple pair = tanh_pair();  // its fixed point is unstable: steps of 1 end in a cycle
  const FixedPoint rest = pair.fixed_point({.rate = 0.5});
  ASSERT_TRUE(rest.converged);
  ASSERT_FALSE(pair.fixed_point().converged);
  EXPECT_LE(distance(theory::settle(pair, rest.state), rest.state), 1e-12);
  EXPECT_LE(distance(theory::settle_from_fixed_point(pair), rest.state), 1e-12);
  Septuple smooth = random_septuple(6, Activation::kTanh, 41, 1.5);
  smooth.mass_squared = -0.2;
  const Septuple held = clamp(smooth, {1, 3}, Vector{{1.2, -0.8}});
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const theory::Expansion end = theory::expand(held, theory::settle(held, 2 * NormalStream(seed).matrix(6, 1)));
    EXPECT_LE(end.gradient.cwiseAbs().maxCoeff(), 1e-12) << seed;
    EXPECT_TRUE(theory::spectrum_of(end.hessian).positive()) << seed;
    EXPECT_EQ(end.state[1], 1.2);
  }
}

TEST(Validation, SaysWhatDoesNotFit) {
  const auto message = [](const Septuple& septuple) {
    try {
      septuple.validate();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return std::string(error.what());
    }
    return std::string();
  };
  Septuple septuple = linear_pair();
  EXPECT_EQ(message(septuple), "");
  septuple.inputs = septuple.outputs = {1};
  EXPECT_NE(message(septuple).find("neuron 1 of `outputs` is named twice"), std::string::npos);
  septuple.inputs = {2};
  EXPECT_NE(message(septuple).find("neuron 2 of `inputs` does not exist"), std::string::npos);
  septuple = linear_pair();
  septuple.weights = Matrix::Zero(2, 3);
  EXPECT_NE(message(septuple).find("2×3 weights of 2 neurons"), std::string::npos);
  septuple = linear_pair();
  septuple.bias[0] = std::nan("");
  EXPECT_NE(message(septuple).find("not finite"), std::string::npos);
  EXPECT_THROW(clamp(clamp(linear_pair(), {0}, Vector{{1.0}}), {0}, Vector{{1.0}}), Error);
}

}  // namespace
}  // namespace poise
