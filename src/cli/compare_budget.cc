// poise compare --neurons or --weights: architectures of one budget, ranked by predicted learning efficiency, then
// trained.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/words.h"
#include "cli/arguments.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "poise/efficiency.h"
#include "poise/error.h"
#include "run/json_text.h"
#include "run/measurements.h"
#include "run/training/read_parts.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// A line a training on stderr, and the wish to stop.
class CompareProgress : public Watcher {
 public:
  explicit CompareProgress(bool quiet) : quiet_(quiet) {}

  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kCandidate && !quiet_) {
      CandidateResult shown;
      shown.candidate = *event.candidate;
      say("{:<8} seed {}: Laplacian a weight {:.4g}, final loss {:.5f}\n", shown.name(), event.run->seed,
          event.run->laplacian_per_weight, event.run->final_loss);
    }
    return interrupted ? Answer::kStop : Answer::kGoOn;
  }

 private:
  bool quiet_;
};

EfficiencyOptions options_of(const Arguments& a) {
  EfficiencyOptions options = a.efficiency;
  if (a.neurons > 0) options.budget = a.neurons, options.of = Budget::kNeurons;
  if (a.weights > 0) options.budget = a.weights, options.of = Budget::kWeights;
  const NetworkOptions& network = a.grid.network;
  if (!a.grid.learning_rates.empty()) options.learning_rate = a.grid.learning_rates.front();
  if (network.momentum) options.momentum = *network.momentum;
  if (a.given.contains("--activation")) options.activation = network.activation;
  if (a.given.contains("--gain")) options.gain = network.gain;
  if (network.batch > 0) options.batch = network.batch;
  if (network.epochs > 0) options.epochs = network.epochs;
  options.seeds = a.comparison.seeds;
  options.threads = a.solve.threads;
  return options;
}

/// Null where a mean could not be taken.
json number(double value) { return std::isfinite(value) ? json(value) : json(); }
json number(const Estimate& estimate) { return std::isfinite(estimate.value) ? poise::to_json(estimate) : json(); }

Index neurons_of(const CandidateResult& result) {
  return std::accumulate(result.candidate.hidden.begin(), result.candidate.hidden.end(), Index{0});
}

/// What the intervals, over other networks and over other seeds, allow to say: 1 or -1, 0 if one of them holds 0.
int sign_of(const RankCorrelation& c) {
  if (c.over_candidates.low > 0 && c.over_seeds.low > 0) return 1;
  return c.over_candidates.high < 0 && c.over_seeds.high < 0 ? -1 : 0;
}

int set_back(const EfficiencyReport& report) {
  return static_cast<int>(std::count_if(report.candidates.begin(), report.candidates.end(),
                                        [](const CandidateResult& result) { return result.setbacks > 0; }));
}

/// Which measure, if any, told beforehand who would be sooner at the target.
std::string ranking_of(const EfficiencyReport& report) {
  const std::pair<const char*, const RankCorrelation*> measures[] = {
      {"Laplacian a weight", &report.laplacian_speed},
      {"Laplacian in all", &report.total_laplacian_speed},
      {"of the closed form", &report.path_laplacian_speed},
      {"depth", &report.depth_speed}};
  std::string text;
  for (const int sign : {1, -1}) {
    std::string names;
    for (const auto& [name, correlation] : measures) {
      if (sign_of(*correlation) == sign) names += fmt::format("{} more {}", names.empty() ? "" : ",", name);
    }
    if (names.empty()) continue;
    text += fmt::format("{} those with{} were {} at the target", text.empty() ? "" : ";", names,
                        sign > 0 ? "sooner" : "later");
  }
  const int networks = report.laplacian_speed.candidates;
  if (text.empty()) {
    return fmt::format("With {} {} nothing can be concluded: no measure ranked them by speed beyond chance.", networks,
                       networks == 1 ? "network" : "networks");
  }
  return fmt::format("Of {} networks{}.", networks, text);
}

std::string conclusion_of(const EfficiencyReport& report, const EfficiencyOptions& options) {
  const std::string text = options.seeds == 1
                               ? "Of one seed nothing can be concluded: another may rank the networks otherwise."
                               : ranking_of(report);
  const int others = set_back(report);
  if (others == 0) return text;
  return text + fmt::format(
                    " Speed and accuracy of {} of {} networks are left out: a loss blew up and the rate was "
                    "halved, so that it was no longer the one of all.",
                    others, report.candidates.size());
}

