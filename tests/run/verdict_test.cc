// Verdicts on claims from hand-made samples: intervals against tabulated quantiles, and when nothing can be said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "experiments/experiment.h"

namespace poise::experiments {
namespace {

TEST(Statistics, SpreadByHand) {
  const Sample sample{1, 2, 3, 4, 5};
  EXPECT_DOUBLE_EQ(mean_of(sample), 3);
  EXPECT_DOUBLE_EQ(deviation_of(sample), std::sqrt(2.5));
  EXPECT_EQ(deviation_of({7}), 0);
  EXPECT_EQ(mean_of({}), 0);
  EXPECT_THAT(difference({3, 5}, {1, 7}), testing::ElementsAre(2, -2));
}

TEST(Statistics, IntervalOfTheMean) {
  const Interval interval = interval_of({1, 2, 3, 4, 5});
  const double reach = 2.7764451 * std::sqrt(2.5) / std::sqrt(5.0);
  EXPECT_NEAR(interval.low, 3 - reach, 1e-6);
  EXPECT_NEAR(interval.high, 3 + reach, 1e-6);
  EXPECT_GT(interval_of({1, 2, 3, 4, 5}, 10).high, interval.high);
  EXPECT_EQ(interval_of({1, 2}).high, std::numeric_limits<double>::infinity());
}

TEST(Verdict, AboveAMargin) {
  EXPECT_EQ(judge_above({0.010, 0.011, 0.009, 0.010, 0.010}, 0.001), Verdict::kReproduced);
  EXPECT_EQ(judge_above({0.0001, -0.0001, 0.0002, 0, -0.0002}, 0.001), Verdict::kNotReproduced);
  EXPECT_EQ(judge_above({-0.05, -0.052, -0.049, -0.05, -0.051}, 0.001), Verdict::kNotReproduced);
  // On the mean above the margin, but by less than chance can do.
  EXPECT_EQ(judge_above({0.02, -0.01, 0.015, -0.012, 0.01}, 0.001), Verdict::kUndecidable);
}

TEST(Verdict, TwoSeedsDecideNothingHoweverClear) {
  EXPECT_EQ(judge_above({0.5, 0.5}, 0.001), Verdict::kUndecidable);
  EXPECT_EQ(judge_within({0, 0}, 0.3), Verdict::kUndecidable);
  EXPECT_EQ(judge_above({}, 0), Verdict::kUndecidable);
}

TEST(Verdict, WithinAMargin) {
  EXPECT_EQ(judge_within({0.001, -0.001, 0.0005, 0, 0}, 0.003), Verdict::kReproduced);
  EXPECT_EQ(judge_within({0.010, 0.011, 0.009}, 0.003), Verdict::kNotReproduced);
  EXPECT_EQ(judge_within({-0.010, -0.011, -0.009}, 0.003), Verdict::kNotReproduced);
  EXPECT_EQ(judge_within({0.002, 0.004, 0.001}, 0.003), Verdict::kUndecidable);
  // What one comparison decides, one of many may not.
  const Sample sample{0.004, 0.0044, 0.0052};
  EXPECT_EQ(judge_within(sample, 0.003), Verdict::kNotReproduced);
  EXPECT_EQ(judge_within(sample, 0.003, 10), Verdict::kUndecidable);
}

TEST(Verdict, OnSeveralAtOnce) {
  const Sample inside{0.001, -0.001, 0.0005}, outside{0.010, 0.011, 0.009}, neither{0.002, 0.004, 0.001};
  EXPECT_EQ(judge_all_within({inside, inside}, 0.003), Verdict::kReproduced);
  EXPECT_EQ(judge_all_within({inside, neither}, 0.003), Verdict::kUndecidable);
  EXPECT_EQ(judge_all_within({neither, outside, inside}, 0.003), Verdict::kNotReproduced);
  EXPECT_EQ(judge_all_within({}, 0.003), Verdict::kUndecidable);
  EXPECT_EQ(judge_all_above({outside, outside}, 0), Verdict::kReproduced);
  EXPECT_EQ(judge_all_above({outside, neither}, 0), Verdict::kUndecidable);
  EXPECT_EQ(judge_all_above({outside, difference(inside, outside)}, 0), Verdict::kNotReproduced);
}

TEST(Verdict, OneOfManyIsRefutedLessEasily) {
  const Sample inside{0.001, -0.001, 0.0005}, outside{0.004, 0.0044, 0.0052};
  EXPECT_EQ(judge_all_within({outside}, 0.003), Verdict::kNotReproduced);
  EXPECT_EQ(judge_all_within({outside, inside, inside, inside}, 0.003), Verdict::kUndecidable);
}

TEST(Verdict, Opposite) {
  EXPECT_EQ(opposite(Verdict::kReproduced), Verdict::kNotReproduced);
  EXPECT_EQ(opposite(Verdict::kNotReproduced), Verdict::kReproduced);
  EXPECT_EQ(opposite(Verdict::kUndecidable), Verdict::kUndecidable);
}

TEST(Finding, HalvedStepsDecideNothing) {
  Finding finding{"digits", "a claim", "1 ± 0.1 %"};
  settle(finding, Verdict::kReproduced, 0);
  EXPECT_EQ(finding.verdict, Verdict::kReproduced);
  EXPECT_EQ(finding.figure, "1 ± 0.1 %");
  settle(finding, Verdict::kReproduced, 2);
  EXPECT_EQ(finding.verdict, Verdict::kUndecidable);
  EXPECT_NE(finding.figure.find("halved because a loss blew up: 2"), std::string::npos);
}

TEST(Finding, AsALineOfTheTable) {
  const Finding finding{"digits", "a is b", in_percent({0.9, 0.92}) + " %", Verdict::kUndecidable};
  EXPECT_THAT(table_of({finding}), testing::EndsWith("| digits | a is b | 91.00 ± 1.41 % | **undecidable** |\n"));
  EXPECT_EQ(to_json(finding)["verdict"], "undecidable");
  EXPECT_EQ(in_percent({0.9}), "90.00");
  EXPECT_EQ(in_points({-0.01, -0.01}), "-1.00 ± 0.00");
}

}  // namespace
}  // namespace poise::experiments
