// When a step went too far, what is done about it, and what is not taken for it.
#include "learning/guard.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "learning/pace.h"
#include "poise/dual_process.h"
#include "poise/error.h"
#include "poise/training.h"

namespace poise {
namespace {

using learning::BatchSums;
using learning::Guard;
using learning::kappa_range;
using learning::stable_curvature;

/// Rows of one loss.
BatchSums sums(double rows, double loss) {
  BatchSums found;
  found.weight = rows, found.loss = rows * loss, found.worst_loss = loss;
  return found;
}

TEST(Guard, JudgesABatchOfThirtyTwoAlone) {
  Guard guard(1.0, std::log(2.0), 1000);
  EXPECT_EQ(guard.judge(sums(32, 4.1), 32), Guard::Verdict::kGood);  // 31/32 · 4.1 = 3.97
  EXPECT_EQ(guard.judge(sums(32, 4.2), 32), Guard::Verdict::kDiverged);
}

TEST(Guard, OneWrongRowIsNoDivergence) {
  Guard guard(0.1, std::log(10.0), 1000);
  for (int k = 0; k < 31; ++k) EXPECT_EQ(guard.judge(sums(1, 0.01), 1), Guard::Verdict::kOpen);
  EXPECT_EQ(guard.judge(sums(1, 1e9), 1), Guard::Verdict::kGood);
  EXPECT_EQ(guard.judge(sums(1, 50), 1), Guard::Verdict::kGood);        // (30·0.01 + 50)/32 = 1.57 < 4 ln 10
  EXPECT_EQ(guard.judge(sums(1, 1000), 1), Guard::Verdict::kDiverged);  // (29·0.01 + 50 + 1000)/32 = 32.8
}

TEST(Guard, NumbersThatAreNotFiniteAreJudgedAtOnce) {
  for (double loss : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Guard guard(1.0, std::log(2.0), 1000);
    EXPECT_EQ(guard.judge(sums(1, loss), 1), Guard::Verdict::kDiverged);
    guard.forget();
    EXPECT_EQ(guard.judge(sums(32, 1), 32), Guard::Verdict::kGood);
  }
}

TEST(Guard, FewRowsAreJudgedTogether) {
  Guard guard(std::numeric_limits<double>::quiet_NaN(), std::log(2.0), 10);
  EXPECT_EQ(guard.judge(sums(10, 3.0), 10), Guard::Verdict::kGood);      // 0.9 · 3.0 < 4 ln 2 = 2.77
  EXPECT_EQ(guard.judge(sums(10, 3.1), 10), Guard::Verdict::kDiverged);  // 0.9 · 3.1 = 2.79
}

TEST(Kappa, StaysBelowTheStabilityLimitOfAnyRateAndMomentum) {
  const auto golden = kappa_range(kGoldenLearningRate, kGoldenMomentum, 0);
  EXPECT_NEAR(golden.first, 2 / (1 - kGoldenMomentum), 1e-9);
  EXPECT_NEAR(golden.last, 200, 1e-9);
  const auto faster = kappa_range(0.1, 0.9, 0);  // λ_s = 2·1.9/0.1 = 38, guarantee 2·0.1/0.1 = 2
  EXPECT_NEAR(faster.last / 38, 200 / 236.203799015, 1e-9);
  EXPECT_NEAR(faster.first, 2, 1e-9);
  const auto slower = kappa_range(kGoldenLearningRate / 4, kGoldenMomentum, 0);  // a quarter of every step
  EXPECT_NEAR(slower.first, golden.first, 1e-12);
  EXPECT_NEAR(slower.last, 200, 1e-9);
}

/// The largest modulus of an eigenvalue of (w, Re Δ, Im Δ) → the same after a step Δ ← βΔ − η λw, w ← w + Re Δ.
double growth(double curvature, double momentum, double phase) {
  const double re = momentum * std::cos(phase), im = momentum * std::sin(phase), c = kGoldenLearningRate * curvature;
  const Matrix step{{1 - c, re, -im}, {-c, re, -im}, {0, im, re}};
  return Eigen::EigenSolver<Eigen::MatrixXd>(step, false).eigenvalues().cwiseAbs().maxCoeff();
}

TEST(Kappa, IsBelowTheStabilityLimitForAnyPhase) {
  for (const double momentum : {0.3, kGoldenMomentum, 0.97}) {
    for (double phase = -3.1; phase < 3.2; phase += 0.1) {
      const double limit = stable_curvature(kGoldenLearningRate, momentum, phase);
      EXPECT_LT(growth(0.999 * limit, momentum, phase), 1) << momentum << " " << phase;
      EXPECT_GT(growth(1.001 * limit, momentum, phase), 1) << momentum << " " << phase;
      const auto range = kappa_range(kGoldenLearningRate, momentum, phase);
      EXPECT_LE(range.last, 0.85 * limit);
      EXPECT_LE(range.first, range.last);
    }
  }
}

/// Points of two classes on a line, a little mixed; row `wrong` has the label that no fit would give it.
Dataset line(Index rows, Index wrong = -1) {
  std::vector<float> values;
  Dataset data;
  for (Index i = 0; i < rows; ++i) {
    const bool right = i % 2 == 1;
    const double place = 0.4 + random_uniform(7, static_cast<std::uint64_t>(i));
    values.push_back(static_cast<float>(right ? place : -place));
    data.labels.push_back(right != (i == wrong) ? 1 : 0);
  }
  data.name = "line";
  data.features = Features::from_values(std::move(values), rows, 1);
  data.schema.format = FileFormat::kNpy;
  data.schema.array_features = 1;
  data.schema.classes = {"left", "right"};
  return data;
}

NetworkOptions sgd(double rate) {
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {8};
  options.step = Step::kSgd;
  options.learning_rate = rate;
  options.momentum = 0;
  options.epochs = 30;
  options.threads = 1;
  return options;
}

/// No rate given: the golden step as it comes.
NetworkOptions golden() {
  NetworkOptions options = sgd(0);
  options.step = Step::kGolden;
  options.momentum.reset();
  return options;
}

struct Recorder : Watcher {
  std::vector<std::string> messages;
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kMessage) messages.push_back(event.text);
    return Answer::kGoOn;
  }
};

