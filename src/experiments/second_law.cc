// The second law of learning on ensembles of learners (docs/theory/thermodynamics-laws.md#the-entropy-of-learners,
// docs/reproduce.md#thermodynamics).
//
// 256 learners of 12 or 15 parameters on principal components of three classes, full records of every step. `far`:
// from initial weights of unit spread; `close`: 10⁻⁶ apart, so that the cloud keeps its shape and S is the cloud's own
// entropy. `momentum` and `far momentum`: likewise, with the golden pair. All on batches common to all learners, but
// `noise` and `wide noise`: 0.02 and 1 apart, batches of one's own.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "experiments/thermodynamics.h"
#include "poise/dual_process.h"
#include "poise/theory/learner_cloud.h"
#include "run/measurements.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr double kEntropyAgreement = 0.05;  // share of the entropy change that prediction and measurement may differ by
constexpr double kNoiseAgreement = 0.1;     // of 256 learners, a few percent are chance
constexpr int kSteps = 100;
constexpr double kSmallRate = 0.05;  // small, as the law has it
constexpr Index kRowsOfAClass = 16, kBatch = 8;
constexpr double kNarrow = 0.02;  // spread below the width at which noise and drift balance; 1 is above it

struct Task {
  const char* name;
  Index components;
  std::vector<Index> hidden;
  Activation activation;
};

const std::vector<Task>& tasks() {
  static const std::vector<Task> all{{"softmax 3-3", 3, {}, Activation::kIdentity},
                                     {"tanh 2-2-3", 2, {2}, Activation::kTanh},
                                     {"ReLU 2-2-3", 2, {2}, Activation::kRelu}};
  return all;
}

enum { kFar, kClose, kMomentum, kFarMomentum, kNoise, kWideNoise, kEnsembleCount };
constexpr std::array<const char*, kEnsembleCount> kNames = {"far",          "close", "momentum",
                                                            "far momentum", "noise", "wide noise"};

bool is_noisy(std::size_t variant) { return variant == kNoise || variant == kWideNoise; }

/// Reports of the seeds that were completed.
using Reports = std::array<std::vector<LearnerReport>, kEnsembleCount>;

Vector random_center(Index parameters, std::uint64_t seed) {
  const std::uint64_t stream = random_bits(seed, 0xce47e5);
  std::uint64_t counter = 0;
  return Vector::NullaryExpr(parameters, [&] { return random_normal(stream, counter++); });
}

LearnerOptions options_of(std::size_t variant, Index parameters, std::uint64_t seed, int threads) {
  LearnerOptions o;
  o.steps = kSteps;
  o.learning_rate = kSmallRate;
  o.batches = is_noisy(variant) ? Batches::kIndependent : Batches::kShared;
  o.batch = kBatch;
  o.seed = seed;
  o.threads = threads;
  o.spread = 1;
  if (variant == kMomentum || variant == kFarMomentum) {
    o.momentum = kGoldenMomentum;
    o.learning_rate = kGoldenLearningRate;
    o.velocity_spread = 0.1;
  }
  if (variant != kFar && variant != kFarMomentum && variant != kWideNoise) {
    o.center = random_center(parameters, seed);
    o.spread = variant == kNoise ? kNarrow : 1e-6;
  }
  return o;
}

json run_json(const json& labels, const LearnerReport& report) {
  json run = labels;
  json law = json::object();
  for (const SecondLaw kind : {SecondLaw::kHolds, SecondLaw::kCannotTell, SecondLaw::kNegativeLaplacian,
                               SecondLaw::kNoise, SecondLaw::kStepTooLarge, SecondLaw::kShape}) {
    if (const Index steps = report.count(kind)) law[to_string(kind)] = steps;
  }
  run.update({{"learners", report.learners},
              {"parameters", report.parameters},
              {"initial_entropy", report.initial_entropy},
              {"change", to_json(report.change)},
              {"volume_change", to_json(report.volume_change)},
              {"drift_change", to_json(report.drift_change)},
              {"shape_change", to_json(report.shape_change)},
              {"laplacian_change", report.laplacian_change},
              {"noise_change", to_json(report.noise_change)},
              {"second_law", law},
              {"steps", json::array()}});
  for (const LearnerStep& step : report.steps) {
    run["steps"].push_back({{"loss", step.loss},
                            {"entropy", step.entropy},
                            {"change_error", step.change.error},
                            {"volume_change", step.volume_change},
                            {"drift_change", step.drift_change},
                            {"laplacian", step.laplacian},
                            {"noise_change", step.noise_change.value}});
  }
  return run;
}

