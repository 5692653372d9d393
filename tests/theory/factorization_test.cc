// Does the mean loss react to the weights? docs/theory/thermodynamics.md#first-law-and-factorization.
#include <gtest/gtest.h>

#include "poise/error.h"
#include "poise/theory/equilibrium.h"
#include "sample_septuples.h"

namespace poise {
namespace {

/// ∂U/∂θ of every entry by differences of `mean_loss` (of the septuple as it is).
template <typename MeanLoss>
void expect_derivatives(const Factorization& found, Septuple septuple, MeanLoss mean_loss, double tolerance,
                        double errors) {
  const std::function<double()> value = [&] { return mean_loss(septuple); };
  const Matrix by_weights = finite_differences(septuple.weights, value, 1e-3);
  const Vector by_bias = finite_differences(septuple.bias, value, 1e-3);
  for (Index i = 0; i < septuple.neurons(); ++i) {
    EXPECT_NEAR(found.by_bias[i], by_bias[i], tolerance + errors * found.by_bias_error[i]) << i;
    for (Index j = 0; j < septuple.neurons(); ++j) {
      const double expected = septuple.weights(i, j) == 0 ? 0 : by_weights(i, j);
      EXPECT_NEAR(found.by_weights(i, j), expected, tolerance + errors * found.by_weights_error(i, j)) << i << ' ' << j;
    }
  }
}

// "Holds for m = 0 or b = 0, broken for m ≠ 0 and b ≠ 0."
TEST(Factorization, OfLinearNetworksHoldsWithoutMassOrWithoutBias) {
  const auto verdict = [](double mass_squared, double bias) {
    Septuple pair = linear_pair(mass_squared);
    pair.bias *= bias;
    return test_factorization(pair, kTemperature).verdict;
  };
  EXPECT_EQ(verdict(0, 1), Factorizes::kYes);
  EXPECT_EQ(verdict(0.15, 0), Factorizes::kYes);
  EXPECT_EQ(verdict(0.15, 1), Factorizes::kNo);
}

TEST(Factorization, ClosedFormIsThatOfFiniteDifferences) {
  const auto mean_loss = [](const Septuple& septuple) { return linear_ensemble(septuple, 0.4).mean_loss; };
  const Septuple held = clamp(random_septuple(4, Activation::kIdentity, 5, 0.7, 0.8), {2}, Vector{{1.3}});
  const Factorization found = test_factorization(held, 0.4);
  EXPECT_EQ(found.verdict, Factorizes::kNo);
  EXPECT_EQ(found.ensemble.method, EnsembleMethod::kLinear);
  expect_derivatives(found, held, mean_loss, 1e-5, 0);
}

TEST(Factorization, OfFeedForwardNetworksHoldsByTheTheorem) {
  const SampleNetwork network = random_network({3, 4, 2}, Activation::kSigmoid, Loss::kSquared, 1, 3);
  const Vector input = network.inputs.row(0).transpose();
  const Septuple septuple = to_septuple(network.layers, input);
  for (const Septuple& tested : {septuple, clamp(septuple, septuple.inputs, input)}) {
    const Factorization found = test_factorization(tested, kTemperature);
    EXPECT_EQ(found.verdict, Factorizes::kYes);
    EXPECT_EQ(found.largest, 0);
    EXPECT_EQ(found.ensemble.method, EnsembleMethod::kFeedForward);
  }
}

TEST(Factorization, BySamplingAgreesWithTheTheorem) {
  const SampleNetwork network = random_network({2, 3, 1}, Activation::kTanh, Loss::kSquared, 1, 4);
  const Septuple septuple = to_septuple(network.layers, network.inputs.row(0).transpose());
  const FactorizationOptions options{.closed_form = false};
  const Factorization found = test_factorization(septuple, kTemperature, options);
  EXPECT_EQ(found.ensemble.method, EnsembleMethod::kNoisyForward);
  EXPECT_EQ(found.verdict, Factorizes::kYes) << found.largest << ' ' << found.p_value;
  EXPECT_EQ(found.by_bias.head(2), Vector::Zero(2));  // data are no parameters
  EXPECT_EQ(found.by_bias_error.head(2), Vector::Zero(2));
}

TEST(Factorization, BySamplingAgreesWithTheClosedForm) {
  const auto mean_loss = [](const Septuple& septuple) { return linear_ensemble(septuple, kTemperature).mean_loss; };
  const FactorizationOptions options{.sampling = {.samples = 1 << 17}, .closed_form = false};
  const Factorization found = test_factorization(linear_pair(), kTemperature, options);
  EXPECT_EQ(found.ensemble.method, EnsembleMethod::kImportance);
  EXPECT_EQ(found.verdict, Factorizes::kNo) << found.p_value;
  expect_derivatives(found, linear_pair(), mean_loss, 1e-5, 4);
}

TEST(Factorization, OfTheRecurrentPairFails) {
  const auto mean_loss = [](const Septuple& septuple) { return integrate(septuple, kTemperature, 9, 361).mean_loss; };
  const Factorization found = test_factorization(tanh_pair(), kTemperature);
  EXPECT_EQ(found.verdict, Factorizes::kNo) << found.p_value;
  EXPECT_LT(found.p_value, 1e-6);
  expect_derivatives(found, tanh_pair(), mean_loss, 1e-5, 4);
}

TEST(Factorization, OfAFeedForwardNetworkWithATaskFails) {
  Septuple task = chain(Activation::kTanh);
  task.mass_squared = -0.5;
  const auto mean_loss = [](const Septuple& septuple) { return integrate(septuple, kTemperature, 9, 361).mean_loss; };
  const Factorization found = test_factorization(task, kTemperature);
  EXPECT_EQ(found.verdict, Factorizes::kNo) << found.p_value;
  expect_derivatives(found, task, mean_loss, 1e-5, 4);
}

// Of 300 samples errors are too large for kYes, and chance says kNo once in 20; of 60 nothing is said.
TEST(Factorization, CannotBeToldFromTooFewSamples) {
  int silent = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const FactorizationOptions options{.sampling = {.samples = 300, .seed = seed}, .closed_form = false};
    const Factorizes verdict = test_factorization(chain(Activation::kSigmoid), kTemperature, options).verdict;
    EXPECT_NE(verdict, Factorizes::kYes);
    silent += verdict == Factorizes::kCannotTell;
  }
  EXPECT_GE(silent, 16);
  const FactorizationOptions unreliable{.sampling = {.samples = 60}};
  EXPECT_EQ(test_factorization(tanh_pair(), kTemperature, unreliable).verdict, Factorizes::kCannotTell);
}

// Without parameters nothing is tested and nothing speaks against it.
TEST(Factorization, OfNoParametersIsCertain) {
  Septuple fixed = make_septuple(Matrix::Zero(1, 1), Vector{{0.2}}, Activation::kTanh);
  fixed.inputs = {0};
  const Factorization found =
      test_factorization(fixed, kTemperature, {.sampling = {.samples = 1000}, .closed_form = false});
  EXPECT_EQ(found.p_value, 1);
  EXPECT_EQ(found.verdict, Factorizes::kYes);
}

// Where Z factorizes, z-values are standard normal: 95 % intervals of ∂U/∂θ cover 0, and the corrected test is wrong
// in at most one of 20.
TEST(Intervals, OfTheReactionOfTheMeanLossCoverZero) {
  constexpr double kReach = 1.959963985;
  const Septuple septuple = chain(Activation::kTanh);
  int covered = 0, intervals = 0, wrong = 0;
  for (std::uint64_t trial = 1; trial <= 1000; ++trial) {
    const FactorizationOptions options{.sampling = {.samples = 1024, .seed = trial, .threads = 2},
                                       .closed_form = false};
    const Factorization found = test_factorization(septuple, kTemperature, options);
    wrong += found.verdict == Factorizes::kNo;
    for (const auto& [value, error] :
         {std::pair{found.by_weights(1, 0), found.by_weights_error(1, 0)},
          std::pair{found.by_bias[0], found.by_bias_error[0]}, std::pair{found.by_bias[1], found.by_bias_error[1]}}) {
      covered += std::abs(value) < kReach * error;
      ++intervals;
    }
  }
  RecordProperty("covered_of_3000", covered);
  RecordProperty("wrong_of_1000", wrong);
  EXPECT_GE(covered, 0.93 * intervals);
  EXPECT_LE(covered, 0.97 * intervals);
  EXPECT_LE(wrong, 70);
}

// Neuron 2 is clamped and listens to a clamped one: what its weight does to U is a number, whatever is drawn of 1.
TEST(Factorization, AnExactReactionIsNoEstimate) {
  Septuple task = make_septuple(Matrix::Zero(3, 3), Vector{{0.2, 0.1, -0.3}}, Activation::kTanh, -0.3);
  task.weights(1, 0) = 0.5, task.weights(2, 0) = 0.8;
  task.inputs = {0};
  const Septuple held = clamp(task, {0, 2}, Vector{{0.7, 0.4}});
  const double y = 0.8 * 0.7 - 0.3, f = std::tanh(y), reaction = -(0.4 - f) * (1 - f * f) * 0.7;
  const Factorization found = test_factorization(held, kTemperature, {.sampling = {.samples = 2000}});
  EXPECT_NEAR(found.by_weights(2, 0), reaction, 1e-12);
  EXPECT_EQ(found.verdict, Factorizes::kNo);
  EXPECT_EQ(found.p_value, 0);
  EXPECT_LT(found.largest_z, 100);  // of those that fluctuate
}

}  // namespace
}  // namespace poise
