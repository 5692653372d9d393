// Verdicts on pairs of learning rate and momentum, from hand-made accuracies of five seeds.
#include "experiments/pair_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poise::experiments {
namespace {

using testing::HasSubstr;

constexpr std::size_t kCurve = 5, kUnbeaten = 6, kControl = 7;  // places of findings; the rows are before them

class PairFindings : public testing::Test {
 protected:
  std::size_t place_of(const Pair& pair) const { return static_cast<std::size_t>(&pair - grid_.pairs().data()); }
  std::size_t golden() const { return place_of(grid_.golden()); }

  /// Five seeds, all pairs alike but for the place given, whose test accuracy is `gain` above.
  void add_seeds(std::size_t place, double validation_gain, double test_gain) {
    for (int seed = 0; seed < 5; ++seed) {
      std::vector<PairFigures> figures(grid_.pairs().size(), {0.9 + 0.001 * seed, 0.9 + 0.001 * seed, 0});
      figures[place].validation += validation_gain;
      figures[place].test += test_gain + 1e-4 * (seed % 2);
      seeds_.push_back(std::move(figures));
    }
  }
  std::vector<Finding> findings() {
    for (const auto& seed : seeds_) grid_.add_seed(seed);
    return findings_on(grid_, "made");
  }

  PairGrid grid_;
  std::vector<std::vector<PairFigures>> seeds_;
};

TEST_F(PairFindings, GoldenPairThatIsBetterThanAll) {
  add_seeds(golden(), 0.02, 0.02);
  const std::vector<Finding> found = findings();
  ASSERT_EQ(found.size(), 8u);
  EXPECT_EQ(found[0].verdict, Verdict::kReproduced);     // rows without the golden pair are flat
  EXPECT_EQ(found[2].verdict, Verdict::kNotReproduced);  // its own is not
  for (const std::size_t k : {kCurve, kUnbeaten, kControl}) EXPECT_EQ(found[k].verdict, Verdict::kReproduced) << k;
}

// Best of all on the validation rows, yet another pair is better by two points on the test rows.
TEST_F(PairFindings, RivalIsAnotherPairEvenIfTheGoldenOneIsBestOnValidationRows) {
  add_seeds(golden(), 0.02, 0);
  for (auto& seed : seeds_) seed[0].validation += 0.01, seed[0].test += 0.02;
  const Finding found = findings()[kUnbeaten];
  EXPECT_EQ(&grid_.rival(), &grid_.pairs()[0]);
  EXPECT_EQ(found.verdict, Verdict::kNotReproduced);
  EXPECT_THAT(found.figure, HasSubstr(grid_.pairs()[0].name()));
  EXPECT_THAT(found.figure, HasSubstr("+2.00"));
}

// A rival that only chance tells from the golden pair is no proof that none is better.
TEST_F(PairFindings, RivalWithinChanceDecidesNothing) {
  add_seeds(golden(), 0.02, 0);
  const double noise[] = {0.02, -0.015, 0.01, -0.02, 0.015};
  for (std::size_t s = 0; s < seeds_.size(); ++s) seeds_[s][0].validation += 0.01, seeds_[s][0].test += noise[s];
  EXPECT_EQ(findings()[kUnbeaten].verdict, Verdict::kUndecidable);
}

TEST_F(PairFindings, HalvedStepsDecideNothingButWhatTheyArePartOf) {
  add_seeds(golden(), 0.02, 0.02);
  seeds_[1][golden()].setbacks = 2;
  const std::vector<Finding> found = findings();
  EXPECT_EQ(found[0].verdict, Verdict::kReproduced);
  for (const std::size_t k : {std::size_t{2}, kCurve, kUnbeaten, kControl}) {
    EXPECT_EQ(found[k].verdict, Verdict::kUndecidable) << found[k].claim;
    EXPECT_THAT(found[k].figure, HasSubstr("halved because a loss blew up: 2"));
  }
}

TEST_F(PairFindings, HalvedStepsOfOneOtherPairConcernItsClaims) {
  add_seeds(golden(), 0.02, 0.02);
  for (auto& seed : seeds_) seed[place_of(grid_.folklore())].setbacks = 1;
  seeds_[0][place_of(*grid_.curve().front())].setbacks = 1;  // (1, 0)
  const std::vector<Finding> found = findings();
  EXPECT_EQ(found[kCurve].verdict, Verdict::kUndecidable);
  EXPECT_THAT(found[kCurve].figure, HasSubstr("blew up: 1"));
  EXPECT_EQ(found[kUnbeaten].verdict, Verdict::kReproduced);
  EXPECT_EQ(found[kControl].verdict, Verdict::kUndecidable);
  EXPECT_THAT(found[kControl].figure, HasSubstr("blew up: 5"));
}

// CE − H is smaller by a point of CE than that of the rival and of the control, for every seed.
TEST_F(PairFindings, BalanceIsJudgedAgainstRivalAndControl) {
  add_seeds(golden(), 0.02, 0.02);
  for (auto& seed : seeds_) {
    for (PairFigures& pair : seed) pair.imbalance = 0.05;
    seed[golden()].imbalance = 0.04;
  }
  for (const auto& seed : seeds_) grid_.add_seed(seed);
  EXPECT_EQ(balance_on(grid_, "made").verdict, Verdict::kReproduced);
  EXPECT_THAT(balance_on(grid_, "made").figure, HasSubstr("4.00 ± 0.00 %, rival"));
}

TEST_F(PairFindings, ThePhaseThatIsBestOnValidationRowsIsJudged) {
  add_seeds(golden(), 0.02, 0.02);
  for (const auto& seed : seeds_) grid_.add_seed(seed);
  const Sample test = grid_.golden().test, high(5, 0.95), low(5, 0.9);
  Sample better = test, worse = test;
  for (int s = 0; s < 5; ++s) better[s] += 0.01 + 1e-4 * s, worse[s] -= 0.01 + 1e-4 * s;
  EXPECT_EQ(phases_on(grid_, {{0.1, high, worse}, {0.2, low, better}}, "made").verdict, Verdict::kNotReproduced);
  EXPECT_EQ(phases_on(grid_, {{0.1, low, worse}, {0.2, high, better}}, "made").verdict, Verdict::kReproduced);
}

}  // namespace
}  // namespace poise::experiments
