// The first law at rest (docs/theory/thermodynamics-laws.md#the-first-law, docs/reproduce.md#thermodynamics): one
// network is trained to rest at a temperature T and, from the same start, at T(1 + ε), by descent on the free energy of
// its states. The law says dU = T dS + T dC from one to the other. It takes for granted that Z factorizes, which is
// that U does not react to the weights: what it does react by, from the weights at rest at T to those at T(1 + ε), is
// measured beside it. What holds at rest in any case is dF = −S dT, which is dU = T dS.
#include <fmt/core.h>

#include <array>

#include "experiments/rest.h"
#include "run/measurements.h"
#include "thermo/network/measured_rows.h"

namespace poise::experiments {
namespace {

using nlohmann::json;
using thermo::HiddenStates;

constexpr double kWarmer = 0.5;         // ε
constexpr double kRestSmoothing = 0.1;  // of labels: or no weights would be at rest
constexpr int kRestEpochs = 400, kRestDraws = 256;
constexpr std::array<double, 3> kColder = {0.01, 0.1, 1};  // T

NetworkOptions at_temperature(double temperature, std::uint64_t seed) {
  NetworkOptions o = small_network(kRestEpochs, seed);
  o.objective.label_smoothing = kRestSmoothing;
  o.rule = Rule::kCanonical;
  o.temperature = temperature;
  o.relaxation_rate = 0.3;
  o.relaxation_steps = 20;
  o.momentum = 0.9;
  o.cooling = true;
  return o;
}

json states_json(const json& labels, const HiddenStates& states, double trained_at) {
  json run = labels;
  run.update({{"trained_at", trained_at},
              {"temperature", states.temperature},
              {"complexity", states.complexity},
              {"free_energy", to_json(states.free_energy)},
              {"mean_loss", to_json(states.mean_loss)},
              {"entropy", to_json(states.entropy)}});
  return run;
}

/// Two trainings and four measurements; false if one was stopped.
bool measure_at_rest(const ExperimentData& data, const ExperimentOptions& asked, double temperature, int seed,
                     Events& events, std::vector<Quadruple>& found, json& runs) {
  const auto number = static_cast<std::uint64_t>(seed);
  const Dataset few = split_rows(data.train, kMeasuredRows, number).second;
  ThermodynamicsOptions measuring;
  measuring.objective.label_smoothing = kRestSmoothing;
  measuring.rows = 0;
  const thermo::MeasuredRows rows(few, measuring);
  const thermo::RowBlock block = rows.block(0, rows.size());
  const std::array<double, 2> temperatures = {temperature, temperature * (1 + kWarmer)};
  Quadruple quadruple;
  for (std::size_t w = 0; w < 2; ++w) {
    const json labels = {{"part", "first law at rest"}, {"data", data.name}, {"T", temperatures[w]}, {"seed", seed}};
    const Trained trained = train_observed(few, at_temperature(temperatures[w], number), nullptr, labels, events);
    if (!trained.complete) return false;
    const std::vector<Layer> layers = rows.layers_of(trained.fit.network);
    for (std::size_t t = 0; t < 2; ++t) {
      quadruple.states[w][t] = thermo::hidden_states(layers, block.inputs, block.targets, temperatures[t], kRestDraws,
                                                     number, asked.threads);
      runs.push_back(states_json(labels, quadruple.states[w][t], temperatures[w]));
      events.append({{"event", "rest"}, {"result", runs.back()}});
    }
  }
  found.push_back(quadruple);
  return true;
}

}  // namespace

std::vector<Finding> first_law_at_rest(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                       json& runs) {
  std::vector<Finding> findings;
  const std::string where = fmt::format("{}, tanh 16, {} rows", data.name, kMeasuredRows);
  for (const double temperature : kColder) {
    std::vector<Quadruple> found;
    for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
      if (!measure_at_rest(data, options, temperature, seed, events, found, runs)) break;
    }
    if (found.empty()) {
      findings.push_back({where, fmt::format("first law at rest, T = {:g}", temperature), "no seed was completed"});
      continue;
    }
    for (Finding& finding : findings_at_rest(where, temperature, found)) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace poise::experiments
