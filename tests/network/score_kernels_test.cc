// The vectorized loops over scores against plain ones, on every instruction set.
#include "network/score_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "every_target.h"
#include "sample_models.h"

namespace poise {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Found {
  std::vector<double> top, log_sum, mean, variance, spread;
  std::vector<std::int32_t> best;
  explicit Found(std::size_t n) : top(n), log_sum(n), mean(n), variance(n), spread(n), best(n) {}
  SoftmaxMoments to() { return {top.data(), log_sum.data(), mean.data(), variance.data(), spread.data(), best.data()}; }
};

Found moments_of(const Matrix& z, double beta) {
  Found found(static_cast<std::size_t>(z.rows()));
  std::vector<double> scratch(static_cast<std::size_t>(kScoreRows * z.cols()));
  softmax_moments(z.data(), z.rows(), z.cols(), beta, found.to(), scratch.data());
  return found;
}

Matrix random_scores(Index rows, Index classes, double size) {
  std::uint64_t counter = 0;
  return Matrix::NullaryExpr(rows, classes, [&] { return size * random_normalish(7, counter++); });
}

TEST(SoftmaxMoments, AreThoseOfTheDefinition) {
  on_every_target([] {
    for (const Index classes : {1, 2, 3, 10, 176}) {
      for (const double beta : {1e-6, 0.3, 1.0, 40.0}) {
        const Matrix z = random_scores(19, classes, 3);
        const Found found = moments_of(z, beta);
        for (Index i = 0; i < z.rows(); ++i) {
          const auto k = static_cast<std::size_t>(i);
          Index best = 0;
          const double top = z.row(i).maxCoeff(&best);
          const Eigen::ArrayXd u = (z.row(i).array() - top).transpose();
          Eigen::ArrayXd p = u.unaryExpr([&](double x) { return std::exp(beta * x); });
          const double sum = p.sum();
          p /= sum;
          const double mean = (p * u).sum(), variance = (p * (u - mean).square()).sum();
          EXPECT_EQ(found.top[k], top);
          EXPECT_EQ(found.best[k], best);
          EXPECT_EQ(found.spread[k], top - z.row(i).minCoeff());
          EXPECT_NEAR(found.log_sum[k], std::log(sum), 1e-15 * (1 + std::log(sum)));
          EXPECT_NEAR(found.mean[k], mean, 1e-13 * (1 + std::abs(mean)));
          EXPECT_NEAR(found.variance[k], variance, 1e-13 * (1 + variance + mean * mean));
        }
      }
    }
  });
}

TEST(SoftmaxMoments, OfTheFirstOfEqualScores) {
  on_every_target([] {
    const Found found = moments_of(Matrix{{1, 2, 2}, {2, 2, 1}, {0, 0, 0}}, 1);
    EXPECT_EQ(found.best, (std::vector<std::int32_t>{1, 0, 0}));
    EXPECT_EQ(found.spread[2], 0);
    EXPECT_NEAR(found.log_sum[2], std::log(3), 1e-15);
    EXPECT_EQ(found.mean[2], 0);
    EXPECT_EQ(found.variance[2], 0);
  });
}

TEST(SoftmaxMoments, ImpossibleClassesHaveNoPart) {
  on_every_target([] {
    const Found found = moments_of(Matrix{{-kInfinity, 0, 0}, {-1e300, 0, 1e300}}, 1);
    EXPECT_NEAR(found.log_sum[0], std::log(2), 1e-15);
    EXPECT_EQ(found.mean[0], 0);
    EXPECT_EQ(found.variance[0], 0);
    EXPECT_EQ(found.log_sum[1], 0);
    EXPECT_EQ(found.mean[1], 0);
    EXPECT_EQ(found.variance[1], 0);
  });
}

TEST(SoftmaxMoments, WhatIsNoNumberIsNotHidden) {
  on_every_target([] {
    const double nan = std::nan("");
    const Found found = moments_of(Matrix{{nan, 0, 1}, {0, nan, 1}, {0, 1, nan}, {0, 1, 2}}, 1);
    for (const std::size_t row : {0u, 1u, 2u}) {
      for (const double value : {found.log_sum[row], found.mean[row], found.variance[row], found.spread[row]})
        EXPECT_TRUE(std::isnan(value)) << row;
    }
    EXPECT_FALSE(std::isnan(found.log_sum[3]));
  });
}

// The bits of a row must not depend on its neighbors: blocks end where the data do.
TEST(SoftmaxMoments, ARowAloneHasTheSameBits) {
  on_every_target([] {
    const Matrix z = random_scores(13, 5, 2);
    const Found all = moments_of(z, 0.7);
    for (Index i = 0; i < z.rows(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      const Found one = moments_of(z.row(i), 0.7);
      EXPECT_EQ(one.log_sum[0], all.log_sum[k]);
      EXPECT_EQ(one.mean[0], all.mean[k]);
      EXPECT_EQ(one.variance[0], all.variance[k]);
    }
  });
}

TEST(SoftmaxRows, AreDistributions) {
  on_every_target([] {
    for (const Index classes : {1, 2, 7, 40}) {
      const Matrix z = random_scores(21, classes, 5);
      Matrix p = z;
      std::vector<double> scratch(static_cast<std::size_t>(kScoreRows * classes));
      softmax_rows(p.data(), p.rows(), classes, scratch.data());
      for (Index i = 0; i < z.rows(); ++i) {
        const double top = z.row(i).maxCoeff();
        double sum = 0;
        for (Index c = 0; c < classes; ++c) sum += std::exp(z(i, c) - top);
        EXPECT_NEAR(p.row(i).sum(), 1, 1e-14);
        for (Index c = 0; c < classes; ++c) EXPECT_NEAR(p(i, c), std::exp(z(i, c) - top) / sum, 1e-15);
      }
    }
  });
}

}  // namespace
}  // namespace poise
