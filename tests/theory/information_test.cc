// docs/theory/dual-process.md#one-identity: the identities between entropy, divergence, cross-entropy and log-sum-exp.
#include "poise/information.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace poise {
namespace {

using Eigen::VectorXd;

constexpr double kTolerance = 1e-12;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

VectorXd random_scores(Eigen::Index classes, std::uint64_t seed, double size) {
  VectorXd z(classes);
  for (Eigen::Index c = 0; c < classes; ++c)
    z[c] = size * (2 * random_uniform(seed, static_cast<std::uint64_t>(c)) - 1);
  return z;
}

VectorXd random_distribution(Eigen::Index classes, std::uint64_t seed) {
  VectorXd p(classes);
  for (Eigen::Index c = 0; c < classes; ++c) {
    p[c] = -std::log1p(-random_uniform(seed, static_cast<std::uint64_t>(c)));  // exponential: uniform on the simplex
  }
  return p / p.sum();
}

class Identities : public testing::TestWithParam<Eigen::Index> {
 protected:
  template <typename Check>
  void for_random_cases(Check check) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      check(random_distribution(GetParam(), 2 * seed), random_scores(GetParam(), 2 * seed + 1, 8));
    }
  }
};

TEST_P(Identities, CrossEntropyIsEntropyPlusDivergence) {
  for_random_cases([](const VectorXd& p, const VectorXd& z) {
    const VectorXd q = softmax(z);
    EXPECT_NEAR(cross_entropy(p, q), entropy(p) + divergence(p, q), kTolerance);
    EXPECT_GE(divergence(p, q), 0);
    EXPECT_NEAR(divergence(q, q), 0, kTolerance);
  });
}

TEST_P(Identities, CrossEntropyIsOutputEntropyPlusMoment) {
  for_random_cases([](const VectorXd& p, const VectorXd& z) {
    const VectorXd q = softmax(z);
    EXPECT_NEAR(cross_entropy_of_scores(p, z), entropy(q) + z.dot(q - p), kTolerance);
    EXPECT_NEAR(cross_entropy_of_scores(p, z), cross_entropy(p, q), kTolerance);
    EXPECT_NEAR(entropy_of_scores(z), entropy(q), kTolerance);
  });
}

TEST_P(Identities, LogSumExpIsScorePlusEntropyOfTheSoftmax) {
  for_random_cases([](const VectorXd& p, const VectorXd& z) {
    const VectorXd q = softmax(z);
    EXPECT_NEAR(log_sum_exp(z), z.dot(q) + entropy(q), kTolerance);
    EXPECT_GE(log_sum_exp(z) + kTolerance, z.dot(p) + entropy(p));  // any other distribution gives less
  });
}

INSTANTIATE_TEST_SUITE_P(Classes, Identities, testing::Values(2, 3, 10));

TEST(Information, ClosedForms) {
  const VectorXd uniform = VectorXd::Constant(4, 0.25);
  EXPECT_NEAR(entropy(uniform), std::log(4.0), 1e-15);
  EXPECT_NEAR(log_sum_exp(VectorXd::Constant(4, 7.5)), 7.5 + std::log(4.0), 1e-15);
  const VectorXd z{{0.0, std::log(3.0)}};
  EXPECT_NEAR(softmax(z)[0], 0.25, 1e-15);
  EXPECT_NEAR(cross_entropy_of_scores(VectorXd{{1.0, 0.0}}, z), std::log(4.0), 1e-15);
}

TEST(Information, ZerosInDistributions) {
  const VectorXd corner{{1.0, 0.0}}, other{{0.0, 1.0}}, half{{0.5, 0.5}};
  EXPECT_EQ(entropy(corner), 0);
  EXPECT_NEAR(divergence(corner, half), std::log(2.0), 1e-15);
  EXPECT_EQ(divergence(half, corner), kInfinity);
  EXPECT_EQ(cross_entropy(other, corner), kInfinity);
}

TEST(Information, HugeScoresStayExact) {
  // The softmax underflows to (1, 0); the loss of the impossible class is still the difference of the scores.
  const VectorXd z{{1000.0, -1000.0}};
  EXPECT_EQ(log_sum_exp(z), 1000);
  EXPECT_EQ(softmax(z), (VectorXd{{1.0, 0.0}}));
  EXPECT_EQ(cross_entropy_of_scores(VectorXd{{0.0, 1.0}}, z), 2000);
  EXPECT_EQ(entropy_of_scores(z), 0);
}

TEST(Information, ImpossibleClasses) {
  const VectorXd z{{0.0, -kInfinity, 0.0}};
  EXPECT_NEAR(log_sum_exp(z), std::log(2.0), 1e-15);
  EXPECT_EQ(softmax(z), (VectorXd{{0.5, 0.0, 0.5}}));
  EXPECT_NEAR(entropy_of_scores(z), std::log(2.0), 1e-15);
  EXPECT_NEAR(cross_entropy_of_scores(VectorXd{{1.0, 0.0, 0.0}}, z), std::log(2.0), 1e-15);
}

TEST(Information, InPlaceGivesTheSameAndTheLogSumExp) {
  VectorXd z = random_scores(10, 3, 20);
  const VectorXd q = softmax(z);
  const double lse = log_sum_exp(z);
  EXPECT_EQ(softmax_in_place(z), lse);
  EXPECT_EQ(z, q);
}

}  // namespace
}  // namespace poise