TEST(Training, OneWrongRowDoesNotEndAnEpoch) {
  for (Index rows : {100, 129}) {  // by rows one at a time, and with a last batch that would have one row
    NetworkOptions options = sgd(0.1);
    options.batch = rows == 100 ? 1 : 64;
    options.epochs = 200;
    Recorder recorder;
    const NetworkFit fit = train_network(line(rows, rows / 2), options, nullptr, &recorder);
    EXPECT_TRUE(recorder.messages.empty()) << recorder.messages.front();
    EXPECT_EQ(fit.report.status, TrainingStatus::kFinished);
    EXPECT_GE(fit.report.history.back().train.accuracy, 0.98);
  }
}

/// A row whose features are thousands of times as large as all others', as counts of words may be.
TEST(Training, ARowOfHugeFeaturesDoesNotEndATraining) {
  CsrMatrix x;
  x.cols = 50;
  Dataset data = line(400);
  for (Index i = 0; i < 400; ++i) {
    for (Index j = 0; j < x.cols; ++j) {
      if (random_uniform(11, static_cast<std::uint64_t>(i * x.cols + j)) > 0.2) continue;
      const bool tells = j % 2 == data.labels[static_cast<std::size_t>(i)];
      x.columns.push_back(static_cast<std::int32_t>(j));
      x.values.push_back((tells ? 3.0f : 1.0f) * (i == 200 ? 1000.0f : 1.0f));
    }
    x.row_start.push_back(static_cast<Index>(x.values.size()));
  }
  data.features = Features::from_sparse(std::move(x));
  data.schema.format = FileFormat::kLibsvm;
  data.schema.array_features = 50;
  data.labels[200] = 1 - data.labels[200];
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {16};
  options.epochs = 40;
  options.batch = 64;
  options.threads = 1;
  options.objective.scale = Scale::kNone;
  Recorder recorder;
  const NetworkFit fit = train_network(data, options, nullptr, &recorder);
  EXPECT_EQ(fit.report.status, TrainingStatus::kFinished);
  EXPECT_LT(recorder.messages.size(), 10u);  // its own steps are too large until they have been halved some times
  EXPECT_GE(fit.report.history.back().train.accuracy, 0.88);
}

