// The laws of an ensemble of learners: where all is quadratic to the last digit, of networks where it must hold.
// docs/theory/thermodynamics-laws.md#the-entropy-of-learners.
#include "poise/theory/learner_cloud.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/random.h"
#include "poise/dual_process.h"
#include "poise/error.h"
#include "poise/read.h"
#include "sample_networks.h"

namespace poise {
namespace {

using Square = Eigen::MatrixXd;

Square random_curvature(Index size, std::uint64_t seed) {
  const Square a = NormalStream(seed).matrix(size, size);
  return a * a.transpose() / static_cast<double>(size) + 0.2 * Square::Identity(size, size);
}

/// One row with its minimum at 1, 1, …
std::unique_ptr<LearningTask> bowl(const Square& curvature) {
  return quadratic_task(curvature, Matrix::Ones(1, curvature.rows()));
}

std::unique_ptr<LearningTask> sample_task(const std::vector<Index>& hidden, Activation activation, Index rows = 12,
                                          std::uint64_t seed = 3) {
  return network_task(NormalStream(seed).matrix(rows, 2), random_targets(rows, 3, Loss::kCrossEntropy, seed + 1),
                      hidden, activation);
}

std::vector<Index> all_rows(const LearningTask& task) {
  std::vector<Index> rows(static_cast<std::size_t>(task.rows()));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

LearnerOptions options(Index learners, int steps, double learning_rate) {
  LearnerOptions o;
  o.learners = learners;
  o.steps = steps;
  o.learning_rate = learning_rate;
  o.threads = 2;
  return o;
}

double log_det_step(const Square& curvature, double learning_rate) {
  const Square step = Square::Identity(curvature.rows(), curvature.cols()) - learning_rate * curvature;
  return std::log(std::abs(step.determinant()));
}

TEST(LearningTask, DerivativesOfANetworkAreThoseOfItsLoss) {
  for (const Activation activation : {Activation::kTanh, Activation::kSigmoid}) {
    const auto task = sample_task({3, 2}, activation);
    ASSERT_EQ(task->parameters(), 3 * 3 + 2 * 4 + 3 * 3);
    Vector w = 0.7 * NormalStream(5).matrix(task->parameters(), 1);
    const std::vector<Index> rows{0, 4, 4, 7};  // a batch may hold a row twice
    const auto mean_gradient = [&](Index j) { return task->row_gradients(w, rows).col(j).mean(); };
    const Vector slopes = finite_differences(w, [&] { return task->loss(w, rows); });
    const Matrix hessian = task->hessian(w, rows);
    for (Index j = 0; j < w.size(); ++j) {
      EXPECT_NEAR(mean_gradient(j), slopes[j], 1e-9) << j;
      const Vector column = finite_differences(w, [&] { return mean_gradient(j); });
      EXPECT_LE((hessian.col(j) - column).cwiseAbs().maxCoeff(), 1e-8) << j;
    }
  }
}

TEST(LearningTask, GradientsOfRowsAreThoseOfBatchesOfOne) {
  const auto task = sample_task({3}, Activation::kRelu);
  const Vector w = NormalStream(6).matrix(task->parameters(), 1);
  const Matrix gradients = task->row_gradients(w, all_rows(*task));
  for (Index n = 0; n < task->rows(); ++n) {
    const std::vector<Index> row{n};
    EXPECT_LE((task->row_gradients(w, row).row(0) - gradients.row(n)).cwiseAbs().maxCoeff(), 1e-15);
  }
}

TEST(LearningTask, OfDataHasItsComponentsAndClasses) {
  const auto task =
      network_task(read_dataset("digits", {}), {.components = 3, .classes = 4, .rows = 20, .hidden = {2}});
  EXPECT_EQ(task->rows(), 80);
  EXPECT_EQ(task->parameters(), 2 * 4 + 4 * 3);
  // All weights 0: the gradient by the outputs' biases is q − t, whose mean is 1/4 − 20/80.
  const Matrix gradients = task->row_gradients(Vector::Zero(task->parameters()), all_rows(*task));
  EXPECT_LE(gradients.rightCols(4).colwise().mean().cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_NEAR(task->loss(Vector::Zero(task->parameters()), all_rows(*task)), std::log(4.0), 1e-14);
  // A softmax layer's gradient by weights at 0 is (1/4 − t) xᵀ: inputs have mean square 1.
  SmallTask without_hidden{.components = 3, .classes = 4, .rows = 20, .hidden = {}};
  const auto layer = network_task(read_dataset("digits", {}), without_hidden);
  const Matrix by_weights = layer->row_gradients(Vector::Zero(layer->parameters()), all_rows(*layer));
  for (Index j = 0; j < 3; ++j) {  // row c of W has its weights at 3c; its factor is 3/4 in one class and 1/4 in three
    double squares = 0;
    for (Index c = 0; c < 4; ++c) squares += by_weights.col(3 * c + j).squaredNorm() / 80;
    EXPECT_NEAR(squares, 9.0 / 16 + 3.0 / 16, 1e-9) << j;
  }
}

TEST(T25, EntropyOfDescentOnABowlFallsOnAStraightLine) {
  const Square curvature = random_curvature(5, 1);
  const double eta = 0.1, want = log_det_step(curvature, eta);
  const LearnerReport report = run_learners(*bowl(curvature), options(50, 60, eta));
  for (const LearnerStep& step : report.steps) {
    ASSERT_NEAR(step.entropy, report.initial_entropy + step.number * want, 1e-10) << step.number;
    ASSERT_NEAR(step.volume_change, want, 1e-12);
    ASSERT_NEAR(step.laplacian, curvature.trace(), 1e-12);
    ASSERT_EQ(step.second_law, SecondLaw::kHolds);
  }
  EXPECT_NEAR(report.shape_change.value, 0, 1e-10);
  EXPECT_LE(report.change.error, 1e-10);  // the same for every choice of learners
}

// D = 0, η → 0 at a fixed time t = ηn: S(t) − S(0) = −t tr K; what is missing is η t tr K²/2 + O(η²).
TEST(T25, SmallStepsAreTheLaplacianAlone) {
  const Square curvature = random_curvature(4, 2);
  const double time = 1;
  double missing[2];
  for (int k = 0; k < 2; ++k) {
    const double eta = 0.01 / (k + 1);
    const LearnerReport report =
        run_learners(*bowl(curvature), options(40, static_cast<int>(std::lround(time / eta)), eta));
    EXPECT_NEAR(report.laplacian_change, -time * curvature.trace(), 1e-10);
    missing[k] = report.change.value - report.laplacian_change;
    EXPECT_NEAR(missing[k] / (-eta * time * (curvature * curvature).trace() / 2), 1, 0.05);
  }
  EXPECT_NEAR(missing[0] / missing[1], 2, 0.02);
}

TEST(T26, MomentumTakesLnAlphaAParameter) {
  const Square curvature = random_curvature(4, 3);
  LearnerOptions o = options(60, 40, kGoldenLearningRate);
  o.momentum = kGoldenMomentum;
  o.velocity_spread = 0.1;
  const LearnerReport report = run_learners(*bowl(curvature), o);
  EXPECT_EQ(report.dimension, 8);
  for (const LearnerStep& step : report.steps) {
    ASSERT_NEAR(step.change.value, 4 * std::log(kGoldenMomentum), 1e-10) << step.number;
    ASSERT_NEAR(step.volume_change, 4 * std::log(kGoldenMomentum), 1e-12);
  }
  // Of the weights alone there is no such law.
  EXPECT_GT(
      std::abs(report.steps[1].position_entropy - report.steps[0].position_entropy - 4 * std::log(kGoldenMomentum)),
      0.01);
}

// Learners within 10⁻⁶ of each other see one linear map: the cloud's shape stays, whatever the loss, as long as no
// direction has shrunk so far that the bend of the others shows.
TEST(SecondLaw, CloseLearnersFollowTheDeterminantOnAnyLoss) {
  for (const Activation activation : {Activation::kTanh, Activation::kRelu}) {
    for (const Batches batches : {Batches::kAll, Batches::kShared}) {
      const auto task = sample_task({3}, activation);
      LearnerOptions o = options(60, 20, 0.05);
      o.batches = batches;
      o.batch = 4;
      o.center = NormalStream(7).matrix(task->parameters(), 1);
      o.spread = 1e-6;
      const LearnerReport report = run_learners(*task, o);
      EXPECT_NEAR(report.change.value, report.volume_change.value, 2e-3);
      EXPECT_GT(std::abs(report.change.value), 0.1);
      EXPECT_GT(std::abs(report.volume_change.value - report.laplacian_change), 1e-3);  // η² is not nothing
    }
  }
}

TEST(SecondLaw, CloseLearnersWithMomentumTakeLnAlphaOnAnyLoss) {
  const auto task = sample_task({2}, Activation::kTanh);
  LearnerOptions o = options(80, 30, 0.05);
  o.momentum = 0.8;
  o.velocity_spread = 1;
  o.center = NormalStream(8).matrix(task->parameters(), 1);
  o.spread = 1e-6;
  const LearnerReport report = run_learners(*task, o);
  EXPECT_NEAR(report.change.value, 30 * static_cast<double>(task->parameters()) * std::log(0.8), 5e-3);
}

// Learners far apart are no normal cloud: what S misses of the volume is the loss of likeness to one.
TEST(SecondLaw, FarLearnersChangeTheShapeOfTheCloud) {
  const auto task = sample_task({3}, Activation::kTanh);
  LearnerOptions o = options(200, 30, 0.5);
  o.spread = 2;
  const LearnerReport report = run_learners(*task, o);
  EXPECT_GT(report.shape_change.value, 3 * report.shape_change.error);
  EXPECT_NEAR(report.change.value, report.volume_change.value + report.shape_change.value, 1e-10);
}

TEST(SecondLaw, HoldsOfEveryStepOfSoftmaxRegressionWithoutNoise) {
  const auto task = sample_task({}, Activation::kIdentity);
  LearnerOptions o = options(200, 100, 0.3);
  o.batches = Batches::kShared;
  for (const LearnerStep& step : run_learners(*task, o).steps) {
    EXPECT_GE(step.laplacian, 0);
    EXPECT_LE(step.volume_change, 0);
    EXPECT_LT(step.change.value, 0);
    EXPECT_EQ(step.second_law, SecondLaw::kHolds);
  }
}

TEST(SecondLaw, FailsWhereTheLaplacianIsNegative) {
  const LearnerReport report = run_learners(*bowl(Vector{{0.5, -1, -0.2}}.asDiagonal()), options(40, 10, 0.1));
  EXPECT_EQ(report.count(SecondLaw::kNegativeLaplacian), 10);
  EXPECT_NEAR(report.change.value, 10 * (std::log(0.95) + std::log(1.1) + std::log(1.02)), 1e-10);
}

// λ > 2/η: the Laplacian is positive, and the cloud grows all the same.
TEST(SecondLaw, FailsWhereStepsAreTooLarge) {
  const LearnerReport report = run_learners(*bowl(Vector{{25, 0.1}}.asDiagonal()), options(40, 10, 0.1));
  EXPECT_EQ(report.count(SecondLaw::kStepTooLarge), 10);
  EXPECT_LT(report.laplacian_change, 0);
  EXPECT_NEAR(report.change.value, 10 * (std::log(1.5) + std::log(0.99)), 1e-10);
}

/// Many rows about 0 with curvature diag(λ): batches of one add noise of variance λ²⟨c²⟩.
struct NoisyBowl {
  Vector curvature{{1, 0.4}};
  Matrix centers = NormalStream(9).matrix(100, 2);

  NoisyBowl() { centers.rowwise() -= centers.colwise().mean(); }
  std::unique_ptr<LearningTask> task() const { return quadratic_task(Square(curvature.asDiagonal()), centers); }
  Vector gradient_variance() const {
    return curvature.cwiseAbs2().cwiseProduct(centers.colwise().squaredNorm().transpose() / 100);
  }
};

TEST(SecondLaw, NoiseRaisesTheEntropyOfATightCloudAndBalancesInTheEnd) {
  const NoisyBowl bowl;
  LearnerOptions o = options(1000, 120, 0.1);
  o.batches = Batches::kIndependent;
  o.batch = 2;
  o.spread = 0.01;
  const LearnerReport report = run_learners(*bowl.task(), o);
  EXPECT_EQ(report.steps.front().second_law, SecondLaw::kNoise);

  // The first step in closed form; the cloud's covariance is spread² I within a few percent.
  double want = 0, stationary = 0;
  for (Index j = 0; j < 2; ++j) {
    const double kept = 1 - 0.1 * bowl.curvature[j], noise = 0.01 * bowl.gradient_variance()[j] / 2;
    want += 0.5 * std::log1p(noise / (kept * kept * 1e-4));
    stationary +=
        0.5 * std::log(2 * std::numbers::pi * std::numbers::e * noise / (1 - kept * kept));  // Σ = kept² Σ + noise
  }
  EXPECT_NEAR(report.steps.front().noise_change.value, want, 0.1);

  // Every step is volume and noise, up to the chance of 1,000 learners; the last cloud is the stationary one.
  for (const LearnerStep& step : report.steps) {
    EXPECT_NEAR(step.drift_change, step.volume_change, 1e-10);
    const double rest = step.change.value - step.volume_change - step.noise_change.value;
    EXPECT_LE(std::abs(rest), 5 * step.noise_change.error) << step.number;
  }
  EXPECT_NEAR(report.steps.back().entropy, stationary, 4 * std::sqrt(2.0 / 2000));
  EXPECT_NEAR(report.shape_change.value, 0, 1e-8);
  const double rest = report.change.value - report.drift_change.value - report.noise_change.value;
  EXPECT_NEAR(rest, 0, 3 * report.noise_change.error);
}

TEST(RunLearners, SameBitsForAnyNumberOfThreads) {
  const auto task = sample_task({2}, Activation::kTanh);
  LearnerOptions o = options(60, 5, 0.1);
  o.batches = Batches::kIndependent;
  o.threads = 1;
  const LearnerReport one = run_learners(*task, o);
  o.threads = 3;
  const LearnerReport three = run_learners(*task, o);
  for (std::size_t k = 0; k < one.steps.size(); ++k) {
    EXPECT_EQ(one.steps[k].entropy, three.steps[k].entropy);
    EXPECT_EQ(one.steps[k].noise_change.value, three.steps[k].noise_change.value);
    EXPECT_EQ(one.steps[k].loss, three.steps[k].loss);
  }
}

std::string refusal(const LearnerOptions& o) {
  try {
    run_learners(*bowl(Square::Identity(3, 3)), o);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(RunLearners, RefusesWhatHasNoEntropy) {
  EXPECT_THAT(refusal(options(6, 3, 0.1)), testing::HasSubstr("at least 7"));
  LearnerOptions still = options(60, 3, 0.1);
  still.momentum = 0.9;
  EXPECT_THAT(refusal(still), testing::HasSubstr("velocity_spread above 0"));
  EXPECT_THAT(refusal(options(20, 3, 1)), testing::HasSubstr("flat"));  // one step and all are at the minimum
  EXPECT_THAT(refusal(options(20, 3, -1)), testing::HasSubstr("learning rate"));
  LearnerOptions centered = options(20, 3, 0.1);
  centered.center = Vector::Zero(2);
  EXPECT_THAT(refusal(centered), testing::HasSubstr("center"));
}

}  // namespace
}  // namespace poise
