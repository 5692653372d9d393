// Sampled ensembles: against quadrature and closed forms, and how often their intervals cover.
// docs/theory/thermodynamics.md#ensembles, docs/theory/thermodynamics-measurements.md#the-noisy-forward-ensemble.
#include <gtest/gtest.h>

#include <limits>

#include "poise/error.h"
#include "poise/theory/equilibrium.h"
#include "poise/theory/free_energy_curvature.h"
#include "poise/watcher.h"
#include "sample_septuples.h"

namespace poise {
namespace {

using Sampler = Ensemble (*)(const Septuple&, double, const SamplingOptions&);

void expect_covers(const Ensemble& ensemble, const Quadrature& exact, double errors = 4) {
  EXPECT_TRUE(ensemble.reliable()) << ensemble.effective_samples << ' ' << ensemble.tail_index;
  EXPECT_NEAR(ensemble.state.log_partition, std::log(exact.partition), errors * ensemble.log_partition_error);
  EXPECT_NEAR(ensemble.state.mean_loss, exact.mean_loss, errors * ensemble.mean_loss_error);
  EXPECT_NEAR(ensemble.state.entropy, exact.entropy, errors * ensemble.entropy_error);
}

/// x_1 → x_2 = tanh(1.3 x_1 − 0.4) → an output that is held at 0.8
Septuple held_chain() {
  Septuple out = make_septuple(Matrix{{0, 0, 0}, {1.3, 0, 0}, {0.2, 1.1, 0}}, Vector{{0.2, -0.4, 0.1}},
                               Activation::kIdentity, -0.2);
  out.activation[1] = Activation::kTanh;
  return clamp(out, {2}, Vector{{0.8}});
}

TEST(NoisyForward, MatchesQuadratureWithPotentialAndClampedOutput) {
  for (const double temperature : {0.1, 0.3, 1.0})
    expect_covers(noisy_forward_ensemble(held_chain(), temperature), integrate(held_chain(), temperature, 12, 1201));
}

// F ≈ ⟨V⟩ − Var V/2T to second order in V: what is left is of third order.
TEST(NoisyForward, IsTheCumulantExpansionForAWeakPotential) {
  const auto shift = [](double mass_squared) {
    Septuple septuple = chain(Activation::kTanh);
    septuple.mass_squared = mass_squared;
    return noisy_forward_ensemble(septuple, 0.5).state.log_b;
  };
  // common random numbers: the odd part of ln B is −⟨V⟩/T up to third order, the even part Var V/2T²
  const double h = 0.02, odd = (shift(h) - shift(-h)) / 2, even = (shift(h) + shift(-h)) / 2;
  double mean = 0, square = 0, mass = 0;
  for (double x = -7; x <= 7; x += 0.02) {
    for (double y = -7; y <= 7; y += 0.02) {
      const double p = std::exp(-((x - 0.2) * (x - 0.2) + std::pow(y - std::tanh(1.3 * x - 0.4), 2)));  // T = ½
      const double v = -0.5 * h * (x * x + y * y) / 0.5;
      mass += p;
      mean += p * v;
      square += p * v * v;
    }
  }
  mean /= mass;
  EXPECT_NEAR(odd / -mean, 1, 0.02);
  EXPECT_NEAR(even / (0.5 * (square / mass - mean * mean)), 1, 0.05);
}

TEST(NoisyForward, IsRefusedToCyclesAndBoundaries) {
  EXPECT_THROW(noisy_forward_ensemble(tanh_pair(), 1), Error);
  Septuple boundary = chain(Activation::kTanh);
  boundary.place = LossPlace::kOutputs;
  EXPECT_THROW(noisy_forward_ensemble(boundary, 1), Error);
  EXPECT_THROW(noisy_forward_ensemble(held_chain(), 1, {.samples = 1}), Error);
}

// Weights e^{m² x²/2T} of x ~ N(0, T): P(w > t) ~ t^(−1/m²), so they have a variance only for m² < ½. ln Z is right all
// the same, −½ ln(1 − m²), but its error bar cannot be trusted, and that is what is said.
TEST(NoisyForward, SaysWhenWeightsHaveNoVariance) {
  const auto one_neuron = [](double mass_squared) {
    return noisy_forward_ensemble(make_septuple(Matrix{{0}}, Vector{{0.0}}, Activation::kTanh, mass_squared), 0.7);
  };
  EXPECT_TRUE(one_neuron(0.2).reliable());
  EXPECT_NEAR(one_neuron(0.2).state.log_b, -0.5 * std::log(0.8), 5 * one_neuron(0.2).log_partition_error);
  EXPECT_FALSE(one_neuron(0.9).reliable());
  EXPECT_GT(one_neuron(0.9).tail_index, 0.6);
}

TEST(ImportanceSampling, OfTheTanhPairMatchesQuadrature) {
  for (const double temperature : {0.05, kTemperature, 3.0})
    expect_covers(importance_ensemble(tanh_pair(), temperature), integrate(tanh_pair(), temperature, 12, 1201));
  const Ensemble found = importance_ensemble(tanh_pair(), kTemperature);
  EXPECT_NEAR(std::exp(found.state.log_b), 0.639, 5e-4 + 4 * 0.639 * found.log_partition_error);
  EXPECT_GT(found.effective_samples, 0.5 * static_cast<double>(found.samples));
}

// tanh(2x) has the fixed points ±0.9575 and, unstable, 0; all three are minima of ℋ = 0, which the dynamics cannot
// find.
TEST(ImportanceSampling, FindsAllModesOfABistableNeuron) {
  const Septuple neuron = make_septuple(Matrix{{2}}, Vector{{0.0}}, Activation::kTanh);
  for (const double temperature : {0.003, 0.05})
    expect_covers(importance_ensemble(neuron, temperature), integrate(neuron, temperature, 4, 8001));
}

// w = 1: the bulk loss ½(x − tanh x)² ≈ x⁶/18 is flat at its minimum, where no Gaussian approximation exists.
TEST(ImportanceSampling, DoesWithoutAGaussianApproximation) {
  const Septuple neuron = make_septuple(Matrix{{1}}, Vector{{0.0}}, Activation::kTanh);
  EXPECT_THROW(gaussian_ensemble(neuron, 0.5), Error);
  expect_covers(importance_ensemble(neuron, 0.5), integrate(neuron, 0.5, 12, 4001));
}

TEST(ImportanceSampling, RefusesWhatIsNotBound) {
  Septuple pair = tanh_pair();
  pair.mass_squared = 1;
  EXPECT_THROW(importance_ensemble(pair, 1), Error);
  Septuple boundary = tanh_pair();
  boundary.place = LossPlace::kOutputs;
  boundary.outputs = {1};
  EXPECT_THROW(importance_ensemble(boundary, 1), Error);
}

TEST(Sampling, DoesNotDependOnTheNumberOfThreads) {
  for (const Sampler sampler : {&noisy_forward_ensemble, &importance_ensemble}) {
    const Ensemble one = sampler(held_chain(), 0.5, {.samples = 5000, .threads = 1});
    for (const int threads : {2, 3}) {
      const Ensemble more = sampler(held_chain(), 0.5, {.samples = 5000, .threads = threads});
      EXPECT_EQ(one.state.log_partition, more.state.log_partition);
      EXPECT_EQ(one.entropy_error, more.entropy_error);
      EXPECT_EQ(one.tail_index, more.tail_index);
    }
  }
}

/// In how many of 1,000 trials the 95 % intervals cover.
struct Coverage {
  int log_partition = 0, mean_loss = 0, entropy = 0;
};

Coverage coverage_of(Sampler sampler, const Septuple& septuple, double temperature, const EnsembleState& exact) {
  constexpr double kReach = 1.959963985;
  Coverage out;
  for (std::uint64_t trial = 1; trial <= 1000; ++trial) {
    const Ensemble found = sampler(septuple, temperature, {.samples = 1024, .starts = 2, .seed = trial, .threads = 2});
    const EnsembleState& state = found.state;
    out.log_partition += std::abs(state.log_partition - exact.log_partition) < kReach * found.log_partition_error;
    out.mean_loss += std::abs(state.mean_loss - exact.mean_loss) < kReach * found.mean_loss_error;
    out.entropy += std::abs(state.entropy - exact.entropy) < kReach * found.entropy_error;
  }
  return out;
}

void expect_honest(const Coverage& coverage) {
  testing::Test::RecordProperty("log_partition_of_1000", coverage.log_partition);
  testing::Test::RecordProperty("mean_loss_of_1000", coverage.mean_loss);
  testing::Test::RecordProperty("entropy_of_1000", coverage.entropy);
  for (const int count : {coverage.log_partition, coverage.mean_loss, coverage.entropy}) {
    EXPECT_GE(count, 930);
    EXPECT_LE(count, 970);
  }
}

TEST(Intervals, OfTheNoisyForwardPassCoverTheExactValues) {
  Septuple septuple = held_chain();
  septuple.activation[1] = Activation::kIdentity;
  expect_honest(coverage_of(&noisy_forward_ensemble, septuple, 1, linear_ensemble(septuple, 1)));
}

TEST(Intervals, OfImportanceSamplingCoverTheExactValues) {
  const Quadrature quadrature = integrate(tanh_pair(), kTemperature);
  EnsembleState exact;
  exact.log_partition = std::log(quadrature.partition);
  exact.mean_loss = quadrature.mean_loss;
  exact.entropy = quadrature.entropy;
  expect_honest(coverage_of(&importance_ensemble, tanh_pair(), kTemperature, exact));
}

/// Says kStop from the ask after `left` others on.
class StopsAfter : public Watcher {
 public:
  explicit StopsAfter(int left) : left_(left) {}
  Answer on_event(const Event&) override { return asked_++ < left_ ? Answer::kGoOn : Answer::kStop; }
  int asked() const { return asked_; }