TEST(Training, BatchesOfWeightZeroAreNoDivergence) {
  Dataset data = line(120);
  data.sample_weight = Vector::Ones(120);
  data.sample_weight.tail(100).setZero();
  for (Step step : {Step::kSgd, Step::kGolden}) {
    NetworkOptions options = sgd(0.1);
    options.step = step;
    options.batch = 2;
    Recorder recorder;
    const NetworkFit fit = train_network(data, options, nullptr, &recorder);
    EXPECT_TRUE(recorder.messages.empty()) << recorder.messages.front();
    EXPECT_EQ(fit.report.history.back().train.accuracy, 1);
  }
}

TEST(Training, TrueDivergenceIsSeenWithinAStep) {
  NetworkOptions options = sgd(1e6);
  options.batch = 50;
  Recorder recorder;
  train_network(line(200), options, nullptr, &recorder);
  ASSERT_FALSE(recorder.messages.empty());
  EXPECT_EQ(recorder.messages[0].find("step 2: "), 0u) << recorder.messages[0];
}

/// Labels that do not depend on the features: a step too far always leads up.
Dataset noise(Index rows) {
  Dataset data = line(rows);
  for (Index i = 0; i < rows; ++i) {
    data.labels[static_cast<std::size_t>(i)] = random_uniform(9, static_cast<std::uint64_t>(i)) < 0.5 ? 0 : 1;
  }
  return data;
}

TEST(Training, AnEpochWithoutRowsHasNoLossAndIsNoRest) {
  NetworkOptions options = sgd(1e4);
  options.batch = 200;  // one step an epoch: the next epoch takes back what it led to
  options.stop_at_rest = true;
  options.epochs = 12;
  Recorder recorder;
  const NetworkFit fit = train_network(noise(200), options, nullptr, &recorder);
  ASSERT_FALSE(recorder.messages.empty());
  EXPECT_NE(fit.report.status, TrainingStatus::kAtRest);
  int without = 0;
  for (const Epoch& epoch : fit.report.history) {
    if (std::isnan(epoch.train.loss)) {
      ++without;
      EXPECT_TRUE(std::isnan(epoch.train.accuracy));
    } else {
      EXPECT_GT(epoch.train.loss, 0.3);
    }
    EXPECT_GT(epoch.learning_rate, 0);
  }
  EXPECT_GT(without, 0);
}

TEST(Training, ADivergedEpochStartIsNotGoneBackTo) {
  NetworkOptions options = sgd(1e4);
  options.batch = 200;
  options.epochs = 60;
  const NetworkFit fit = train_network(noise(200), options);  // halved until it fits
  EXPECT_LT(fit.report.history.back().train.loss, 2.8);       // 4 ln 2
}

TEST(Training, TheLastStepIsJudgedToo) {
  NetworkOptions options = sgd(1e38);  // the first step leaves the finite numbers, and there is no second one
  options.batch = 200;
  options.epochs = 1;
  const NetworkFit fit = train_network(noise(200), options);
  EXPECT_EQ(fit.report.status, TrainingStatus::kDiverged);
  EXPECT_NE(fit.report.why.find("last step"), std::string::npos) << fit.report.why;
  EXPECT_EQ(fit.report.best_epoch, 0);
  for (const Layer& layer : fit.network.layers) EXPECT_TRUE(layer.weights.allFinite());
}

TEST(Training, WeightsWithoutAFiniteLossAreNeverTheBest) {
  NetworkOptions options = sgd(1e38);
  options.batch = 200;
  options.epochs = 1;
  const Dataset train = noise(200), held_out = noise(50);
  const NetworkFit fit = train_network(train, options, &held_out);
  EXPECT_EQ(fit.report.status, TrainingStatus::kDiverged);
  EXPECT_EQ(fit.report.best_epoch, 0);
  for (const Layer& layer : fit.network.layers) EXPECT_LT(layer.weights.norm(), 100);  // the initial ones
}

