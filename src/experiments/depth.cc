// Laplacian against depth (docs/theory/thermodynamics-laws.md#efficiency-of-an-architecture,
// docs/reproduce.md#thermodynamics): architectures of one budget, with equal layers of 4 to 64 tanh units, and of one
// width, trained with one learning rate for all and with the golden step, which gives each its own. The gain of the
// initial weights changes Laplacian and speed alike, so every claim is judged at gain 1 and shown at the others.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>

#include "experiments/depth.h"
#include "thermo/efficiency/rank_correlation.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr std::size_t kUnitGain = 1;  // place of gain 1
constexpr Index kNeurons = 64, kMostRows = 2000;
constexpr double kSgdRate = 0.1;

constexpr Index kWidth = 16;  // of networks of equal width
constexpr std::array<Index, 5> kDepths = {1, 2, 4, 8, 16};

enum class Shared { kAllNeurons, kAllWeights, kLayerWidth };  // what all networks have in common
struct DepthSetting {
  const char* name;
  Shared shared;
  Step step;
};
constexpr std::array<DepthSetting, 6> kSettings = {{{"64 neurons, one η", Shared::kAllNeurons, Step::kSgd},
                                                    {"64 neurons, golden", Shared::kAllNeurons, Step::kGolden},
                                                    {"equal weights, one η", Shared::kAllWeights, Step::kSgd},
                                                    {"equal weights, golden", Shared::kAllWeights, Step::kGolden},
                                                    {"width 16, one η", Shared::kLayerWidth, Step::kSgd},
                                                    {"width 16, golden", Shared::kLayerWidth, Step::kGolden}}};

/// What is known of a training as soon as it has ended.
json training_json(const json& labels, const Candidate& candidate, const CandidateRun& run) {
  json out = labels;
  out.update({{"hidden", candidate.hidden},
              {"seed", run.seed},
              {"laplacian_per_weight", run.laplacian_per_weight},
              {"final_loss", run.final_loss},
              {"test_accuracy", run.test_accuracy},
              {"setbacks", run.setbacks},
              {"status", to_string(run.status)}});
  return out;
}

json run_json(const json& labels, const CandidateResult& result, const CandidateRun& run) {
  json out = training_json(labels, result.candidate, run);
  out.update({{"parameters", result.parameters},
              {"path_laplacian", result.path_laplacian},
              {"epochs_to_target", run.epochs ? json(*run.epochs) : json()}});
  return out;
}

class ComparisonWatch : public Watcher {
 public:
  ComparisonWatch(json labels, Events& events) : labels_(std::move(labels)), events_(events) {}
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kCandidate) on_trained(*event.candidate, *event.run);
    return events_.should_stop() ? Answer::kStop : Answer::kGoOn;
  }

 private:
  void on_trained(const Candidate& candidate, const CandidateRun& run) {
    events_.append({{"event", "trained"}, {"result", training_json(labels_, candidate, run)}});
    events_.show(fmt::format("{}, {} layers of {}, seed {}", in_words(labels_), candidate.hidden.size(),
                             candidate.hidden.front(), run.seed));
  }
  json labels_;
  Events& events_;
};

EfficiencyOptions options_of(const DepthSetting& setting, const Dataset& train, const ExperimentOptions& asked,
                             double gain) {
  EfficiencyOptions o;
  o.budget = kNeurons;
  if (setting.shared == Shared::kAllWeights) {  // those of one layer of 64
    o.of = Budget::kWeights;
    o.budget = parameters_of({{kNeurons}}, train.features.cols(), train.schema.class_count());
  } else if (setting.shared == Shared::kLayerWidth) {
    for (const Index depth : kDepths) o.candidates.push_back({std::vector<Index>(depth, kWidth)});
  }
  o.gain = gain;
  o.step = setting.step;
  o.learning_rate = setting.step == Step::kSgd ? kSgdRate : 0;
  o.seeds = asked.seeds;
  o.epochs = asked.epochs;
  o.threads = asked.threads;
  return o;
}

/// All gains, with the target of gain 1; empty if stopped on the way.
ReportsByGain compare(const DepthSetting& setting, const Dataset& train, const Dataset& test,
                      const ExperimentOptions& asked, const json& labels, Events& events, json& runs) {
  ReportsByGain reports(kGains.size());
  for (const std::size_t g : {kUnitGain, std::size_t{0}, std::size_t{2}}) {
    json of_gain = labels;
    of_gain.update({{"setting", setting.name}, {"gain", kGains[g]}});
    ComparisonWatch watch(of_gain, events);
    EfficiencyOptions options = options_of(setting, train, asked, kGains[g]);
    if (g != kUnitGain) options.target_loss = reports[kUnitGain].target_loss;
    reports[g] = compare_architectures(train, &test, options, &watch);
    of_gain["target_loss"] = reports[g].target_loss;
    for (const CandidateResult& result : reports[g].candidates) {
      for (const CandidateRun& run : result.runs) runs.push_back(run_json(of_gain, result, run));
    }
    if (!reports[g].complete) return {};
  }
  return reports;
}

std::string with_interval(const RankCorrelation& rho) {
  return fmt::format("ρ = {:+.2f} [{:+.2f}, {:+.2f}]", rho.value, rho.over_candidates.low, rho.over_candidates.high);
}