/// All variants of one seed; false if stopped on the way.
bool run_seed(const ExperimentData& data, const ExperimentOptions& asked, const Task& task, int seed, Events& events,
              Reports& reports, json& runs) {
  const auto number = static_cast<std::uint64_t>(seed);
  const auto learned = network_task(data.train, {.components = task.components,
                                                 .classes = 3,
                                                 .rows = kRowsOfAClass,
                                                 .hidden = task.hidden,
                                                 .activation = task.activation,
                                                 .seed = number});
  std::array<LearnerReport, kEnsembleCount> found;
  for (std::size_t v = 0; v < kEnsembleCount; ++v) {
    if (events.should_stop()) return false;
    const json labels = {
        {"part", "second law"}, {"data", data.name}, {"task", task.name}, {"ensemble", kNames[v]}, {"seed", seed}};
    events.show(in_words(labels));
    found[v] = run_learners(*learned, options_of(v, learned->parameters(), number, asked.threads));
    runs.push_back(run_json(labels, found[v]));
    events.append({{"event", "learners"}, {"result", runs.back()}});
  }
  for (std::size_t v = 0; v < kEnsembleCount; ++v) reports[v].push_back(std::move(found[v]));
  return true;
}

using LearnerFigure = double (*)(const LearnerReport&);

Sample sample_of(const std::vector<LearnerReport>& reports, LearnerFigure figure) {
  Sample sample;
  for (const LearnerReport& report : reports) sample.push_back(figure(report));
  return sample;
}

double change(const LearnerReport& r) { return r.change.value; }
double fall(const LearnerReport& r) { return -r.change.value; }
double volume(const LearnerReport& r) { return r.volume_change.value; }
double laplacian(const LearnerReport& r) { return r.laplacian_change; }
double drift(const LearnerReport& r) { return r.drift_change.value; }
double noise(const LearnerReport& r) { return r.noise_change.value; }
double off_laplacian(const LearnerReport& r) { return r.change.value / r.laplacian_change - 1; }
double off_volume(const LearnerReport& r) { return r.change.value / r.volume_change.value - 1; }
double off_noise(const LearnerReport& r) { return (r.change.value - r.drift_change.value) / r.noise_change.value - 1; }
/// Steps in which the cloud's own entropy rose.
double rises(const LearnerReport& r) {
  return static_cast<double>(
      std::count_if(r.steps.begin(), r.steps.end(), [](const LearnerStep& step) { return step.volume_change > 0; }));
}

/// "S −10.2 ± 0.3 nats; −η⟨∇²L⟩ −10.1 ± 0.2, log-determinant −10.4 ± 0.2": ⟨ln|det(I − ηH)|⟩, but bars end table cells.
std::string balance(const std::vector<LearnerReport>& reports) {
  return fmt::format("S {} nats; −η⟨∇²L⟩ {}, log-determinant {}", with_spread(sample_of(reports, change), 2),
                     with_spread(sample_of(reports, laplacian), 2), with_spread(sample_of(reports, volume), 2));
}

Finding falls(const std::string& where, const std::vector<LearnerReport>& far) {
  return {where, fmt::format("second law: the entropy of learners falls in training, {} steps without noise", kSteps),
          balance(far), judge_above(sample_of(far, fall), 0)};
}

Finding falls_in_every_step(const std::string& where, const Reports& reports) {
  Finding finding{
      where, "second law: it falls in every step, judged by the mean log-determinant of I − ηH of 256 learners", {}};
  Sample all;
  for (const std::size_t v : {kFar, kClose}) {
    const Sample of_variant = sample_of(reports[v], rises);
    finding.figure += fmt::format("{}rose in {} of {} steps of {} learners", v == kFar ? "" : ", ",
                                  with_spread(of_variant, 1), kSteps, kNames[v]);
    all.insert(all.end(), of_variant.begin(), of_variant.end());
  }
  if (reports[kFar].size() < kFewestSeeds) return finding;
  finding.verdict = mean_of(all) > 0 ? Verdict::kNotReproduced : Verdict::kReproduced;  // one step refutes "every"
  return finding;
}

