// Which setting of training is better? Rules, learning rates, depths and widths against each other, over seeds.
//
//   SettingGrid grid;
//   grid.rules = {Rule::kAdjoint, rule_named("feedback-alignment")};   // poise/learning_rule.h
//   grid.learning_rates = {0.1, 0.3};
//   const Comparison found = compare_settings(train, &test, settings_of(grid));
//
// Every setting is trained once a seed. Trainings of one seed share the rows held out, the initial weights (of one
// architecture) and the order of rows, so that much of the spread over seeds cancels in a difference. Figures are those
// after the last epoch, never of the best one: the rows that test choose nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "poise/estimate.h"
#include "poise/training.h"

namespace poise {

struct Setting {
  std::string name;
  NetworkOptions network;   ///< but for seed, threads and time_limit
  std::size_t against = 0;  ///< place of the setting that it is judged against; its own place: none
};

/// What settings have in common, and lists: every combination of their entries is a setting.
struct SettingGrid {
  std::vector<Rule> rules = {Rule::kAdjoint, Rule::kEquilibrium, Rule::kPredictiveCoding, Rule::kCanonical};
  std::vector<Order> orders = {Order::kJacobi};  ///< of kEquilibrium, which is a rule more for each
  std::vector<double> learning_rates = {};       ///< empty: that of `network`, whose 0 means the default of its step
  std::vector<int> depths = {1};                 ///< numbers of hidden layers of equal width
  std::vector<Index> widths = {32};
  std::vector<Index> hidden = {};  ///< or the widths of the hidden layers of all settings, instead of these two
  /// All else; an empty `momentum` of kSgd is 0 here. Its `layers`, as convolutions, are those of all settings, instead
  /// of these three.
  NetworkOptions network = {.step = Step::kSgd};
};

/// All combinations, rule by rule for one learning rate, depth and width, and each judged against the first rule there.
/// With a single rule all are judged against the first setting. A name has the rule and what the lists vary: "adjoint,
/// η 0.1, 2 x 32". Throws Error(kUsage) for an empty or repeating list and values out of range.
std::vector<Setting> settings_of(const SettingGrid& grid);

struct ComparisonOptions {
  int seeds = 5;  ///< trainings of each setting, from seed 1 on; fewer than kFewestSeedsToJudge decide nothing
  /// Share of every class's rows to test on, drawn anew for each seed. Empty: kHeldOutToCompare if there are no test
  /// data, else none.
  std::optional<double> held_out = {};
  double time_limit = 0;  ///< on all trainings together, in seconds; 0: none
  int threads = 0;        ///< 0: as many as the machine has
};

inline constexpr int kFewestSeedsToJudge = 3;
inline constexpr double kHeldOutToCompare = 0.2;

/// The result for one seed. Accuracy is the share of variance explained where the features are the target.
struct SettingRun {
  int seed = 0;
  double accuracy = 0, loss = 0;              ///< on the test rows after the last epoch; ℓ is that of training
  double train_accuracy = 0, train_loss = 0;  ///< over the batches of the last epoch, each before its step
  double seconds = 0;                         ///< on one thread
  int setbacks = 0;  ///< times the step was halved because the loss blew up: then not the one asked for
  TrainingStatus status = TrainingStatus::kFinished;  ///< of kDiverged the figures are those after the last epoch with
                                                      ///< a finite loss; NaN without any
};

/// By the interval of `gain` for all judgments of a comparison together: 95 % that none is wrong (Bonferroni).
enum class Judgment {
  kReference,   ///< judged against nothing
  kBetter,      ///< more accurate: the whole interval is above 0
  kWorse,       ///< the whole interval is below 0
  kSame,        ///< accuracy and loss are the same to the bit for every seed
  kCannotTell,  ///< the interval holds 0, or there are fewer than kFewestSeedsToJudge seeds
  kOtherStep    ///< a step was halved in one of the two: they are not the settings asked for
};
const char* to_string(Judgment judgment);  ///< "reference", "better", "worse", "the same", "cannot tell", "other step"

struct SettingResult {
  Setting setting;
  Index parameters = 0;          ///< weights and biases
  std::vector<SettingRun> runs;  ///< those that ended, by seed
  /// Means over seeds with their standard errors (infinite for one seed); NaN without any.
  Estimate accuracy, loss;
  Estimate train_test_gap;  ///< train_accuracy − accuracy
  /// Accuracy less that of the reference with the same seed; its spread over seeds counts as a test row at least.
  Estimate gain;
  bool same = false;  ///< accuracy and loss are those of the reference, to the bit, for every seed
  int pairs = 0;      ///< seeds that `gain` is of
  int setbacks = 0;   ///< in all runs
  Judgment judgment = Judgment::kReference;
};

struct Comparison {
  std::vector<SettingResult> settings;  ///< in the order given
  bool complete = true;                 ///< false: stopped by the watcher, or out of time; only runs that ended count
  Index rows = 0, test_rows = 0;        ///< trained and tested on, with each seed
  bool held_out = false;                ///< the test rows are drawn from the data, others for each seed
};

/// Trains all settings and judges them, several trainings at a time and seed by seed. `test` (may be null) has the same
/// schema. `watcher` is told of every training that has come to its end (kSetting), in no fixed order. The same
/// figures, but for seconds, for any number of threads unless a limit ends it. Throws Error(kUsage) for options that
/// make no sense, before any training, and Error(kData) as train_network does.
Comparison compare_settings(const Dataset& train, const Dataset* test, const std::vector<Setting>& settings,
                            const ComparisonOptions& options = {}, Watcher* watcher = nullptr);

/// The confidence of a single interval for which all `judgments` hold with 95 %: 1 − 0.05/judgments.
double confidence_for_all(int judgments);

}  // namespace poise
