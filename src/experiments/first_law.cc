// The first law of learning along the training of a feed-forward network
// (docs/theory/thermodynamics-laws.md#the-first-law, docs/reproduce.md#thermodynamics).
//
// At a fixed temperature T the hidden states of each row make a canonical ensemble (thermo/states/hidden_states.h).
// Between epochs 0, 1, 2, 4, … of one training the law says dU = T dS + T dC. Its premise is that Z factorizes, Z =
// A(T) B(w), which is that U does not react to the weights; near the minimum of ℋ, U = ℋ_min and S = −C, so that the
// right-hand side is 0 and dU what learning is for. What holds instead is dU = T dS + T dC + dℋ_min. The first version
// of the source has the law in equilibrium alone, later ones without these words: each has its row.
#include <fmt/core.h>

#include <array>
#include <cmath>

#include "experiments/rest.h"
#include "run/measurements.h"
#include "thermo/efficiency/learning_curve.h"
#include "thermo/network/measured_rows.h"

namespace poise::experiments {
namespace {

using nlohmann::json;
using thermo::HiddenStates;

constexpr std::array<double, 3> kTemperatures = {0.01, 0.1, 1};
constexpr double kChangeAgreement = 0.1;  // share of what is compared
constexpr int kDraws = 64;

/// One training: states[t] at temperature t, an entry a checkpoint.
struct Path {
  std::array<std::vector<HiddenStates>, kTemperatures.size()> states;
};

std::vector<int> checkpoints(int epochs) {
  std::vector<int> out{0};
  for (int e = 1; e < epochs; e *= 2) out.push_back(e);
  out.push_back(epochs);
  return out;
}

json checkpoint_json(const json& labels, int epoch, const HiddenStates& states) {
  json run = labels;
  run.update({{"epoch", epoch},
              {"temperature", states.temperature},
              {"ground_loss", states.ground_loss},
              {"complexity", states.complexity},
              {"free_energy", to_json(states.free_energy)},
              {"mean_loss", to_json(states.mean_loss)},
              {"entropy", to_json(states.entropy)}});
  return run;
}

/// One training, measured at its checkpoints; false if it was stopped on the way or diverged.
bool follow(const ExperimentData& data, const ExperimentOptions& asked, int seed, Events& events, Path& path,
            json& runs) {
  const auto number = static_cast<std::uint64_t>(seed);
  ThermodynamicsOptions measuring;
  measuring.rows = kMeasuredRows;
  const thermo::MeasuredRows rows(data.train, measuring);
  const thermo::RowBlock block = rows.block(0, rows.size());
  const json labels = {{"part", "first law"}, {"data", data.name}, {"seed", seed}};
  const auto measure = [&](int epoch, const Network& network) {
    const std::vector<Layer> layers = rows.layers_of(network);
    for (std::size_t t = 0; t < kTemperatures.size(); ++t) {
      path.states[t].push_back(
          thermo::hidden_states(layers, block.inputs, block.targets, kTemperatures[t], kDraws, number, asked.threads));
      runs.push_back(checkpoint_json(labels, epoch, path.states[t].back()));
      events.append({{"event", "checkpoint"}, {"result", runs.back()}});
    }
  };
  const NetworkOptions training = small_network(asked.epochs, number);
  measure(0, thermo::initial_network(data.train, training));
  return train_observed(data.train, training, nullptr, labels, events, {checkpoints(asked.epochs), measure}).complete;
}

/// What changed between the first checkpoint and the last, at one temperature.
struct Change {
  double temperature, mean_loss, entropy, complexity, ground_loss;
  double loss_before;  ///< U

  explicit Change(const std::vector<HiddenStates>& states)
      : temperature(states.front().temperature),
        mean_loss(states.back().mean_loss.value - states.front().mean_loss.value),
        entropy(states.back().entropy.value - states.front().entropy.value),
        complexity(states.back().complexity - states.front().complexity),
        ground_loss(states.back().ground_loss - states.front().ground_loss),
        loss_before(states.front().mean_loss.value) {}

