// How soon losses come down to a target, where some of them are no numbers; and correlations of what is finite.
#include "thermo/efficiency/learning_curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "poise/efficiency.h"
#include "poise/error.h"
#include "poise/read.h"
#include "thermo/efficiency/rank_correlation.h"

namespace poise::thermo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(EpochsTo, AreInterpolatedInTheLogarithm) {
  EXPECT_EQ(epochs_to({1, 0.5}, 2), 1);
  EXPECT_NEAR(*epochs_to({4, 1, 0.25}, 0.5), 2.5, 1e-12);
  EXPECT_EQ(epochs_to({4, 1}, 0.5), std::nullopt);
  EXPECT_EQ(epochs_to({}, 0.5), std::nullopt);
}

TEST(EpochsTo, WholeNumbersBehindALossThatIsNotFinite) {
  EXPECT_EQ(epochs_to({kNaN, 1}, 2), 2);
  EXPECT_EQ(epochs_to({kInfinity, 1}, 2), 2);
  EXPECT_EQ(epochs_to({1, kNaN}, 0.5), std::nullopt);
  EXPECT_EQ(epochs_to({1, 0}, 0.5), 2);
}

TEST(LossesOf, AnEpochWithoutCountedRowsHasNone) {
  Epoch counted, empty, perfect;
  counted.train = {0.7, 0.5, 0};
  perfect.train = {0, 1, 0};
  const std::vector<double> losses = losses_of({counted, empty, perfect});
  EXPECT_EQ(losses[0], 0.7);
  EXPECT_TRUE(std::isnan(losses[1]));
  EXPECT_EQ(losses[2], 0);
}

TEST(CommonTarget, IsReachedByItsShareOfTrainings) {
  EXPECT_EQ(common_target({{3, 1}, {2, 4}, {5}, {9}}, 0.75), 5);
  EXPECT_EQ(common_target({{kNaN, 1}, {2, kNaN}, {kNaN}, {}}, 0.75), 2);  // two have a loss at all
  EXPECT_EQ(common_target({{}, {kNaN}}, 0.75), kInfinity);
}

TEST(RankCorrelation, RefusesWhatHasNoRanks) {
  EXPECT_THROW(ranks_of({1, kNaN}), Error);
  EXPECT_THROW(rank_correlation({1, 2, 3}, {1, kNaN, 3}), Error);
  EXPECT_THROW(rank_correlation({1, 2, 3}, {1, 2}), Error);
  EXPECT_THROW(correlate({{1}, {2}}, {{1}}), Error);
  EXPECT_THROW(correlate({{1, 2}}, {{1}}), Error);
  EXPECT_EQ(rank_correlation({-kInfinity, 0, kInfinity}, {1, 2, 3}), 1);
}

TEST(RankCorrelation, LeavesOutCandidatesWithoutFiniteFigures) {
  const RankCorrelation found = correlate({{1, 1}, {2, 2}, {9, 9}, {3, 3}}, {{10, 11}, {20, 21}, {kNaN, 0}, {30, 31}});
  EXPECT_EQ(found.candidates, 3);
  EXPECT_EQ(found.value, 1);
  EXPECT_EQ(found.over_candidates.low, -1);  // three
  EXPECT_EQ(correlate({{1}, {2}}, {{kNaN}, {kNaN}}).candidates, 0);
}

TEST(RankCorrelation, OneSeedTellsNothingOfOthers) {
  const RankCorrelation found = correlate({{1}, {2}, {3}, {4}}, {{1}, {2}, {3}, {4}});
  EXPECT_EQ(found.value, 1);
  EXPECT_EQ(found.over_seeds.low, -1);
  EXPECT_EQ(found.over_seeds.high, 1);
}

/// Four architectures of the digits, trained by steps of this rate.
EfficiencyReport compare_at(double rate, int seeds) {
  EfficiencyOptions o;
  o.candidates = {{{16}}, {{8, 8}}, {{6, 5, 4}}, {{4, 4, 4, 4}}};
  o.activation = Activation::kRelu;
  o.learning_rate = rate;
  o.seeds = seeds;
  o.epochs = 2;
  o.rows = 100;
  const Dataset train = read_dataset("digits"), test = read_dataset("digits:test", {}, train.schema);
  return compare_architectures(train, &test, o);
}

TEST(CompareArchitectures, ComesToAnEndWhereTrainingsDiverge) {
  const EfficiencyReport report = compare_at(1e30, 1);
  ASSERT_TRUE(report.laplacian_accuracy.has_value());
  int finite = 0, diverged = 0;
  for (const CandidateResult& result : report.candidates) {
    const CandidateRun& run = result.runs[0];
    finite += std::isfinite(run.test_accuracy) && std::isfinite(run.laplacian_per_weight);
    diverged += run.status == TrainingStatus::kDiverged;
    EXPECT_GT(run.final_loss, 0);
    if (run.epochs) {
      EXPECT_GE(*run.epochs, 1);
    }
  }
  EXPECT_GT(diverged, 0);
  EXPECT_EQ(report.laplacian_accuracy->candidates, finite);
}

TEST(CompareArchitectures, OneSeedLeavesErrorsOpen) {
  const EfficiencyReport report = compare_at(0.05, 1);
  EXPECT_EQ(report.candidates[0].final_loss.error, kInfinity);
  EXPECT_EQ(report.candidates[0].laplacian_per_weight.error, kInfinity);
  EXPECT_EQ(report.depth_laplacian.over_seeds.low, -1);
  EXPECT_EQ(report.depth_laplacian.candidates, 4);
}

}  // namespace
}  // namespace poise::thermo
