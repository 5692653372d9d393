// The first law between two states of rest, of septuples whose ensembles are known in closed form
// (docs/theory/thermodynamics-laws.md#the-first-law).
#include "experiments/rest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "poise/theory/ensemble.h"

namespace poise::experiments {
namespace {

/// n linear neurons that listen to each other; M = AᵀA − m²I, U = nT/2 + ℋ_min, S = (n/2)(1 + ln 2πT) − ½ ln det M.
Septuple linear(std::uint64_t seed, double bias, double mass_squared) {
  constexpr Index kNeurons = 3;
  std::uint64_t counter = 0;
  const auto normal = [&] { return random_normal(seed, counter++); };
  Septuple out;
  out.weights = 0.15 * Matrix::NullaryExpr(kNeurons, kNeurons, normal);
  out.bias = bias * Vector::NullaryExpr(kNeurons, normal);
  out.activation.assign(kNeurons, Activation::kIdentity);
  out.mass_squared = mass_squared;
  return out;
}

double least_loss(const EnsembleState& state) {
  return state.mean_loss - 0.5 * static_cast<double>(state.neurons) * state.temperature;
}

/// As the states of a network are measured, with C = ½ ln det M.
thermo::HiddenStates states_of(const EnsembleState& state) {
  thermo::HiddenStates out;
  out.temperature = state.temperature;
  out.mean_loss.value = state.mean_loss;
  out.entropy.value = state.entropy;
  out.complexity = state.complexity - least_loss(state) / state.temperature;
  return out;
}

Quadruple quadruple_of(const Septuple& before, const Septuple& after, double temperature, double ratio) {
  Quadruple out;
  for (std::size_t t = 0; t < 2; ++t) {
    const double at = t == 0 ? temperature : ratio * temperature;
    out.states[0][t] = states_of(linear_ensemble(before, at));
    out.states[1][t] = states_of(linear_ensemble(after, at));
  }
  return out;
}

std::vector<Verdict> verdicts(const std::vector<Quadruple>& found) {
  std::vector<Verdict> out;
  for (const Finding& finding : findings_at_rest("", found.front().temperature(0), found))
    out.push_back(finding.verdict);
  return out;
}

// dU = T dS + T dC + what the weights do, which is dℋ_min, up to the third order in the change of T.
TEST(FirstLawAtRest, WhatItLeavesIsTheWorkOfTheWeights) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Septuple before = linear(seed, 0.5, 0.1), after = linear(seed + 10, 0.5, 0.1);
    const Quadruple q = quadruple_of(before, after, 0.4, 1.001);
    const double work = least_loss(linear_ensemble(after, 0.4)) - least_loss(linear_ensemble(before, 0.4));
    EXPECT_NEAR(q.by_weights(), work, 1e-12);
    EXPECT_GT(std::abs(work), 1e-3);
    EXPECT_NEAR(q.loss_change(), q.heat() + q.complexity_heat() + work, 1e-9);
  }
}

// Without bias ℋ_min = 0 and Z factorizes: U does not react to the weights, and the law holds from any to any.
TEST(FirstLawAtRest, IsReproducedWherePartitionFunctionsFactorize) {
  std::vector<Quadruple> found;
  for (const std::uint64_t seed : {1, 2, 3, 4, 5})
    found.push_back(quadruple_of(linear(seed, 0, 0.1), linear(seed + 10, 0, 0.1), 0.4, 1.5));
  const std::vector<Verdict> all = verdicts(found);
  EXPECT_EQ(all[0], Verdict::kPremiseMet);
  EXPECT_EQ(all[1], Verdict::kReproduced);
}

// One neuron that listens to itself, M = (1 − w)² + μ, F = ½ T ln M + ½ b²μ/M: at rest M = b²μ/T, so that ℋ_min = T/2
// and S = ½ ln T + const, relative to the ensemble without weights: dU = T dS, all of it by the weights.
TEST(FirstLawAtRest, OfANeuronAtRestIsHeatAloneAndItsPremiseIsNotMet) {
  constexpr double kConfining = 0.7;  // μ
  std::vector<Quadruple> found;
  for (const double bias : {1.5, 2.0, 2.5}) {
    const auto at_rest = [&](double temperature) {
      Septuple neuron;
      neuron.weights = Matrix{{1 - std::sqrt(kConfining * (bias * bias / temperature - 1))}};
      neuron.bias = Vector{{bias}};
      neuron.activation = {Activation::kIdentity};
      neuron.mass_squared = -kConfining;
      return neuron;
    };
    Quadruple q = quadruple_of(at_rest(0.4), at_rest(0.6), 0.4, 1.5);
    for (auto& of_weights : q.states) {
      for (thermo::HiddenStates& states : of_weights) {
        states.mean_loss.value -= 0.5 * states.temperature;
        states.entropy.value -= 0.5 * (1 + std::log(2 * M_PI * states.temperature));
      }
    }
    EXPECT_NEAR(q.loss_change(), 0.1, 1e-12);  // dT/2
    EXPECT_NEAR(q.by_weights(), 0.1, 1e-12);
    EXPECT_NEAR(q.heat(), 0.5 * 0.5 * std::log(1.5), 1e-12);
    EXPECT_NEAR(q.complexity_heat(), -q.heat(), 1e-12);
    found.push_back(q);
  }
  const std::vector<Verdict> all = verdicts(found);
  EXPECT_EQ(all[0], Verdict::kPremiseNotMet);
  EXPECT_EQ(all[1], Verdict::kPremiseNotMet);
  EXPECT_EQ(all[2], Verdict::kReproduced);
}

// Where seeds cannot tell whether the premise holds, nothing is said about the law either.
TEST(FirstLawAtRest, IsUndecidableWhereItsPremiseIs) {
  const Quadruple holds = quadruple_of(linear(1, 0, 0.1), linear(11, 0, 0.1), 0.4, 1.5),
                  fails = quadruple_of(linear(2, 5, 0.1), linear(12, 5, 0.1), 0.4, 1.5);
  const std::vector<Verdict> all = verdicts({holds, fails, holds});
  EXPECT_EQ(all[0], Verdict::kUndecidable);
  EXPECT_EQ(all[1], Verdict::kUndecidable);
}

}  // namespace
}  // namespace poise::experiments