bool is_known(const RankCorrelation& correlation) {
  return correlation.candidates >= static_cast<int>(kFewestCandidates);
}

json to_json(const RankCorrelation& correlation) {
  return {{"value", is_known(correlation) ? json(correlation.value) : json()},
          {"candidates", correlation.candidates},
          {"over_candidates", {correlation.over_candidates.low, correlation.over_candidates.high}},
          {"over_seeds", {correlation.over_seeds.low, correlation.over_seeds.high}}};
}

json to_json(const CandidateResult& result) {
  json runs = json::array();
  for (const CandidateRun& run : result.runs) {
    runs.push_back({{"seed", run.seed},
                    {"laplacian_per_weight", number(run.laplacian_per_weight)},
                    {"final_loss", number(run.final_loss)},
                    {"test_accuracy", number(run.test_accuracy)},
                    {"epochs", run.epochs ? json(*run.epochs) : json()},
                    {"setbacks", run.setbacks},
                    {"status", to_string(run.status)}});
  }
  return {{"name", result.name()},
          {"hidden", result.candidate.hidden},
          {"neurons", neurons_of(result)},
          {"parameters", result.parameters},
          {"laplacian_per_weight", number(result.laplacian_per_weight)},
          {"path_laplacian", result.path_laplacian},
          {"epochs_to_target", result.all_reached() ? poise::to_json(result.epochs_to_target) : json()},
          {"reached", result.reached},
          {"setbacks", result.setbacks},
          {"final_loss", number(result.final_loss)},
          {"test_accuracy", number(result.test_accuracy)},
          {"runs", runs}};
}

json to_json(const EfficiencyReport& report, const EfficiencyOptions& options) {
  json candidates = json::array();
  for (const CandidateResult& result : report.candidates) candidates.push_back(to_json(result));
  json out = {{"budget", options.budget},
              {"of", options.of == Budget::kNeurons ? "neurons" : "weights"},
              {"seeds", options.seeds},
              {"epochs", options.epochs},
              {"learning_rate", options.learning_rate},
              {"gain", options.gain},
              {"rows", options.rows},
              {"activation", to_string(options.activation)},
              {"complete", report.complete},
              {"target_loss", number(report.target_loss)},
              {"candidates", candidates}};
  if (!report.complete) return out;
  out["correlations"] = {{"depth_laplacian", to_json(report.depth_laplacian)},
                         {"depth_total_laplacian", to_json(report.depth_total_laplacian)},
                         {"laplacian_speed", to_json(report.laplacian_speed)},
                         {"total_laplacian_speed", to_json(report.total_laplacian_speed)},
                         {"path_laplacian_speed", to_json(report.path_laplacian_speed)},
                         {"depth_speed", to_json(report.depth_speed)}};
  out["conclusion"] = conclusion_of(report, options);
  out["correlations"]["laplacian_accuracy"] = report.laplacian_accuracy ? to_json(*report.laplacian_accuracy) : json();
  return out;
}

std::string with_error(const Estimate& estimate) {
  if (!std::isfinite(estimate.value)) return "–";
  return value_and_error(estimate.value, confidence_interval(estimate));
}

/// ">20" where a training never reached the target.
std::string epochs_to_target(const CandidateResult& result) {
  if (result.all_reached()) return with_error(result.epochs_to_target);
  return result.runs.empty() ? "–" : fmt::format(">{:.4g}", result.epochs_to_target.value);
}

void print_candidates(const EfficiencyReport& report, bool tested) {
  const bool halved = set_back(report) > 0;
  fmt::print("{:<10} {:>9} {:>19} {:>12} {:>18} {:>8} {:>18}{}{}\n", "hidden", "weights", "Laplacian a weight",
             "closed form", "epochs to target", "reached", "final loss", tested ? "      test accuracy" : "",
             halved ? "  rate halved" : "");
  for (const CandidateResult& c : report.candidates) {
    fmt::print("{:<10} {:>9} {:>19} {:>12.3g} {:>18} {:>8} {:>18}", c.name(), c.parameters,
               with_error(c.laplacian_per_weight), c.path_laplacian, epochs_to_target(c),
               fmt::format("{}/{}", c.reached, c.runs.size()), with_error(c.final_loss));
    if (tested) fmt::print(" {:>18}", with_error(c.test_accuracy));
    if (halved) fmt::print(" {:>12}", c.runs.empty() ? "–" : fmt::format("{} times", c.setbacks));
    fmt::print("\n");
  }
  fmt::print("±: 95 % intervals over seeds (JSON: standard errors); >: some trainings never reached the target\n");
}

