// The trainings of a comparison, and what their figures say.
#include <fmt/core.h>

#include <atomic>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/require.h"
#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "learning/architecture.h"
#include "learning/options.h"
#include "run/comparing/fields.h"
#include "run/training/read_parts.h"
#include "thermo/row_mean.h"

namespace poise {
namespace {

constexpr double kMistaken = 0.05;  // chance that any judgment is wrong

/// What all trainings share: whether to go on.
class Leave {
 public:
  Leave(Watcher* watcher, double time_limit) : link_(watcher), time_limit_(time_limit) {}

  bool is_over() { return (time_limit_ > 0 && clock_.seconds() >= time_limit_) || link_.stop_requested(); }
  void tell(const Setting& setting, const SettingRun& run) {
    link_.post({.kind = Event::Kind::kSetting, .setting = &setting, .setting_run = &run});
  }
  void flush() { link_.flush(); }
  /// A training was left out or ended for that.
  void cut_short() { cut_short_ = true; }
  bool was_cut_short() const { return cut_short_; }

 private:
  WatcherLink link_;
  double time_limit_;
  Stopwatch clock_;
  std::atomic<bool> cut_short_ = false;
};

/// Of one training, on the thread that it is on.
class Watch : public Watcher {
 public:
  explicit Watch(Leave& leave) : leave_(leave) {}
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kMessage) ++setbacks_;
    return leave_.is_over() ? Answer::kStop : Answer::kGoOn;
  }
  int setbacks() const { return setbacks_; }

 private:
  Leave& leave_;
  int setbacks_ = 0;
};

/// The last epoch whose figures are numbers; null if there is none.
const Epoch* last_finite(const TrainingReport& report) {
  for (auto epoch = report.history.rbegin(); epoch != report.history.rend(); ++epoch) {
    if (std::isfinite(epoch->validation->loss) && std::isfinite(epoch->train.loss)) return &*epoch;
  }
  return nullptr;
}

/// NaN for figures of a training that diverged in its first epoch.
SettingRun run_of(const TrainingReport& report, int seed, int setbacks) {
  SettingRun run{.seed = seed, .seconds = report.train_seconds, .setbacks = setbacks, .status = report.status};
  const Epoch* last = last_finite(report);
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  run.accuracy = last ? last->validation->accuracy : kNone;
  run.loss = last ? last->validation->loss : kNone;
  run.train_accuracy = last ? last->train.accuracy : kNone;
  run.train_loss = last ? last->train.loss : kNone;
  return run;
}

Index parameters_of(const NetworkOptions& network, const Dataset& train) {
  const learning::ParameterLayout layout = learning::layout_of(network, train);
  Index count = 0;
  for (Index l = 1; l <= layout.layers(); ++l) count += (layout.weight_rows(l) + 1) * layout.weight_columns(l);
  return count;
}

/// Of a setting whose steps, and those of its reference, are the ones asked for.
Judgment judgment_of(const SettingResult& result, int judgments) {
  if (result.pairs < kFewestSeedsToJudge) return Judgment::kCannotTell;
  const Bounds gain = confidence_interval(result.gain, confidence_for_all(judgments));
  if (gain.low > 0) return Judgment::kBetter;
  if (gain.high < 0) return Judgment::kWorse;
  return result.same ? Judgment::kSame : Judgment::kCannotTell;
}

class Trainings {
 public:
  Trainings(const Dataset& train, const Dataset* test, const std::vector<Setting>& settings,
            const ComparisonOptions& options, Watcher* watcher)
      : train_(train),
        test_(options.held_out ? nullptr : test),
        settings_(settings),
        options_(options),
        leave_(watcher, options.time_limit),
        runs_(settings.size() * options.seeds) {
    if (!test_) held_out_ = held_out_rows(train.rows(), options.held_out.value_or(kHeldOutToCompare));
    require(test_ || (held_out_ > 0 && held_out_ < train.rows()),
            fmt::format("{} of {} rows to test on", held_out_, train.rows()), "at least one, and one to train on");
  }

  Comparison run();

 private:
  void train(std::size_t number);
  SettingResult result_of(std::size_t setting) const;
  void judge(Comparison& comparison) const;

  const Dataset& train_;
  const Dataset* test_;
  const std::vector<Setting>& settings_;
  const ComparisonOptions& options_;
  Leave leave_;
  Index held_out_ = 0;
  std::vector<std::optional<SettingRun>> runs_;  ///< of every seed all settings in a row
};

