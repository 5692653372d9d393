// The first law of learning, in closed form and between sampled ensembles.
// docs/theory/thermodynamics.md#first-law-and-factorization.
#include "poise/theory/equilibrium.h"

#include <gtest/gtest.h>

#include "poise/error.h"
#include "sample_septuples.h"

namespace poise {
namespace {

SeptupleChange random_change(Index neurons, double size, std::uint64_t seed) {
  NormalStream normals(seed);
  const Matrix weights = size * normals.matrix(neurons, neurons);
  return {weights, size * normals.matrix(neurons, 1), size * normals.next()};
}

Septuple moved(Septuple septuple, const SeptupleChange& change, double by) {
  septuple.weights += by * change.weights;
  septuple.bias += by * change.bias;
  return septuple;
}

Septuple network_without_bias(double mass_squared) {
  Septuple out = random_septuple(3, Activation::kIdentity, 5, 0.5);
  out.bias.setZero();
  out.mass_squared = mass_squared;
  return out;
}

TEST(FirstLaw, T24HoldsWithoutBias) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Septuple septuple = network_without_bias(0.05);
    SeptupleChange change = random_change(3, 1, seed);
    change.bias.setZero();
    const EnsembleChange law = first_law(septuple, 1 / 1.3, change);
    EXPECT_GT(std::abs(law.mean_loss_change), 1e-3);
    EXPECT_NEAR(law.residual, 0, 1e-12);

    const double by = 1e-5, dt = by * change.temperature;
    const EnsembleState before = linear_ensemble(moved(septuple, change, -by / 2), 1 / 1.3 - dt / 2);
    const EnsembleState after = linear_ensemble(moved(septuple, change, by / 2), 1 / 1.3 + dt / 2);
    EXPECT_NEAR(first_law(before, after).residual, 0, 1e-12);
    EXPECT_NEAR(before.entropy + before.complexity, before.thermodynamic_entropy, 1e-12);
  }
}

// Every term of the closed form is the derivative of what linear_ensemble gives.
TEST(FirstLaw, T24ClosedFormIsThatOfFiniteDifferences) {
  Septuple septuple = random_septuple(5, Activation::kIdentity, 8, 0.6);
  septuple.mass_squared = 0.1;
  const Septuple held = clamp(septuple, {1}, Vector{{0.8}});
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SeptupleChange change = random_change(5, 1, seed);
    const EnsembleChange law = first_law(held, 0.7, change);
    constexpr double kStep = 1e-5;
    const EnsembleState before = linear_ensemble(moved(held, change, -kStep), 0.7 - kStep * change.temperature);
    const EnsembleState after = linear_ensemble(moved(held, change, kStep), 0.7 + kStep * change.temperature);
    EXPECT_NEAR(law.mean_loss_change, (after.mean_loss - before.mean_loss) / (2 * kStep), 1e-7);
    EXPECT_NEAR(law.entropy_change, (after.entropy - before.entropy) / (2 * kStep), 1e-7);
    EXPECT_NEAR(law.complexity_change, (after.complexity - before.complexity) / (2 * kStep), 1e-7);
    EXPECT_NEAR(law.residual, first_law(before, after).residual / (2 * kStep), 1e-7);
  }
}

// Where bias and mass keep Z from factorizing the law fails, by ℋ_min dT/T: not along changes of weights alone.
TEST(FirstLaw, T24FailsAcrossTemperaturesWhereZDoesNotFactorize) {
  const Septuple pair = linear_pair();
  const EnsembleState state = linear_ensemble(pair, 0.5);
  const double least = state.mean_loss - 0.5;
  ASSERT_LT(least, -1e-3);
  SeptupleChange change = random_change(2, 1, 3);
  EXPECT_NEAR(first_law(pair, 0.5, change).residual, least * change.temperature / 0.5, 1e-12);
  change.temperature = 0;
  EXPECT_NEAR(first_law(pair, 0.5, change).residual, 0, 1e-12);
}

// S_x + C = U/T + (n/2) ln 2πT by definition: at one temperature the law holds for any two ensembles at all, and for
// any two estimates of them.
TEST(FirstLaw, AtOneTemperatureIsAnIdentity) {
  const SamplingOptions few{.samples = 2000};
  const Ensemble one = importance_ensemble(tanh_pair(), 0.4, few);
  const Ensemble other = importance_ensemble(random_septuple(2, Activation::kRelu, 3), 0.4, few);
  const EnsembleChange law = first_law(one.state, other.state);
  EXPECT_GT(std::abs(law.mean_loss_change), 1e-2);
  EXPECT_NEAR(law.residual, 0, 1e-14);
}

// Across temperatures: (U − nT/2) dT/T, here of the recurrent pair, whose U is not T.
TEST(FirstLaw, AcrossTemperaturesMeasuresEquipartition) {
  const double low = 0.49, high = 0.51;
  const SamplingOptions options{.samples = 1 << 18};
  const EnsembleState before = importance_ensemble(tanh_pair(), low, options).state;
  const EnsembleState after = importance_ensemble(tanh_pair(), high, options).state;
  const double excess = integrate(tanh_pair(), 0.5).mean_loss - 0.5;
  ASSERT_GT(std::abs(excess), 0.02);
  EXPECT_NEAR(first_law(before, after).residual / (excess * (high - low) / 0.5), 1, 0.05);
}

TEST(FirstLaw, ClosedFormIsRefusedToNonlinearNetworksAndOtherShapes) {
  EXPECT_THROW(first_law(tanh_pair(), 1, random_change(2, 1, 1)), Error);
  EXPECT_THROW(first_law(linear_pair(), 1, random_change(3, 1, 1)), Error);
}

}  // namespace
}  // namespace poise