/// Networks fill a budget as far as layers of equal width allow.
void print_budgets(const EfficiencyReport& report, const EfficiencyOptions& options) {
  const bool neurons = options.of == Budget::kNeurons;
  Index fewest = options.budget, most = 0;
  for (const CandidateResult& c : report.candidates) {
    const Index size = neurons ? neurons_of(c) : c.parameters;
    fewest = std::min(fewest, size), most = std::max(most, size);
  }
  const auto asked = static_cast<double>(options.budget);
  fmt::print("The networks have {} to {} of the {} {} asked for: up to {:.2g} % fewer.\n", fewest, most, options.budget,
             neurons ? "hidden neurons" : "weights", 100 * (asked - static_cast<double>(fewest)) / asked);
}

const char* answer(const RankCorrelation& correlation) {
  const int sign = sign_of(correlation);
  return sign > 0 ? "yes" : sign < 0 ? "no, the opposite" : "cannot tell";
}

void print_correlation(const char* claim, const RankCorrelation& c) {
  if (!is_known(c)) {
    fmt::print("{:<52} {:>6}   {:<14}   {:<14}   {}\n", claim, "–", "", "", answer(c));
    return;
  }
  fmt::print("{:<52} {:>6.2f}   [{:5.2f}, {:5.2f}]   [{:5.2f}, {:5.2f}]   {}\n", claim, c.value, c.over_candidates.low,
             c.over_candidates.high, c.over_seeds.low, c.over_seeds.high, answer(c));
}

void print_report(const EfficiencyReport& report, const EfficiencyOptions& options, bool tested) {
  fmt::print(
      "{} {}, {}, {}, learning rate {:g}, gain {:g}; ranked by the Laplacian a weight at the start; target loss {}\n\n",
      options.budget, options.of == Budget::kNeurons ? "hidden neurons" : "weights", counted(options.seeds, "seed"),
      counted(options.epochs, "epoch"), options.learning_rate, options.gain,
      std::isfinite(report.target_loss) ? fmt::format("{:.4g}", report.target_loss) : "–");
  print_candidates(report, tested);
  print_budgets(report, options);
  if (!report.complete) {
    fmt::print("\nstopped by request: no correlations\n");
    return;
  }
  fmt::print("\n{:<52} {:>6}   {:<15}   {:<15}\n", "rank correlation (Spearman), 95 %", "", "other networks",
             "other seeds");
  print_correlation("deeper has more Laplacian a weight", report.depth_laplacian);
  print_correlation("deeper has more Laplacian in all", report.depth_total_laplacian);
  print_correlation("more Laplacian a weight is sooner at the target", report.laplacian_speed);
  print_correlation("more Laplacian in all is sooner at the target", report.total_laplacian_speed);
  print_correlation("more of the closed form is sooner at the target", report.path_laplacian_speed);
  print_correlation("deeper is sooner at the target", report.depth_speed);
  if (report.laplacian_accuracy)
    print_correlation("more Laplacian a weight is more accurate", *report.laplacian_accuracy);
  fmt::print("\n{}\n", conclusion_of(report, options));
}

}  // namespace

int compare_budget(const Arguments& a) {
  const Parts parts = read_parts({.data = {.path = a.data}, .read = a.read, .test = a.training.test}, 0);
  print_notices(a, parts.train);
  const std::optional<Dataset>& test = parts.test;
  const EfficiencyOptions options = options_of(a);
  CompareProgress progress(a.quiet);
  things_stand("the table was not printed");
  watch_for_interrupts(a.quiet, a.json);
  const EfficiencyReport report = compare_architectures(parts.train, test ? &*test : nullptr, options, &progress);
  if (a.json) {
    fmt::print("{}\n", to_text(to_json(report, options), 2));
  } else {
    print_report(report, options, test.has_value());
  }
  return report.complete ? 0 : 130;
}

}  // namespace poise::cli
