#include "poise/efficiency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/require.h"
#include "base/watcher_link.h"
#include "learning/input.h"
#include "poise/error.h"
#include "poise/thermodynamics.h"
#include "thermo/efficiency/learning_curve.h"
#include "thermo/efficiency/rank_correlation.h"
#include "thermo/fields.h"
#include "thermo/row_mean.h"

namespace poise {
namespace {

constexpr double kReachedBy = 0.75;  // share of the trainings that reach a target chosen here

std::vector<Candidate> resolve_candidates(const Dataset& train, const EfficiencyOptions& o) {
  check_fields(o);
  if (!o.candidates.empty()) {
    require(o.candidates.size() >= kFewestCandidates, fmt::format("{} candidates", o.candidates.size()),
            fmt::format("at least {}: a rank correlation of fewer says nothing", kFewestCandidates));
    return o.candidates;
  }
  const Index features = train.features.cols(), classes = train.schema.class_count();
  const std::vector<Candidate> candidates = candidates_of(o.budget, o.of, features, classes);
  const BudgetRange range = budgets_of(o.of, features, classes);
  const char* unit = o.of == Budget::kNeurons ? "hidden neurons" : "weights";
  require(
      candidates.size() >= kFewestCandidates,
      fmt::format("{} candidates for a budget of {} {}", candidates.size(), o.budget, unit),
      fmt::format("from {} to {} {}: layers have 4 to 64 units, and a rank correlation of fewer than {} networks says "
                  "nothing",
                  range.fewest, range.most, unit, kFewestCandidates));
  return candidates;
}

NetworkOptions training_options(const EfficiencyOptions& o, const Candidate& candidate, std::uint64_t seed) {
  NetworkOptions n;
  n.objective.l2 = 0;
  n.hidden = candidate.hidden;
  n.activation = o.activation;
  n.initialization = Initialization::kKaiming;
  n.gain = o.gain;
  n.step = o.step;
  n.learning_rate = o.learning_rate;
  if (o.step == Step::kSgd) n.momentum = o.momentum;
  n.epochs = o.epochs;
  n.batch = o.batch;
  n.seed = seed;
  n.threads = 1;
  return n;
}

/// Of one training, on the thread that it is on: counts its setbacks and asks the caller's watcher.
class Watch : public Watcher {
 public:
  explicit Watch(WatcherLink& link) : link_(link) {}
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kMessage) ++setbacks_;
    return link_.stop_requested() ? Answer::kStop : Answer::kGoOn;
  }
  int setbacks() const { return setbacks_; }

 private:
  WatcherLink& link_;
  int setbacks_ = 0;
};

struct Traced {
  CandidateRun run;
  std::vector<double> losses;  ///< of thermo::losses_of
  bool complete = false;       ///< trained to the end, or diverged
};

using Figure = double (*)(const CandidateRun& run, int epochs);

std::vector<double> over_seeds(const CandidateResult& result, Figure figure, int epochs) {
  std::vector<double> values;
  for (const CandidateRun& run : result.runs) values.push_back(figure(run, epochs));
  return values;
}

/// Their rate was halved: what became of them is not of the step asked for.
bool was_set_back(const CandidateResult& result) { return result.setbacks > 0; }

double laplacian_of(const CandidateRun& run, int) { return run.laplacian_per_weight; }
double loss_of(const CandidateRun& run, int) { return run.final_loss; }
double accuracy_of(const CandidateRun& run, int) { return run.test_accuracy; }
double epochs_of(const CandidateRun& run, int epochs) { return run.epochs.value_or(epochs); }
double speed_of(const CandidateRun& run, int epochs) { return -epochs_of(run, epochs); }

class Comparison {
 public:
  Comparison(const Dataset& train, const Dataset* test, const EfficiencyOptions& options, Watcher* watcher)
      : train_(train),
        test_(test),
        options_(options),
        link_(watcher),
        candidates_(resolve_candidates(train, options)),
        thermometer_(train, measuring(options)),
        trainings_(candidates_.size() * options.seeds) {}