  double right_side() const { return temperature * (entropy + complexity); }
};

using ChangeFigure = double (*)(const Change&);

double by_weights(const Change& c) { return c.mean_loss / std::abs(c.loss_before); }  // T is the same
double unexplained(const Change& c) { return 1 - c.right_side() / c.mean_loss; }
double drift(const Change& c) { return (c.entropy + c.complexity) / std::abs(c.complexity); }
double imbalance(const Change& c) { return (c.mean_loss - c.right_side() - c.ground_loss) / std::abs(c.mean_loss); }

/// Of one figure, with the sample of each temperature.
struct Judged {
  Finding finding;
  std::vector<Sample> samples;
};

Judged at_all_temperatures(const std::string& data, const std::string& claim, const std::vector<Path>& paths,
                           const std::string& of_what, ChangeFigure figure) {
  Judged judged{{data, claim, of_what}, {}};
  auto& [finding, samples] = judged;
  for (std::size_t t = 0; t < kTemperatures.size(); ++t) {
    Sample sample;
    for (const Path& path : paths) sample.push_back(figure(Change(path.states[t])));
    finding.figure += fmt::format("{} {} % at T = {}", t == 0 ? ":" : ",", in_points(sample), kTemperatures[t]);
    samples.push_back(std::move(sample));
  }
  finding.verdict = judge_all_within(samples, kChangeAgreement);
  return judged;
}

/// What the source has of equilibrium alone has the verdict of that premise unless it is met.
Finding in_equilibrium(Finding finding, const std::string& claim, Verdict premise) {
  finding.claim = claim;
  if (premise != Verdict::kPremiseMet) finding.verdict = premise;
  return finding;
}

/// Whether learning orders the states, as the second law says of learners: ΔS, the same rows and noise before and
/// after.
Finding states_order(const std::string& data, const std::vector<Path>& paths) {
  Finding finding{data, "second law of the states: their total entropy falls along training", "ΔS"};
  std::vector<Sample> falls;
  for (std::size_t t = 0; t < kTemperatures.size(); ++t) {
    Sample rise, fall;
    for (const Path& path : paths) {
      rise.push_back(Change(path.states[t]).entropy);
      fall.push_back(-rise.back());
    }
    const Interval interval = interval_of(rise);
    finding.figure += fmt::format("{} {:+.3f}", t == 0 ? ":" : ",", mean_of(rise));
    if (rise.size() >= kFewestSeeds) finding.figure += fmt::format(" [{:+.3f}, {:+.3f}]", interval.low, interval.high);
    finding.figure += fmt::format(" nats at T = {}", kTemperatures[t]);
    falls.push_back(std::move(fall));
  }
  finding.verdict = judge_all_above(falls, 0);
  return finding;
}

/// "U 1.90 → 0.11, C 3.0 → 5.1, S −2.9 → −5.0"
std::string course(const std::vector<Path>& paths) {
  const std::size_t middle = 1;
  Sample u[2], c[2], s[2];
  for (const Path& path : paths) {
    for (const std::size_t end : {std::size_t{0}, std::size_t{1}}) {
      const HiddenStates& states = end == 0 ? path.states[middle].front() : path.states[middle].back();
      u[end].push_back(states.mean_loss.value);
      c[end].push_back(states.complexity);
      s[end].push_back(states.entropy.value);
    }
  }
  return fmt::format("(T = {}: U {:.2f} → {:.2f}, C {:.2f} → {:.2f}, S {:.2f} → {:.2f} nats) ", kTemperatures[middle],
                     mean_of(u[0]), mean_of(u[1]), mean_of(c[0]), mean_of(c[1]), mean_of(s[0]), mean_of(s[1]));
}

constexpr int kMarginPercent = static_cast<int>(100 * kChangeAgreement);

const std::string& law_in_words() {
  static const std::string law =
      fmt::format("dU = T dS + T dC of the states along training, within {} % of dU", kMarginPercent);
  return law;
}

/// The premise, and what is judged by it.
std::vector<Finding> laws_and_premise(const std::string& where, const std::vector<Path>& paths) {
  Judged premise = at_all_temperatures(
      where,
      fmt::format("premise of the first law, equilibrium: at one T the U of the states does not react to the weights, "
                  "within {} % of U",
                  kMarginPercent),
      paths, course(paths) + "dU over U at the start", by_weights);
  premise.finding.verdict = judge_premise(premise.samples, kChangeAgreement);
  const std::string anywhere = "first law, not in equilibrium alone (later versions): " + law_in_words(),
                    at_rest = "first law in equilibrium (the first version): " + law_in_words(),
                    sum = fmt::format("in equilibrium entropy is S_T(T) − C: S + C does not move, within {} % of dC",
                                      kMarginPercent);
  const Finding law = at_all_temperatures(where, anywhere, paths, "of dU unexplained", unexplained).finding;
  const Finding entropy = at_all_temperatures(where, sum, paths, "d(S + C) over dC", drift).finding;
  return {premise.finding, in_equilibrium(law, at_rest, premise.finding.verdict), law,
          in_equilibrium(entropy, sum, premise.finding.verdict)};
}

}  // namespace

std::vector<Finding> first_law(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                               json& runs) {
  std::vector<Path> paths;
  for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
    Path path;
    if (follow(data, options, seed, events, path, runs)) paths.push_back(std::move(path));
  }
  const std::string where = fmt::format("{}, tanh 16", data.name);
  if (paths.empty()) return {{where, "first law: " + law_in_words(), "no seed was completed"}};
  std::vector<Finding> findings = laws_and_premise(where, paths);
  const std::string work =
      fmt::format("our analysis: dU = T dS + T dC + dℋ_min (the work of learning), within {} % of dU", kMarginPercent);
  findings.push_back(at_all_temperatures(where, work, paths, "left over", imbalance).finding);
  findings.push_back(states_order(where, paths));
  return findings;
}

}  // namespace poise::experiments
