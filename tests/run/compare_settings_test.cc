// Settings against each other: which ones a grid spans, verdicts against Student's table, and figures against trainings
// done one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "poise/compare.h"
#include "poise/error.h"
#include "poise/learning_rule.h"
#include "poise/read.h"

namespace poise {
namespace {

using testing::ElementsAre;

/// Leaves the hidden layers as they are: the last layer alone learns.
class NothingBelow : public LearningRule {
 public:
  void find_adjoints(RuleRows& rows) override {
    for (Index l = 1; l < rows.layers(); ++l) {
      for (Index k = 0; k < rows.count() * rows.width(l); ++k) rows.adjoint(l)[k] = 0;
    }
  }
};

/// Registered once in the process.
Rule nothing_below() {
  static const Rule rule = register_learning_rule(
      "nothing-below", [](const NetworkOptions&, auto) { return std::make_unique<NothingBelow>(); });
  return rule;
}

const Dataset& digits() {
  static const Dataset all = split_rows(read_dataset("digits"), 600, 1).second;
  return all;
}
const Dataset& digits_test() {
  static const Dataset all = read_dataset("digits:test");
  return all;
}

SettingGrid short_grid() {
  SettingGrid grid;
  grid.widths = {12};
  grid.network.epochs = 3;
  grid.network.objective.l2 = 0;
  return grid;
}

std::vector<std::string> names_of_all(const std::vector<Setting>& settings) {
  std::vector<std::string> names;
  for (const Setting& setting : settings) names.push_back(setting.name);
  return names;
}

TEST(SettingGrid, SpansEveryCombinationAndJudgesByTheFirstRule) {
  SettingGrid grid;
  grid.rules = {Rule::kAdjoint, Rule::kEquilibrium};
  grid.orders = {Order::kJacobi, Order::kGaussSeidel};
  grid.learning_rates = {0.1, 1};
  grid.widths = {8};
  const std::vector<Setting> settings = settings_of(grid);
  EXPECT_THAT(names_of_all(settings),
              ElementsAre("adjoint, η 0.1", "equilibrium jacobi, η 0.1", "equilibrium gauss-seidel, η 0.1",
                          "adjoint, η 1", "equilibrium jacobi, η 1", "equilibrium gauss-seidel, η 1"));
  EXPECT_EQ(settings[2].against, 0U);
  EXPECT_EQ(settings[5].against, 3U);
  EXPECT_EQ(settings[5].network.order, Order::kGaussSeidel);
  EXPECT_EQ(settings[5].network.learning_rate, 1);
  EXPECT_EQ(settings[0].network.momentum, 0);  // of the sgd step
}

TEST(SettingGrid, OfOneRuleIsJudgedByTheFirstSetting) {
  SettingGrid grid;
  grid.rules = {Rule::kAdjoint};
  grid.depths = {1, 3};
  grid.widths = {8, 4};
  const std::vector<Setting> settings = settings_of(grid);
  EXPECT_THAT(names_of_all(settings),
              ElementsAre("adjoint, 1 x 8", "adjoint, 1 x 4", "adjoint, 3 x 8", "adjoint, 3 x 4"));
  for (const Setting& setting : settings) EXPECT_EQ(setting.against, 0U);
  EXPECT_THAT(settings[3].network.hidden, ElementsAre(4, 4, 4));
  grid.hidden = {9, 5};
  ASSERT_EQ(settings_of(grid).size(), 1U);
  EXPECT_THAT(settings_of(grid)[0].network.hidden, ElementsAre(9, 5));
  grid.network.layers = "conv:2x3,dense:4";
  EXPECT_THROW(settings_of(grid), Error);  // both
  grid.hidden.clear();
  ASSERT_EQ(settings_of(grid).size(), 1U);
  EXPECT_EQ(settings_of(grid)[0].network.layers, "conv:2x3,dense:4");
  EXPECT_TRUE(settings_of(grid)[0].network.hidden.empty());
}

TEST(SettingGrid, RefusesListsThatSpanNothingOrRepeat) {
  SettingGrid grid;
  grid.rules = {};
  EXPECT_THROW(settings_of(grid), Error);
  grid.rules = {Rule::kAdjoint, Rule::kAdjoint};
  EXPECT_THROW(settings_of(grid), Error);
  grid = {};
  grid.learning_rates = {0.1, -1};
  EXPECT_THROW(settings_of(grid), Error);
}

TEST(CompareSettings, ARuleThatTeachesLessIsWorse) {
  SettingGrid grid = short_grid();
  grid.rules = {Rule::kAdjoint, rule_named(to_string(nothing_below()))};
  grid.network.epochs = 10;
  const Comparison found = compare_settings(digits(), &digits_test(), settings_of(grid));
  const SettingResult &reference = found.settings[0], &other = found.settings[1];
  EXPECT_EQ(reference.judgment, Judgment::kReference);
  EXPECT_EQ(other.judgment, Judgment::kWorse);
  EXPECT_EQ(other.setting.name, "nothing-below");
  ASSERT_EQ(other.pairs, 5);
  double mean = 0;
  for (int s = 0; s < 5; ++s) mean += (other.runs[s].accuracy - reference.runs[s].accuracy) / 5;
  EXPECT_NEAR(other.gain.value, mean, 1e-12);
  EXPECT_NEAR(confidence_interval(other.gain).high, mean + 2.7764451 * other.gain.error, 1e-9);
  EXPECT_EQ(reference.parameters, 64 * 12 + 12 + 12 * 10 + 10);
}

// (1 − τ)^K = 0 of the distance is left: the local rule is backpropagation, to rounding.
TEST(CompareSettings, TheSameRuleByAnotherNameIsNeitherBetterNorWorse) {
  SettingGrid grid = short_grid();
  grid.rules = {Rule::kAdjoint, Rule::kEquilibrium};
  grid.network.relaxation_rate = 1;
  grid.network.relaxation_steps = 1;
  const Comparison found = compare_settings(digits(), &digits_test(), settings_of(grid), {.seeds = 3});
  EXPECT_THAT(found.settings[1].judgment, testing::AnyOf(Judgment::kSame, Judgment::kCannotTell));
  EXPECT_NEAR(found.settings[1].gain.value, 0, 1e-3);
  EXPECT_NEAR(found.settings[1].loss.value, found.settings[0].loss.value, 1e-4);
  const std::vector<Setting> twins{{"a", settings_of(grid)[0].network, 0}, {"b", settings_of(grid)[0].network, 0}};
  EXPECT_EQ(compare_settings(digits(), &digits_test(), twins, {.seeds = 3}).settings[1].judgment, Judgment::kSame);
  EXPECT_EQ(compare_settings(digits(), &digits_test(), twins, {.seeds = 2}).settings[1].judgment,
            Judgment::kCannotTell);
}

TEST(CompareSettings, VerdictsAreByOneConfidenceForAll) {
  EXPECT_DOUBLE_EQ(confidence_for_all(1), 0.95);
  EXPECT_DOUBLE_EQ(confidence_for_all(5), 0.99);
}

TEST(CompareSettings, HoldsRowsOutAnewForEverySeed) {
  SettingGrid grid = short_grid();
  grid.rules = {Rule::kAdjoint};
  const std::vector<Setting> settings = settings_of(grid);
  const Comparison found = compare_settings(digits(), nullptr, settings, {.seeds = 2});
  EXPECT_TRUE(found.held_out);
  EXPECT_EQ(found.test_rows, 120);
  EXPECT_EQ(found.rows, 480);
  for (const SettingRun& run : found.settings[0].runs) {
    const auto [train, test] = split_by_class(digits(), 120, static_cast<std::uint64_t>(run.seed));
    NetworkOptions network = settings[0].network;
    network.seed = static_cast<std::uint64_t>(run.seed);
    const std::vector<Epoch> history = train_network(train, network, &test).report.history;
    EXPECT_EQ(run.accuracy, history.back().validation->accuracy);  // of the last epoch, not of the best one
    EXPECT_EQ(run.loss, history.back().validation->loss);
    EXPECT_EQ(run.train_accuracy, history.back().train.accuracy);
  }
  EXPECT_FALSE(compare_settings(digits(), &digits_test(), settings, {.seeds = 1}).held_out);
  EXPECT_TRUE(compare_settings(digits(), &digits_test(), settings, {.seeds = 1, .held_out = 0.5}).held_out);
}

TEST(CompareSettings, FeaturesAsTheTargetAreJudgedByTheVarianceExplained) {
  SettingGrid grid = short_grid();
  grid.rules = {Rule::kAdjoint};
  grid.widths = {1, 16};
  grid.network.target = Target::kFeatures;
  grid.network.activation = Activation::kIdentity;
  grid.network.epochs = 30;
  Dataset rows = digits();
  rows.labels.clear();
  const Comparison found = compare_settings(rows, nullptr, settings_of(grid), {.seeds = 3});
  EXPECT_EQ(found.settings[1].judgment, Judgment::kBetter);
  EXPECT_LT(found.settings[0].accuracy.value, 0.2);  // one principal component explains 15 % of the digits
  EXPECT_EQ(found.settings[0].parameters, 64 + 1 + 64 + 64);
}

TEST(CompareSettings, HalvedStepsDecideNothing) {
  SettingGrid grid = short_grid();
  grid.rules = {Rule::kAdjoint, nothing_below()};
  grid.learning_rates = {100};
  const Comparison found = compare_settings(digits(), &digits_test(), settings_of(grid), {.seeds = 3});
  EXPECT_GT(found.settings[0].setbacks + found.settings[1].setbacks, 0);
  EXPECT_EQ(found.settings[1].judgment, Judgment::kOtherStep);
}

class StopAfter : public Watcher {
 public:
  explicit StopAfter(int runs) : left_(runs) {}
  Answer on_event(const Event& event) override {
    left_ -= event.kind == Event::Kind::kSetting;
    return left_ <= 0 ? Answer::kStop : Answer::kGoOn;
  }