 private:
  int left_, asked_ = 0;
};

/// Wherever in `measure` the watcher is asked, it ends there.
template <typename Measure>
void expect_ends_wherever_asked(const Measure& measure) {
  StopsAfter never(std::numeric_limits<int>::max());
  measure(&never);
  ASSERT_GT(never.asked(), 3);
  for (int k = 0; k < never.asked(); k += 1 + never.asked() / 50) {
    StopsAfter soon(k);
    EXPECT_THROW(measure(&soon), MeasurementStopped) << k << " of " << never.asked();
  }
}

TEST(Stopping, EndsWhereverTheWatcherIsAsked) {
  const Septuple cyclic = random_septuple(5, Activation::kTanh, 4, 0.9), chain = held_chain();
  for (const Septuple& septuple : {cyclic, chain}) {
    const auto sampling = [](Watcher* watcher) {
      return SamplingOptions{.samples = 2000, .threads = 1, .watcher = watcher};
    };
    expect_ends_wherever_asked([&](Watcher* w) { resting_states(septuple, 5, 1, w); });
    expect_ends_wherever_asked([&](Watcher* w) { importance_ensemble(septuple, 0.3, sampling(w)); });
    expect_ends_wherever_asked([&](Watcher* w) { test_factorization(septuple, 0.3, {.sampling = sampling(w)}); });
    expect_ends_wherever_asked([&](Watcher* w) { free_energy_derivatives(septuple, 0.3, sampling(w)); });
  }
}

}  // namespace
}  // namespace poise