/// The claim ρ > 0, whatever seeds and whatever other candidates of the kind were drawn.
Verdict judge(const RankCorrelation& rho, int seeds) {
  if (static_cast<std::size_t>(seeds) < kFewestSeeds) return Verdict::kUndecidable;
  if (std::min(rho.over_candidates.low, rho.over_seeds.low) > 0) return Verdict::kReproduced;
  return std::max(rho.over_candidates.high, rho.over_seeds.high) <= 0 ? Verdict::kNotReproduced : Verdict::kUndecidable;
}

using Part = std::function<RankCorrelation(const EfficiencyReport&)>;

Finding finding_of(const std::string& where, const std::string& claim, const ReportsByGain& reports, const Part& part,
                   int seeds) {
  const RankCorrelation unit = part(reports[kUnitGain]);
  return {where, claim,
          fmt::format("{}, over seeds [{:+.2f}, {:+.2f}]; at gain {} {:+.2f}, at gain {} {:+.2f}; {} candidates",
                      with_interval(unit), unit.over_seeds.low, unit.over_seeds.high, kGains[0], part(reports[0]).value,
                      kGains[2], part(reports[2]).value, unit.candidates),
          judge(unit, seeds)};
}

}  // namespace

Finding confounder(const std::string& where, const ReportsByGain& reports, int epochs, int seeds) {
  thermo::SeedFigures laplacian, speed, gain;
  std::set<std::vector<Index>> architectures;
  for (std::size_t g = 0; g < kGains.size(); ++g) {
    for (const CandidateResult& result : reports[g].candidates) {
      if (result.setbacks > 0) continue;
      architectures.insert(result.candidate.hidden);
      laplacian.emplace_back(), speed.emplace_back(), gain.emplace_back();
      for (const CandidateRun& run : result.runs) {
        laplacian.back().push_back(run.laplacian_per_weight);
        speed.back().push_back(-run.epochs.value_or(epochs));
        gain.back().push_back(kGains[g]);
      }
    }
  }
  RankCorrelation pooled = thermo::correlate(laplacian, speed);
  pooled.over_candidates = thermo::over_candidates(pooled.value, architectures.size());
  return {
      where, "more Laplacian per weight: sooner, over all gains at once (gain is a confounder)",
      fmt::format("{}; gain with Laplacian {:+.2f}, gain with speed {:+.2f}; {} architectures, {} pairs with a gain",
                  with_interval(pooled), thermo::correlate(gain, laplacian).value, thermo::correlate(gain, speed).value,
                  architectures.size(), pooled.candidates),
      judge(pooled, seeds)};
}

std::string extremes(const EfficiencyReport& report) {
  std::string text;
  int setbacks = 0, set_back = 0;
  const std::size_t last = report.candidates.size() - 1;
  for (const std::size_t place : {std::size_t{0}, last / 2, last}) {
    const CandidateResult& c = report.candidates[place];
    text += fmt::format("{}{}: ∇²L/P {:.3g}, {}{:.1f} epochs, {:.1f} %", text.empty() ? "" : "; ", c.name(),
                        c.laplacian_per_weight.value, c.all_reached() ? "" : ">", c.epochs_to_target.value,
                        100 * c.test_accuracy.value);
  }
  for (const CandidateResult& c : report.candidates) setbacks += c.setbacks, set_back += c.setbacks > 0;
  if (setbacks == 0) return text;
  return text + halved_steps(setbacks) + fmt::format(", so {} candidates are left out", set_back);
}

namespace {

void add_findings(const std::string& where, const DepthSetting& setting, const ReportsByGain& reports,
                  const ExperimentOptions& asked, std::vector<Finding>& findings) {
  const auto add = [&](const std::string& claim, const Part& part) {
    findings.push_back(finding_of(where, claim, reports, part, asked.seeds));
  };
  const bool first = setting.step == Step::kSgd;  // what is said of the start is the same for all step rules
  if (first) {
    add("deeper networks have more Laplacian at the start", &EfficiencyReport::depth_total_laplacian);
    add("deeper networks have more Laplacian per weight at the start", &EfficiencyReport::depth_laplacian);
  }
  add("more Laplacian at the start: sooner at a common training loss", &EfficiencyReport::total_laplacian_speed);
  add("more Laplacian per weight: sooner at a common training loss", &EfficiencyReport::laplacian_speed);
  findings.back().figure += fmt::format("; {}", extremes(reports[kUnitGain]));
  add("more Laplacian per weight: more accurate on test rows",
      [](const EfficiencyReport& report) { return report.laplacian_accuracy.value_or(RankCorrelation{}); });
  add("more Λ per weight (closed form): sooner at a common training loss", &EfficiencyReport::path_laplacian_speed);
  add("deeper networks are sooner at a common training loss", &EfficiencyReport::depth_speed);
  if (first) findings.push_back(confounder(where, reports, asked.epochs, asked.seeds));
}

}  // namespace

std::vector<Finding> laplacian_and_depth(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                         json& runs) {
  const bool many = data.train.rows() > kMostRows;
  const Dataset train = many ? split_rows(data.train, kMostRows, 1).second : data.train;
  std::vector<Finding> findings;
  for (const DepthSetting& setting : kSettings) {
    const json labels = {{"part", "depth"}, {"data", data.name}};
    const std::string where = fmt::format("{}, {}", data.name, setting.name);
    ReportsByGain reports;
    if (!events.should_stop()) reports = compare(setting, train, data.test, options, labels, events, runs);
    if (reports.empty()) {
      findings.push_back({where, "more Laplacian per weight: sooner at a common training loss", "not completed"});
      continue;
    }
    add_findings(where, setting, reports, options, findings);
  }
  return findings;
}

}  // namespace poise::experiments