 private:
  int left_;
};

TEST(CompareSettings, StoppedKeepsWhatHasEnded) {
  SettingGrid grid = short_grid();
  grid.rules = {Rule::kAdjoint, Rule::kEquilibrium};
  StopAfter watch(3);
  const Comparison found = compare_settings(digits(), &digits_test(), settings_of(grid), {.threads = 1}, &watch);
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.settings[0].runs.size(), 2U);  // seed by seed
  EXPECT_EQ(found.settings[1].runs.size(), 1U);
  EXPECT_EQ(found.settings[1].pairs, 1);
  EXPECT_EQ(found.settings[1].judgment, Judgment::kCannotTell);
}

TEST(CompareSettings, RefusesWhatTheTestRowsWouldDecide) {
  SettingGrid grid = short_grid();
  std::vector<Setting> settings = settings_of(grid);
  settings[1].network.patience = 3;
  EXPECT_THROW(compare_settings(digits(), &digits_test(), settings), Error);
  settings = settings_of(grid);
  settings[0].against = 9;
  EXPECT_THROW(compare_settings(digits(), &digits_test(), settings), Error);
  EXPECT_THROW(compare_settings(digits(), &digits_test(), {}), Error);
  EXPECT_THROW(compare_settings(digits(), nullptr, settings_of(grid), {.held_out = 1e-6}), Error);
  EXPECT_THROW(rule_named("hebbian"), Error);
}

}  // namespace
}  // namespace poise
