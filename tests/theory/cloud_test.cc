// The entropy of a cloud of learners and what noise and missing learners do to it, against its definition; the entropy
// rate of an Ornstein-Uhlenbeck process (docs/theory/thermodynamics-laws.md#the-entropy-of-learners).
#include "theory/cloud.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "poise/error.h"

namespace poise {
namespace {

using Square = Eigen::MatrixXd;

Matrix normals(Index rows, Index cols, std::uint64_t seed) {
  std::uint64_t counter = 0;
  return Matrix::NullaryExpr(rows, cols, [&] { return random_normal(seed, counter++); });
}

Square covariance(const Matrix& states) {
  const Matrix centered = states.rowwise() - states.colwise().mean();
  return centered.transpose() * centered / static_cast<double>(states.rows() - 1);
}

double normal_entropy(const Square& covariance) {
  return 0.5 * std::log((2 * std::numbers::pi * std::numbers::e * covariance).determinant());
}

/// Symmetric, eigenvalues from 0.2 up.
Square random_curvature(Index size, std::uint64_t seed) {
  const Square a = normals(size, size, seed);
  return a * a.transpose() / static_cast<double>(size) + 0.2 * Square::Identity(size, size);
}

TEST(Cloud, EntropyIsThatOfTheNormalDistributionOfItsCovariance) {
  const Matrix states = normals(40, 4, 1) * normals(4, 4, 2);
  EXPECT_NEAR(theory::Cloud(states).entropy(), normal_entropy(covariance(states)), 1e-12);
}

// Units of 10⁹ beside 10⁻⁹ about a far center: a change of units adds its logarithm, and a shift nothing.
TEST(Cloud, EntropyOfAwkwardUnits) {
  Matrix states = normals(40, 3, 3);
  const double entropy = theory::Cloud(states).entropy();
  states.col(0) *= 1e9;
  states.col(1) *= 1e-9;
  states.col(2).array() += 1000;
  EXPECT_NEAR(theory::Cloud(states).entropy(), entropy, 1e-10);
}

TEST(Cloud, EntropyWithoutOneStateIsThatOfTheOthers) {
  const Matrix states = normals(12, 3, 4);
  const theory::Cloud cloud(states);
  const Vector change = cloud.entropy_without_one();
  for (Index r = 0; r < states.rows(); ++r) {
    Matrix others(states.rows() - 1, states.cols());
    others << states.topRows(r), states.bottomRows(states.rows() - 1 - r);
    EXPECT_NEAR(change[r], theory::Cloud(others).entropy() - cloud.entropy(), 1e-12) << r;
  }
}

TEST(Cloud, NoiseAddsItsCovariance) {
  const Matrix states = normals(30, 3, 5) * normals(3, 3, 6), root = normals(3, 2, 7);
  const theory::Cloud cloud(states);
  const double want = normal_entropy(covariance(states) + root * root.transpose()) - cloud.entropy();
  EXPECT_NEAR(cloud.entropy_from_noise(root).value, want, 1e-12);
}

// Draws of the noise itself: S of states with noise spreads by the error about what the noise adds.
TEST(Cloud, ChanceOfNoiseIsItsError) {
  const Matrix states = normals(400, 3, 15), root = 0.7 * normals(3, 3, 16);
  const theory::Cloud cloud(states);
  const Estimate added = cloud.entropy_from_noise(root);
  double squares = 0;
  const int draws = 400;
  for (int k = 0; k < draws; ++k) {
    const Matrix noisy = states + normals(400, 3, static_cast<std::uint64_t>(1000 + k)) * root.transpose();
    const double apart = theory::Cloud(noisy).entropy() - cloud.entropy() - added.value;
    squares += apart * apart / draws;
  }
  EXPECT_NEAR(std::sqrt(squares) / added.error, 1, 0.15);
}

TEST(Cloud, RefusesAFlatCloudAndLostLearners) {
  Matrix states = normals(20, 3, 8);
  Matrix flat = states;
  flat.col(2) = flat.col(0) + flat.col(1);
  EXPECT_THROW(theory::Cloud{flat}, Error);
  flat = states;
  flat.col(1).setConstant(3);
  EXPECT_THROW(theory::Cloud{flat}, Error);
  states(3, 1) = NAN;
  EXPECT_THROW(theory::Cloud{states}, Error);
}

/// [S(t + h) − S(t)]/h of Σ̇ = −γ(KΣ + ΣK) + 2D I: drift moves the states, noise is the cloud's to add.
double rate(const Matrix& states, const Square& curvature, double drift, double diffusion, double time_step) {
  const Index d = states.cols();
  const Matrix moved = states * (Square::Identity(d, d) - drift * time_step * curvature);
  const theory::Cloud cloud(moved);
  const double noise = cloud.entropy_from_noise(std::sqrt(2 * diffusion * time_step) * Matrix::Identity(d, d)).value;
  return (cloud.entropy() + noise - theory::Cloud(states).entropy()) / time_step;
}

/// Limit h → 0 by two Richardson steps: an error of O(h³).
double rate_in_the_limit(const Matrix& states, const Square& curvature, double drift, double diffusion) {
  const double h = 1e-3;
  double r[3];
  for (int k = 0; k < 3; ++k) r[k] = rate(states, curvature, drift, diffusion, h / std::pow(2, k));
  const double first = 2 * r[1] - r[0], second = 2 * r[2] - r[1];
  return (4 * second - first) / 3;
}

TEST(T25, EntropyRateOfAnOrnsteinUhlenbeckProcess) {
  const Square curvature = random_curvature(4, 9);
  const Matrix states = normals(60, 4, 10) * normals(4, 4, 11);
  const double drift = 0.7, diffusion = 0.05;
  const double want = -drift * curvature.trace() + diffusion * covariance(states).inverse().trace();
  EXPECT_NEAR(rate_in_the_limit(states, curvature, drift, diffusion), want, 1e-8 * std::abs(want) + 1e-8);
}

// A cloud whose covariance is (D/γ)K⁻¹ to the last digit: white states times the root of it.
TEST(T25, EntropyRestsWhereNoiseBalancesDrift) {
  const Square curvature = random_curvature(4, 12);
  const double drift = 0.7, diffusion = 0.05;
  const Matrix raw = normals(60, 4, 13);
  const Matrix centered = raw.rowwise() - raw.colwise().mean();
  const Square whitening = covariance(raw).llt().matrixL().solve(Square::Identity(4, 4));
  const Square stationary = diffusion / drift * curvature.inverse();
  const Square root = stationary.llt().matrixL();
  const Matrix states = centered * whitening.transpose() * root.transpose();
  ASSERT_LE((covariance(states) - stationary).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_NEAR(rate_in_the_limit(states, curvature, drift, diffusion), 0, 1e-7);
}

TEST(Jackknife, OfAMeanIsItsStandardError) {
  const Vector values{{1, 2, 4, 8, 16, 3}};
  const Vector without = (values.sum() - values.array()) / 5;
  const double deviation = std::sqrt((values.array() - values.mean()).square().sum() / 5);
  EXPECT_NEAR(theory::jackknife_error(without), deviation / std::sqrt(6.0), 1e-14);
}

// The jackknife of ½ ln det Cov of normal states: √(P/(2R)) to leading order.
TEST(Jackknife, OfAnEntropyIsThatOfWishart) {
  const Matrix states = normals(4000, 5, 14);
  const double error = theory::jackknife_error(theory::Cloud(states).entropy_without_one());
  EXPECT_NEAR(error / std::sqrt(5.0 / 8000), 1, 0.05);
}

}  // namespace
}  // namespace poise