  EfficiencyReport run();

 private:
  using SeedFigures = thermo::SeedFigures;

  static ThermodynamicsOptions measuring(const EfficiencyOptions& options) {
    ThermodynamicsOptions t;
    t.detail = Detail::kLight;
    t.rows = options.rows;
    t.threads = options.threads;
    return t;
  }
  void train(std::size_t number);
  double expected_path_laplacian_of(const Candidate& candidate) const;
  CandidateResult result_of(std::size_t candidate, double target) const;
  SeedFigures figures(const EfficiencyReport& report, Figure figure) const;
  void correlate(EfficiencyReport& report) const;

  const Dataset& train_;
  const Dataset* test_;
  const EfficiencyOptions& options_;
  WatcherLink link_;
  std::vector<Candidate> candidates_;
  Thermometer thermometer_;
  std::vector<Traced> trainings_;  ///< of every candidate all seeds in a row
};

void Comparison::train(std::size_t number) {
  const std::size_t seeds = options_.seeds;
  const Candidate& candidate = candidates_[number / seeds];
  const std::size_t seed = number % seeds + 1;
  const NetworkOptions options = training_options(options_, candidate, seed);
  if (link_.stop_requested()) return;
  Watch watch(link_);

  Traced& traced = trainings_[number];
  traced.run.seed = static_cast<int>(seed);
  const Thermodynamics start = thermometer_.measure(thermo::initial_network(train_, options));
  traced.run.laplacian_per_weight = start.laplacian.value / static_cast<double>(start.parameters);
  const TrainingReport report = train_network(train_, options, test_, &watch).report;
  traced.losses = thermo::losses_of(report.history);
  const bool diverged = report.status == TrainingStatus::kDiverged;
  traced.complete = diverged || report.status == TrainingStatus::kFinished;
  traced.run.status = report.status;
  traced.run.setbacks = watch.setbacks();
  const bool has_loss = !diverged && !traced.losses.empty() && std::isfinite(traced.losses.back());
  traced.run.final_loss = has_loss ? traced.losses.back() : std::numeric_limits<double>::infinity();
  traced.run.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  if (test_ && !report.history.empty()) traced.run.test_accuracy = report.history.back().validation->accuracy;
  if (traced.complete) link_.post({.kind = Event::Kind::kCandidate, .candidate = &candidate, .run = &traced.run});
}

/// Of weights of variance gain²/N_{l−1}, less in a first layer on sparse data: for ReLU half of the real one, because
/// half of the units let signals through.
double Comparison::expected_path_laplacian_of(const Candidate& candidate) const {
  std::vector<Index> widths{train_.features.cols()};
  widths.insert(widths.end(), candidate.hidden.begin(), candidate.hidden.end());
  widths.push_back(train_.schema.class_count());
  std::vector<double> variances;
  for (std::size_t l = 1; l < widths.size(); ++l) {
    const double gain = options_.gain * (l == 1 ? learning::first_weights_share(train_, true) : 1);
    variances.push_back(gain * gain / static_cast<double>(widths[l - 1]));
  }
  return expected_path_laplacian(widths, variances);
}

CandidateResult Comparison::result_of(std::size_t candidate, double target) const {
  const std::size_t seeds = options_.seeds;
  CandidateResult result;
  result.candidate = candidates_[candidate];
  result.parameters = parameters_of(result.candidate, train_.features.cols(), train_.schema.class_count());
  result.path_laplacian = expected_path_laplacian_of(result.candidate) / static_cast<double>(result.parameters);
  for (std::size_t s = 0; s < seeds; ++s) {
    const Traced& traced = trainings_[candidate * seeds + s];
    if (!traced.complete) continue;
    result.runs.push_back(traced.run);
    result.runs.back().epochs = thermo::epochs_to(traced.losses, target);
    if (result.runs.back().epochs) ++result.reached;
    result.setbacks += traced.run.setbacks;
  }
  if (result.runs.empty()) {
    const Estimate nothing{std::numeric_limits<double>::quiet_NaN(), 0, 0, 0};
    result.laplacian_per_weight = result.epochs_to_target = result.final_loss = result.test_accuracy = nothing;
    return result;
  }
  const auto estimate = [&](Figure figure) {
    return thermo::mean_of_repetitions(over_seeds(result, figure, options_.epochs));
  };
  result.laplacian_per_weight = estimate(laplacian_of);
  result.epochs_to_target = estimate(epochs_of);
  result.final_loss = estimate(loss_of);
  result.test_accuracy = estimate(accuracy_of);
  return result;
}