void Trainings::train(std::size_t number) {
  if (leave_.is_over()) return leave_.cut_short();
  const int seed = static_cast<int>(number / settings_.size()) + 1;
  const Setting& setting = settings_[number % settings_.size()];
  NetworkOptions network = setting.network;
  network.seed = static_cast<std::uint64_t>(seed);
  network.threads = 1;
  network.time_limit = 0;
  Watch watch(leave_);
  TrainingReport report;
  if (test_) {
    report = train_network(train_, network, test_, &watch).report;
  } else {
    const auto [rows, others] = split_by_class(train_, held_out_, network.seed);
    report = train_network(rows, network, &others, &watch).report;
  }
  if (report.status == TrainingStatus::kInterrupted) return leave_.cut_short();
  runs_[number] = run_of(report, seed, watch.setbacks());
  leave_.tell(setting, *runs_[number]);
}

SettingResult Trainings::result_of(std::size_t setting) const {
  SettingResult result;
  result.setting = settings_[setting];
  result.parameters = parameters_of(result.setting.network, train_);
  std::vector<double> accuracies, losses, gaps, gains;
  result.same = true;
  for (std::size_t s = 0; s < static_cast<std::size_t>(options_.seeds); ++s) {
    const std::size_t first = s * settings_.size();
    const std::optional<SettingRun>&run = runs_[first + setting], &other = runs_[first + result.setting.against];
    if (!run) continue;
    result.runs.push_back(*run);
    result.setbacks += run->setbacks;
    if (!std::isfinite(run->loss)) continue;
    accuracies.push_back(run->accuracy);
    losses.push_back(run->loss);
    gaps.push_back(run->train_accuracy - run->accuracy);
    if (!other || !std::isfinite(other->loss)) continue;
    gains.push_back(run->accuracy - other->accuracy);
    result.same = result.same && run->accuracy == other->accuracy && run->loss == other->loss;
  }
  const auto mean = [](const std::vector<double>& values) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return values.empty() ? Estimate{.value = kNone, .error = kNone} : thermo::mean_of_repetitions(values);
  };
  result.accuracy = mean(accuracies);
  result.loss = mean(losses);
  result.train_test_gap = mean(gaps);
  result.gain = mean(gains);
  // Few seeds may agree by chance to the row, which is no reason to be sure of it.
  const auto rows = static_cast<double>(test_ ? test_->rows() : held_out_);
  if (gains.size() > 1 && !result.same)
    result.gain.error = std::max(result.gain.error, 1 / (rows * std::sqrt(static_cast<double>(gains.size()))));
  result.pairs = static_cast<int>(gains.size());
  return result;
}

void Trainings::judge(Comparison& comparison) const {
  int judgments = 0;
  for (std::size_t k = 0; k < settings_.size(); ++k) judgments += settings_[k].against != k;
  for (std::size_t k = 0; k < settings_.size(); ++k) {
    SettingResult& result = comparison.settings[k];
    if (settings_[k].against == k) continue;
    const int setbacks = result.setbacks + comparison.settings[settings_[k].against].setbacks;
    result.judgment = setbacks > 0 ? Judgment::kOtherStep : judgment_of(result, judgments);
  }
}

Comparison Trainings::run() {
  parallel_for(std::ssize(runs_), options_.threads, [this](Index number) { train(number); });
  leave_.flush();
  Comparison comparison;
  comparison.complete = !leave_.was_cut_short();
  comparison.held_out = !test_;
  comparison.rows = train_.rows() - held_out_;
  comparison.test_rows = test_ ? test_->rows() : held_out_;
  for (std::size_t k = 0; k < settings_.size(); ++k) comparison.settings.push_back(result_of(k));
  judge(comparison);
  return comparison;
}

}  // namespace

double confidence_for_all(int judgments) { return 1 - kMistaken / judgments; }

Comparison compare_settings(const Dataset& train, const Dataset* test, const std::vector<Setting>& settings,
                            const ComparisonOptions& options, Watcher* watcher) {
  check_fields(options);
  require(!settings.empty(), "no settings to compare", "one or more");
  for (const Setting& setting : settings) {
    require(setting.against < settings.size(),
            fmt::format("'{}' is judged against number {}", setting.name, setting.against), "one of the settings");
    require(setting.network.patience == 0 && setting.network.solve_head_every == 0,
            fmt::format("'{}' with patience or an exact head, which the test rows would decide", setting.name),
            "neither");
    (void)learning::resolve(setting.network, train.rows());
    (void)learning::layout_of(setting.network, train);
  }
  return Trainings(train, test, settings, options, watcher).run();
}

}  // namespace poise
