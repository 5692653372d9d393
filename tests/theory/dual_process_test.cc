// The constants of the dual process (docs/theory/dual-process.md#the-step, docs/theory/dual-process.md#one-identity)
// and its first step.
#include "poise/dual_process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "convex/reference.h"
#include "convex/solver/solvers.h"

namespace poise {
namespace {

TEST(DualProcess, GoldenConstants) {
  EXPECT_NEAR(kGoldenMomentum * kGoldenMomentum, 3 - std::sqrt(5.0), 1e-15);
  EXPECT_NEAR(kGoldenMomentum, (std::sqrt(10.0) - std::sqrt(2.0)) / 2, 1e-15);
  EXPECT_NEAR(kGoldenLearningRate, 4 + std::sqrt(2.0) - std::sqrt(5.0) - std::sqrt(10.0), 1e-15);
  EXPECT_NEAR(kGoldenLearningRate, (1 - kGoldenMomentum) * (1 - kGoldenMomentum), 1e-15);
  EXPECT_NEAR(kGoldenMomentum, 0.8740320488976423, 2e-16);
  EXPECT_NEAR(kGoldenLearningRate, 0.0158679247049260, 1e-15);
}

// The companion's chain (1−p)/p·log p = (1−p)·log p² = p·log(1−p²) = 2p·log √(1−p²) = 2 sin ϕ·log cos ϕ, p = sin ϕ,
// with logarithms of base λ, log_λ p = p: λ = p^{1/p}. At the golden p = (1−p)/p all are p², but the second, which is
// 2p³.
TEST(DualProcess, TheChainOfTheSourceHasNoSingleBase) {
  const double p = (std::sqrt(5.0) - 1) / 2, base = std::pow(p, 1 / p);
  const auto log = [&](double x) { return std::log(x) / std::log(base); };
  EXPECT_NEAR(p, (1 - p) / p, 1e-15);
  EXPECT_NEAR(log(p), p, 1e-15);
  EXPECT_NEAR((1 - p) / p * log(p), p * p, 1e-15);
  EXPECT_NEAR((1 - p) * log(p * p), 2 * p * p * p, 1e-15);
  EXPECT_NEAR(p * log(1 - p * p), p * p, 1e-15);
  EXPECT_NEAR(2 * p * log(std::sqrt(1 - p * p)), p * p, 1e-15);
  const double angle = std::asin(p);
  EXPECT_NEAR(2 * std::sin(angle) * log(std::cos(angle)), p * p, 1e-15);
  EXPECT_GT(std::abs(2 * p - 1), 0.2);                      // p² = 2p³ takes p = 1/2
  EXPECT_NEAR(std::sqrt(2.0) * p, kGoldenMomentum, 1e-15);  // from sin ϕ = 1/√2 to the golden ratio
}

TEST(DualProcess, Curvatures) {
  EXPECT_NEAR(kSqrtGoldenMomentum, std::sqrt(kGoldenMomentum), 1e-15);
  EXPECT_NEAR(kCriticalCurvature, 0.267106454046, 1e-12);
  EXPECT_NEAR(kUpperCurvature, 235.936692561, 1e-8);
  EXPECT_NEAR(kStableCurvature, 236.203799015, 1e-9);
  EXPECT_NEAR(kConvexCurvature, 15.877054, 1e-6);
}

// Between the critical and the upper curvature both roots of r² − (1 + α − ηλ) r + α have modulus √α.
TEST(DualProcess, OneContractionForTheWholeBand) {
  auto largest_root = [](double curvature) {
    const std::complex<double> b = 1 + kGoldenMomentum - kGoldenLearningRate * curvature;
    const auto root = std::sqrt(b * b - 4 * kGoldenMomentum);
    return std::max(std::abs(b + root), std::abs(b - root)) / 2;
  };
  for (double curvature : {0.2672, 0.3, 1.0, 10.0, 34.78, 118.1, 200.0, 235.9})
    EXPECT_NEAR(largest_root(curvature), std::sqrt(kGoldenMomentum), 1e-12);
  EXPECT_GT(largest_root(0.2), std::sqrt(kGoldenMomentum));
  EXPECT_LT(largest_root(kStableCurvature - 1e-6), 1);
  EXPECT_GT(largest_root(kStableCurvature + 1e-6), 1);
}

// The first step from rest is −ηκ M⁻¹∇, in the Böhning metric, with κ = 200.
TEST(DualProcess, FirstStepFromRest) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Problem problem = random_problem({.rows = 80, .features = 4, .classes = 3, .bad_scales = true}, seed);
    SoftmaxObjective objective(problem, 1);
    const auto metric = bohning_preconditioner(objective);
    SolveState state;
    state.w = objective.zero();
    state.value = objective.evaluate(state.w, &state.gradient);
    const Parameters want = state.w - kGoldenLearningRate * 200 * metric->solve(state.gradient);
    Monitor monitor({.tolerance = 1e-15});
    const Outcome outcome = solve_golden(objective, *metric, state, monitor, 1);
    EXPECT_EQ(outcome.status, Status::kIterationLimit);
    EXPECT_LE((state.w - want).cwiseAbs().maxCoeff(), 1e-15 * want.cwiseAbs().maxCoeff());
  }
}

}  // namespace
}  // namespace poise