thermo::SeedFigures Comparison::figures(const EfficiencyReport& report, Figure figure) const {
  SeedFigures all;
  for (const CandidateResult& result : report.candidates) all.push_back(over_seeds(result, figure, options_.epochs));
  return all;
}

void Comparison::correlate(EfficiencyReport& report) const {
  SeedFigures depth, path, total;
  for (const CandidateResult& result : report.candidates) {
    depth.emplace_back(result.runs.size(), static_cast<double>(result.candidate.hidden.size()));
    path.emplace_back(result.runs.size(), result.path_laplacian);
    total.push_back(over_seeds(result, laplacian_of, options_.epochs));
    for (double& laplacian : total.back()) laplacian *= static_cast<double>(result.parameters);
  }
  const SeedFigures laplacian = figures(report, laplacian_of);
  report.depth_laplacian = thermo::correlate(depth, laplacian);  // before any step
  report.depth_total_laplacian = thermo::correlate(depth, total);
  const auto with = [&](SeedFigures predicted, Figure figure) {
    SeedFigures found = figures(report, figure);
    for (std::size_t c = 0; c < found.size(); ++c) {
      if (was_set_back(report.candidates[c])) predicted[c].clear(), found[c].clear();
    }
    return thermo::correlate(predicted, found);
  };
  report.laplacian_speed = with(laplacian, speed_of);
  report.total_laplacian_speed = with(total, speed_of);
  report.path_laplacian_speed = with(path, speed_of);
  report.depth_speed = with(depth, speed_of);
  if (test_) report.laplacian_accuracy = with(laplacian, accuracy_of);
}

EfficiencyReport Comparison::run() {
  parallel_for(std::ssize(trainings_), options_.threads, [this](Index number) { train(number); });
  link_.flush();
  EfficiencyReport report;
  for (const Traced& traced : trainings_) report.complete = report.complete && traced.complete;
  std::vector<std::vector<double>> losses;
  for (const Traced& traced : trainings_) {
    if (traced.complete) losses.push_back(traced.losses);
  }
  report.target_loss = options_.target_loss.value_or(thermo::common_target(losses, kReachedBy));
  for (std::size_t c = 0; c < candidates_.size(); ++c) report.candidates.push_back(result_of(c, report.target_loss));
  std::stable_sort(report.candidates.begin(), report.candidates.end(), [](const auto& a, const auto& b) {
    if (a.runs.empty() || b.runs.empty()) return b.runs.empty() && !a.runs.empty();
    return a.laplacian_per_weight.value > b.laplacian_per_weight.value;
  });
  if (report.complete) correlate(report);
  return report;
}

}  // namespace

bool CandidateResult::all_reached() const { return !runs.empty() && reached == std::ssize(runs); }

std::string CandidateResult::name() const {
  const auto& hidden = candidate.hidden;
  if (hidden.empty()) return "none";
  const bool uniform = std::all_of(hidden.begin(), hidden.end(), [&](Index width) { return width == hidden.front(); });
  if (uniform) return fmt::format("{} x {}", hidden.size(), hidden.front());
  return fmt::format("{}", fmt::join(hidden, ","));
}

EfficiencyReport compare_architectures(const Dataset& train, const Dataset* test, const EfficiencyOptions& options,
                                       Watcher* watcher) {
  return Comparison(train, test, options, watcher).run();
}

}  // namespace poise
