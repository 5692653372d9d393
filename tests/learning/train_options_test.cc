// What single options of training mean, by runs that must agree.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <optional>

#include "learning/options.h"
#include "poise/read.h"
#include "poise/training.h"

namespace poise {
namespace {

/// The first digits; `kept` decides by class.
Dataset digits(Index rows, const std::function<bool(Index row, int label)>& kept = {}) {
  const Dataset all = read_dataset("digits");
  std::vector<Index> some;
  for (Index i = 0; i < rows; ++i) {
    if (!kept || kept(i, all.labels[static_cast<std::size_t>(i)])) some.push_back(i);
  }
  return select_rows(all, some);
}

/// Plain steps, a few, so that equal runs stay equal but for rounding.
NetworkOptions plain_steps() {
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {16};
  options.epochs = 3;
  options.batch = 50;
  options.step = Step::kSgd;
  options.momentum = 0;
  options.learning_rate = 0.1;
  options.threads = 1;
  return options;
}

Matrix scores(const Dataset& data, const NetworkOptions& options) {
  return predict_scores(train_network(data, options).network, data);
}

void expect_same(const Matrix& found, const Matrix& expected) {
  EXPECT_LE((found - expected).norm(), 1e-4 * expected.norm());
}

/// As many as there can be: steps an epoch are none, and 8,000 of them are wanted.
TEST(TrainingOptions, WithoutRowsTheEpochsAreTheMost) {
  const NetworkOptions options = learning::resolve({}, 0);
  EXPECT_EQ(options.epochs, 200);
  EXPECT_EQ(options.batch, 1);
}

/// 3/n of the rows that count, for ten classes and inputs as given, with the loss it was measured for.
TEST(TrainingOptions, ThePenaltyFallsWithTheRows) {
  Dataset data = digits(300);
  const auto l2 = [&](Loss loss = Loss::kCrossEntropy, std::optional<double> asked = {}) {
    NetworkOptions options;
    options.loss = loss, options.objective.l2 = asked;
    return *learning::resolve(options, data).objective.l2;
  };
  EXPECT_DOUBLE_EQ(l2(), 3 / 300.0);
  EXPECT_EQ(l2(Loss::kCrossEntropy, 0), 0);
  EXPECT_EQ(l2(Loss::kSquared), 0);
  EXPECT_EQ(l2(Loss::kBinaryCrossEntropy), 0);
  data.sample_weight = Vector::Ones(300);
  data.sample_weight.head(150).setZero();
  EXPECT_DOUBLE_EQ(l2(), 3 / 150.0);
  NetworkOptions options = plain_steps();
  options.epochs = 1;
  options.objective.l2.reset();
  EXPECT_EQ(std::stod(train_network(data, options).network.metadata.at("l2")), l2());
}

TEST(TrainingOptions, BalancedClassesAreRowsWeightedByHand) {
  const Dataset data = digits(600, [](Index i, int label) { return label % 2 == 0 || i % 3 == 0; });
  const auto n = static_cast<double>(data.rows());
  Vector count = Vector::Zero(10);
  for (const auto label : data.labels) ++count[label];
  ASSERT_GT(count.maxCoeff(), 2 * count.minCoeff());
  Dataset weighted = data;
  weighted.sample_weight = Vector::NullaryExpr(
      data.rows(), [&](Index i) { return n / (10 * count[data.labels[static_cast<std::size_t>(i)]]); });
  NetworkOptions options = plain_steps();
  const Matrix plain = scores(data, options), expected = scores(weighted, options);
  options.objective.balanced_classes = true;
  expect_same(scores(data, options), expected);
  EXPECT_GT((plain - expected).norm(), 0.01 * expected.norm());  // the weights do matter
}

TEST(TrainingOptions, StartFromTheSameWeightsForAnyThreadsTimesTheGain) {
  NetworkOptions options = plain_steps();
  options.hidden = {300, 200};  // enough work for two threads
  options.epochs = 1;
  options.learning_rate = 1e-30;           // float32 weights stay as they are
  options.objective.scale = Scale::kNone;  // or the first layer would be in other units
  const Dataset data = digits(300);
  const std::vector<Layer> one = train_network(data, options).network.layers;
  options.threads = 2;
  options.gain = 4;  // a power of 2: exact
  const std::vector<Layer> two = train_network(data, options).network.layers;
  for (std::size_t l = 0; l < 3; ++l) {
    EXPECT_GT(one[l].weights.norm(), 0);
    EXPECT_EQ(two[l].weights, 4 * one[l].weights) << l;
    EXPECT_TRUE(two[l].bias.isZero(1e-20)) << l;
  }
}

TEST(TrainingOptions, SumIsTheMeanTimesTheRowsOfABatch) {
  const Dataset data = digits(600);  // twelve full batches
  NetworkOptions options = plain_steps();
  const Matrix expected = scores(data, options);
  options.reduction = Reduction::kSum;
  options.learning_rate /= 50;
  expect_same(scores(data, options), expected);
}

TEST(TrainingOptions, CoolingIsHalfACosine) {
  NetworkOptions options = plain_steps();
  options.epochs = 8;
  const Dataset data = digits(600);
  for (const bool cooling : {false, true}) {
    options.cooling = cooling;
    const std::vector<Epoch> history = train_network(data, options).report.history;
    ASSERT_EQ(history.size(), 8u);
    for (std::size_t e = 1; e < 8; ++e) {  // rates of the first steps; the first epoch reports its second
      const double share = cooling ? 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(e) / 8)) : 1;
      EXPECT_NEAR(history[e].learning_rate, 0.1 * share, 1e-12) << e;
    }
  }
  options.cooling.reset();
  EXPECT_NEAR(train_network(data, options).report.history.back().learning_rate, 0.1, 1e-12);  // sgd: not by itself
}

}  // namespace
}  // namespace poise