TEST(Training, ValidationDataOfOtherColumnsOrClassesAreRefused) {
  const Dataset train = line(60);
  Dataset wide = line(60);
  wide.features = Features::from_values(std::vector<float>(120, 1.0f), 60, 2);
  Dataset more = line(60);
  more.schema.classes = {"left", "right", "middle"};
  more.labels[0] = 2;
  for (const Dataset* other : {&wide, &more}) {
    try {
      train_network(train, sgd(0.1), other);
      FAIL() << "was not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    }
  }
}

TEST(Training, AGoldenStepWithAnyRateIsStable) {
  NetworkOptions options = sgd(0.2);  // κ = 200 would be five times the stability limit
  options.step = Step::kGolden;
  options.momentum.reset();
  Recorder recorder;
  const NetworkFit fit = train_network(line(400), options, nullptr, &recorder);
  EXPECT_TRUE(recorder.messages.empty()) << recorder.messages.front();
  for (const Epoch& epoch : fit.report.history) {
    EXPECT_LT(epoch.learning_rate * epoch.curvature, 2 * (1 + kGoldenMomentum)) << epoch.number;
  }
}

TEST(Training, AGoldenStepWithAnyPhaseIsStable) {
  for (const double phase : {0.6, 1.57, 3.1}) {
    NetworkOptions options = golden();
    options.momentum_phase = phase;
    Recorder recorder;
    const NetworkFit fit = train_network(line(400), options, nullptr, &recorder);
    EXPECT_TRUE(recorder.messages.empty()) << recorder.messages.front();
    EXPECT_GE(fit.report.history.back().train.accuracy, 0.98) << phase;
  }
}

/// Curvature is that of the mean loss whatever the gradient is of: so are the steps.
TEST(Training, AGoldenStepDoesNotMindTheReduction) {
  NetworkOptions options = golden();
  options.batch = 50;
  options.epochs = 5;
  const Dataset data = line(400);
  const NetworkFit mean = train_network(data, options);
  options.reduction = Reduction::kSum;
  const NetworkFit sum = train_network(data, options);
  EXPECT_NEAR(sum.report.history.back().curvature, mean.report.history.back().curvature, 1e-2);
  for (std::size_t l = 0; l < 2; ++l) {
    const Matrix &a = sum.network.layers[l].weights, &b = mean.network.layers[l].weights;
    EXPECT_LE((a - b).norm(), 1e-3 * b.norm());
  }
}

TEST(Training, BatchesOfNearlyNoWeightAreNoDivergence) {
  Dataset data = line(400);
  data.sample_weight = Vector::Constant(400, 1e-18);
  data.sample_weight.head(20).setOnes();
  NetworkOptions options = sgd(0.1);
  options.batch = 8;  // most batches have rows of nearly no weight alone
  Recorder recorder;
  const NetworkFit fit = train_network(data, options, nullptr, &recorder);
  EXPECT_TRUE(recorder.messages.empty()) << recorder.messages.front();
  EXPECT_EQ(fit.report.status, TrainingStatus::kFinished);
}

/// On a batch of n rows the sum of losses with its penalty is n times the mean: the same step with a rate of a 1/n.
TEST(Training, ThePenaltyBelongsToTheSumOfABatch) {
  NetworkOptions options = sgd(0.5);
  options.objective.l2 = 0.3;
  options.batch = 64;
  options.epochs = 5;
  const Dataset data = line(256);
  const Network mean = train_network(data, options).network;
  options.reduction = Reduction::kSum;
  options.learning_rate /= 64;
  const Network sum = train_network(data, options).network;
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_LE((sum.layers[l].weights - mean.layers[l].weights).norm(), 1e-5 * mean.layers[l].weights.norm());
  }
}

TEST(Training, AGoldenRunOfOneStepTakesIt) {
  NetworkOptions options = golden();
  options.batch = 200;
  options.epochs = 1;
  struct AtOnce : Watcher {
    Answer on_event(const Event&) override { return Answer::kStop; }
  } at_once;
  const Dataset data = line(200);
  const NetworkFit before = train_network(data, options, nullptr, &at_once), after = train_network(data, options);
  EXPECT_NE(before.network.layers[0].weights, after.network.layers[0].weights);
  EXPECT_GT(after.report.history[0].learning_rate, 0);
}

TEST(Training, ANetworkThatHasNotLearnedYetIsNotAtRest) {
  NetworkOptions options = sgd(1e-7);  // p = 1/K stands still: CE = H = ln K
  options.hidden = {4};
  options.gain = 1e-3;
  options.stop_at_rest = true;
  options.epochs = 100;
  EXPECT_GE(train_network(noise(200), options).report.epochs, 15);
}

TEST(Training, RefusesNumbersThatAreNone) {
  NetworkOptions turning = sgd(0.1), smoothed = sgd(0.1);
  turning.momentum_phase = smoothed.objective.label_smoothing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(train_network(line(20), turning), Error);
  EXPECT_THROW(train_network(line(20), smoothed), Error);
  Dataset empty = line(0);
  try {
    train_network(empty, sgd(0.1));
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
  }
}

}  // namespace
}  // namespace poise
