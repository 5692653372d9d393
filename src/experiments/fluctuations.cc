// Fluctuations of the weights where learning has come to its end (docs/reproduce.md#thermodynamics): what single rows
// ask of each weight, less what their mean asks, ∂ℓ_n/∂w_j − ∂L/∂w_j. The source has their distribution as a power law.
// Its tail must then have one exponent, however little of it is looked at.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "experiments/thermodynamics.h"
#include "poise/theory/learner_cloud.h"
#include "thermo/network/hessian.h"
#include "thermo/network/measured_rows.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr std::array<double, 3> kShares = {0.1, 0.01, 0.001};  // of the values, the largest
constexpr double kOneExponent = 0.1;  // relative: by how much exponents of one power law may differ

using Exponents = std::array<double, kShares.size()>;

/// Sizes of all fluctuations but those of weights that no row moves.
std::vector<double> fluctuations(const Dataset& data, const Network& network) {
  ThermodynamicsOptions measuring;
  measuring.rows = kMeasuredRows;
  const thermo::MeasuredRows rows(data, measuring);
  const thermo::RowBlock block = rows.block(0, rows.size());
  const std::vector<Layer> layers = rows.layers_of(network);
  const auto task = network_task(block.inputs, block.targets, {kHiddenUnits}, Activation::kTanh);
  std::vector<Index> all(static_cast<std::size_t>(rows.size()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Index>(i);
  Matrix gradients = task->row_gradients(thermo::flatten(layers), all);
  gradients.rowwise() -= gradients.colwise().mean().eval();
  std::vector<double> sizes;
  for (const double value : gradients.reshaped()) {
    if (value != 0) sizes.push_back(std::abs(value));
  }
  return sizes;
}

/// False if training was stopped.
bool measure_fluctuations(const ExperimentData& data, const ExperimentOptions& asked, int seed, Events& events,
                          std::vector<Exponents>& found, json& runs) {
  const json labels = {{"part", "fluctuations"}, {"data", data.name}, {"seed", seed}};
  const Trained trained = train_observed(data.train, small_network(asked.epochs, static_cast<std::uint64_t>(seed)),
                                         nullptr, labels, events);
  if (!trained.complete) return false;
  std::vector<double> sizes = fluctuations(data.train, trained.fit.network);
  Exponents exponents;
  for (std::size_t s = 0; s < kShares.size(); ++s) exponents[s] = tail_exponent(sizes, kShares[s]);
  json run = labels;
  run.update({{"fluctuations", sizes.size()}, {"shares", kShares}, {"exponents", exponents}});
  runs.push_back(run);
  events.append({{"event", "fluctuations"}, {"result", run}});
  found.push_back(exponents);
  return true;
}

}  // namespace

double tail_exponent(std::vector<double>& values, double share) {
  const auto count = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  std::nth_element(values.begin(), values.begin() + count, values.end(), std::greater<>());
  const double least = values[static_cast<std::size_t>(count)];
  double sum = 0;
  for (std::ptrdiff_t k = 0; k < count; ++k) sum += std::log(values[static_cast<std::size_t>(k)] / least);
  return static_cast<double>(count) / sum;
}

std::vector<Finding> weight_fluctuations(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                         json& runs) {
  std::vector<Exponents> found;
  for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
    if (!measure_fluctuations(data, options, seed, events, found, runs)) break;
  }
  Finding finding{
      fmt::format("{}, tanh 16", data.name),
      fmt::format("fluctuations of weights at the end of training have a power law: one exponent of the tail "
                  "within {:.0f} %",
                  100 * kOneExponent),
      "no seed was completed"};
  if (found.empty()) return {finding};
  finding.figure = "exponent of P(X > x)";
  Sample change;
  for (std::size_t s = 0; s < kShares.size(); ++s) {
    Sample exponents;
    for (const Exponents& of_seed : found) exponents.push_back(of_seed[s]);
    finding.figure +=
        fmt::format("{} {} of the largest {:g} %", s == 0 ? ":" : ",", with_spread(exponents, 2), 100 * kShares[s]);
  }
  for (const Exponents& of_seed : found) change.push_back(of_seed.back() / of_seed.front() - 1);
  finding.verdict = judge_within(change, kOneExponent);
  return {finding};
}

}  // namespace poise::experiments
