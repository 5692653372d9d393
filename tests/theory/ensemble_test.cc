// Closed forms of the canonical ensemble against quadrature. docs/theory/thermodynamics.md#ensembles.
#include "poise/theory/ensemble.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <numbers>

#include "poise/error.h"
#include "sample_septuples.h"

namespace poise {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;

void expect_is(const EnsembleState& state, const Quadrature& quadrature, double tolerance) {
  EXPECT_NEAR(std::exp(state.log_partition) / quadrature.partition, 1, tolerance);
  EXPECT_NEAR(state.mean_loss, quadrature.mean_loss, tolerance);
  EXPECT_NEAR(state.entropy, quadrature.entropy, tolerance);
  EXPECT_NEAR(state.free_energy, -state.temperature * std::log(quadrature.partition), tolerance);
}

TEST(LinearEnsemble, T21MatchesQuadrature) {
  expect_is(linear_ensemble(linear_pair(), kTemperature), integrate(linear_pair(), kTemperature, 14, 1401), 1e-9);
}

// One state: Z = e^{−ℋ/T} of any loss, and nothing is drawn.
TEST(FeedForwardTheorem, OfNoFreeNeuronIsOneState) {
  for (const LossPlace place : {LossPlace::kBulk, LossPlace::kOutputs}) {
    Septuple pair = tanh_pair();
    pair.mass_squared = 0.2, pair.outputs = {1}, pair.place = place;
    const Septuple held = clamp(pair, {0, 1}, Vector{{0.5, -0.3}});
    const double loss = held.loss(Vector{{0.5, -0.3}});
    const Ensemble found = canonical_ensemble(held, 0.4);
    EXPECT_EQ(found.samples, 0);
    EXPECT_EQ(found.method, EnsembleMethod::kFeedForward);
    EXPECT_NEAR(found.state.log_partition, -loss / 0.4, 1e-14);
    EXPECT_NEAR(found.state.mean_loss, loss, 1e-15);
    EXPECT_NEAR(found.state.entropy, 0, 1e-14);
  }
}

// U = nT/2 + ℋ_min, S_x = (n/2)(1 + ln 2πT) − ½ ln det M and what follows, by the formulas of E1 in their own terms.
TEST(LinearEnsemble, T21IsTheFormulaOfE1) {
  const Septuple pair = linear_pair();
  const Eigen::MatrixXd a = Eigen::MatrixXd::Identity(2, 2) - Eigen::MatrixXd(pair.weights);
  const Eigen::MatrixXd m = a.transpose() * a - pair.mass_squared * Eigen::MatrixXd::Identity(2, 2);
  const Vector h = a.transpose() * pair.bias;
  const double least = 0.5 * pair.bias.squaredNorm() - 0.5 * h.dot(m.inverse() * h);
  const EnsembleState state = linear_ensemble(pair, kTemperature);
  EXPECT_NEAR(state.mean_loss, kTemperature + least, 1e-13);
  EXPECT_NEAR(state.entropy, 1 + std::log(kTwoPi * kTemperature) - 0.5 * std::log(m.determinant()), 1e-13);
  EXPECT_NEAR(state.complexity, 0.5 * std::log(m.determinant()) + least * kBeta, 1e-13);
  EXPECT_NEAR(state.thermodynamic_entropy - state.complexity, state.entropy, 1e-13);
  EXPECT_NEAR(state.mean_loss - kTemperature * state.entropy, state.free_energy, 1e-13);
  EXPECT_EQ(state.log_b, -state.complexity);
  EXPECT_EQ(state.neurons, 2);
}

TEST(LinearEnsemble, T21OfClampedNeuronsMatchesQuadrature) {
  Septuple septuple = random_septuple(4, Activation::kIdentity, 5, 0.8);
  septuple.mass_squared = 0.05;
  const Septuple held = clamp(septuple, {0, 2}, Vector{{0.7, -1.1}});
  expect_is(linear_ensemble(held, 0.6), integrate(held, 0.6, 14, 1401), 1e-9);
}

// Two hidden neurons seen by three outputs: the boundary loss binds them, as least squares of three equations.
TEST(LinearEnsemble, T21OfALossOnTheBoundaryMatchesQuadrature) {
  Septuple septuple = random_septuple(5, Activation::kIdentity, 6, 2);
  septuple.outputs = {2, 3, 4};
  septuple.place = LossPlace::kOutputs;
  const Septuple held = clamp(septuple, {2, 3, 4}, Vector{{0.3, -0.5, 0.9}});
  expect_is(linear_ensemble(held, 0.4), integrate(held, 0.4, 25, 2001), 1e-9);
}

TEST(LinearEnsemble, IsRefusedToNonlinearNetworks) {
  EXPECT_THROW(linear_ensemble(tanh_pair(), 1), Error);
  EXPECT_THROW(linear_ensemble(linear_pair(), 0), Error);
}

class FeedForwardTheorem : public testing::TestWithParam<Activation> {};
INSTANTIATE_TEST_SUITE_P(All, FeedForwardTheorem,
                         testing::Values(Activation::kTanh, Activation::kRelu, Activation::kSigmoid),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(FeedForwardTheorem, T22MatchesQuadrature) {
  const EnsembleState state = feed_forward_ensemble(chain(GetParam()), kTemperature);
  EXPECT_NEAR(std::exp(state.log_partition), kTwoPi * kTemperature, 1e-12);
  EXPECT_EQ(state.complexity, 0);
  expect_is(state, integrate(chain(GetParam()), kTemperature, 12, 1201), 1e-6);
}

TEST_P(FeedForwardTheorem, T22HoldsWithClampedNeuronsThatListenToNone) {
  Septuple septuple = random_septuple(4, GetParam(), 9);
  septuple.weights = Matrix(septuple.weights.triangularView<Eigen::StrictlyLower>());
  const Septuple held = clamp(septuple, {0, 1}, Vector{{0.4, -0.6}});
  ASSERT_TRUE(feed_forward_theorem_applies(held));
  expect_is(feed_forward_ensemble(held, kTemperature), integrate(held, kTemperature, 12, 1201), 1e-6);
  EXPECT_FALSE(feed_forward_theorem_applies(clamp(septuple, {3}, Vector::Zero(1))));
}

TEST(FeedForwardTheorem, T22NeedsWeightsWithoutCyclesAndNoPotential) {
  EXPECT_NEAR(integrate(tanh_pair(), kTemperature).partition / (kTwoPi * kTemperature), 0.639, 5e-4);
  EXPECT_THROW(feed_forward_ensemble(tanh_pair(), kTemperature), Error);
  Septuple heavy = chain(Activation::kTanh);
  heavy.mass_squared = -0.5;
  EXPECT_THROW(feed_forward_ensemble(heavy, kTemperature), Error);
}

// det(I − w) = 1 and so C = 0 by the Gaussian approximation too; tr G⁻¹ is in free_energy_curvature_test.cc.
TEST(FeedForwardTheorem, T23DeterminantOfBlockTriangularWeightsIsOne) {
  const SampleNetwork network = random_network({3, 4, 4, 2}, Activation::kTanh, Loss::kCrossEntropy, 1, 3);
  const Septuple septuple = to_septuple(network.layers, network.inputs.row(0).transpose());
  EXPECT_NEAR((Eigen::MatrixXd::Identity(13, 13) - Eigen::MatrixXd(septuple.weights)).determinant(), 1, 1e-9);
  EXPECT_NEAR(gaussian_ensemble(septuple, 0.3).complexity, 0, 1e-9);
}

// The correction to ln Z is a series in T, so halving T halves the error as T → 0.
TEST(GaussianApproximation, BecomesExactAsTheTemperatureFalls) {
  const auto error = [](const Septuple& septuple, double temperature) {
    const double exact = std::log(integrate(septuple, temperature, 6, 1501).partition);
    return gaussian_ensemble(septuple, temperature).log_partition - exact;
  };
  Septuple clamped = random_septuple(4, Activation::kTanh, 17, 1.5);  // e ≠ 0 at the mode: f'' counts
  clamped.mass_squared = -0.3;
  for (const Septuple& septuple : {tanh_pair(), clamp(clamped, {0, 1}, Vector{{0.9, -0.8}})}) {
    const double coarse = error(septuple, 0.02), fine = error(septuple, 0.01);
    EXPECT_LE(std::abs(fine), 0.1);
    EXPECT_NEAR(coarse / fine, 2, 0.2);
  }
}

TEST(GaussianApproximation, CompletesTheSquareAboutAnyState) {
  const Septuple pair = linear_pair();
  const double exact = linear_ensemble(pair, kTemperature).log_partition;
  EXPECT_NEAR(gaussian_ensemble(pair, kTemperature, Vector{{3, -2}}).log_partition, exact, 1e-12);
  EXPECT_NEAR(gaussian_ensemble(pair, kTemperature).log_partition, exact, 1e-12);
}

std::string reason_of(const Septuple& septuple) {
  try {
    gaussian_ensemble(septuple, 1);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNumeric);
    return error.what();
  }
  return "";
}

TEST(GaussianApproximation, SaysWhyTheLossDoesNotBindTheStates) {
  const SampleNetwork network = random_network({2, 5, 1}, Activation::kTanh, Loss::kSquared, 1, 3);
  Septuple boundary = to_septuple(network.layers, network.inputs.row(0).transpose());
  boundary.place = LossPlace::kOutputs;
  boundary = clamp(clamp(boundary, boundary.inputs, network.inputs.row(0).transpose()), {7}, Vector{{0.4}});
  EXPECT_NE(reason_of(boundary).find("sees hidden states only through 1 residuals"), std::string::npos)
      << reason_of(boundary);
  boundary.mass_squared = -0.1;
  EXPECT_EQ(reason_of(boundary), "");

  EXPECT_NE(reason_of(linear_pair(5)).find("m² = 5 overcomes it"), std::string::npos) << reason_of(linear_pair(5));
  const Septuple free_sum = make_septuple(Matrix{{1}}, Vector{{0.0}}, Activation::kIdentity);  // e = 0 everywhere
  EXPECT_NE(reason_of(free_sum).find("eigenvalue 1"), std::string::npos) << reason_of(free_sum);
}

TEST(CanonicalEnsemble, ChoosesTheMethodThatApplies) {
  const SamplingOptions few{.samples = 4000};
  EXPECT_EQ(canonical_ensemble(linear_pair(), 1, few).method, EnsembleMethod::kLinear);
  EXPECT_EQ(canonical_ensemble(chain(Activation::kTanh), 1, few).method, EnsembleMethod::kFeedForward);
  Septuple confined = chain(Activation::kTanh);
  confined.mass_squared = -0.5;
  EXPECT_EQ(canonical_ensemble(confined, 1, few).method, EnsembleMethod::kNoisyForward);
  EXPECT_EQ(canonical_ensemble(tanh_pair(), 1, few).method, EnsembleMethod::kImportance);
  // a datum far from where the forward pass goes: its weights are useless, those about the mode are not
  const Septuple surprised = clamp(chain(Activation::kIdentity), {1}, Vector{{9.0}});
  Septuple nonlinear = surprised;
  nonlinear.activation[0] = Activation::kRelu;  // of a constant: still a Gaussian integral
  const Ensemble found = canonical_ensemble(nonlinear, 0.05, few);
  EXPECT_EQ(found.method, EnsembleMethod::kImportance);
  EXPECT_TRUE(found.reliable());
  EXPECT_NEAR(found.state.log_partition, linear_ensemble(surprised, 0.05).log_partition, 5 * found.log_partition_error);
}

}  // namespace
}  // namespace poise