Finding rate(const std::string& where, const std::vector<LearnerReport>& reports, const char* which) {
  return {where,
          fmt::format("entropy destruction: S changes by −η⟨∇²L⟩ within {:.0f} %, learners {}", 100 * kEntropyAgreement,
                      which),
          fmt::format("{}: off by {} %", balance(reports), in_points(sample_of(reports, off_laplacian))),
          judge_within(sample_of(reports, off_laplacian), kEntropyAgreement)};
}

Finding momentum(const std::string& where, const std::vector<LearnerReport>& reports, const char* which) {
  return {where,
          fmt::format("our analysis: with momentum S of (w, Δ) falls by P ln α a step within {:.0f} %, learners {}",
                      100 * kEntropyAgreement, which),
          fmt::format("S {} nats, P ln α {}: off by {} %", with_spread(sample_of(reports, change), 1),
                      with_spread(sample_of(reports, volume), 1), in_points(sample_of(reports, off_volume))),
          judge_within(sample_of(reports, off_volume), kEntropyAgreement)};
}

/// From either side of the stationary width: from below noise widens the cloud, from above drift narrows it.
Finding under_noise(const std::string& where, const std::vector<LearnerReport>& reports, const char* side) {
  Sample flagged;
  for (const LearnerReport& r : reports) flagged.push_back(static_cast<double>(r.count(SecondLaw::kNoise)));
  return {where,
          fmt::format("second law under noise, from {} the stationary width: S falls with batches of one's own", side),
          fmt::format("S {} nats: drift {}, noise {}; flagged as a rise by noise: {} of {} steps",
                      with_spread(sample_of(reports, change), 2), with_spread(sample_of(reports, drift), 2),
                      with_spread(sample_of(reports, noise), 2), with_spread(flagged, 1), kSteps),
          judge_above(sample_of(reports, fall), 0)};
}

Finding noise_is_predicted(const std::string& where, const std::vector<LearnerReport>& reports) {
  return {where,
          fmt::format("our analysis: noise adds ½ ln det(I + 2DΣ⁻¹) to what the drift does, within {:.0f} %",
                      100 * kNoiseAgreement),
          fmt::format("S {} nats; drift {} (log-determinant {}), noise {}: off by {} %",
                      with_spread(sample_of(reports, change), 2), with_spread(sample_of(reports, drift), 2),
                      with_spread(sample_of(reports, volume), 2), with_spread(sample_of(reports, noise), 2),
                      in_points(sample_of(reports, off_noise))),
          judge_within(sample_of(reports, off_noise), kNoiseAgreement)};
}

}  // namespace

std::vector<Finding> second_law(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                json& runs) {
  std::vector<Finding> findings;
  for (const Task& task : tasks()) {
    Reports reports;
    for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
      if (!run_seed(data, options, task, seed, events, reports, runs)) break;
    }
    const std::string where = fmt::format("{}, {}", data.name, task.name);
    if (reports[kFar].empty()) {
      findings.push_back({where, "second law: the entropy of learners falls in training", "no seed was completed"});
      continue;
    }
    findings.push_back(falls(where, reports[kFar]));
    findings.push_back(falls_in_every_step(where, reports));
    findings.push_back(rate(where, reports[kClose], "10⁻⁶ apart"));
    findings.push_back(rate(where, reports[kFar], "far apart"));
    findings.push_back(momentum(where, reports[kMomentum], "10⁻⁶ apart"));
    findings.push_back(momentum(where, reports[kFarMomentum], "far apart"));
    findings.push_back(under_noise(where, reports[kNoise], "below"));
    findings.push_back(under_noise(where, reports[kWideNoise], "above"));
    findings.push_back(noise_is_predicted(where, reports[kNoise]));
  }
  return findings;
}

}  // namespace poise::experiments
