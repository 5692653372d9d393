#include "experiments/thermodynamics.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace poise::experiments {

NetworkOptions small_network(int epochs, std::uint64_t seed) {
  NetworkOptions o;
  o.objective.l2 = 0;
  o.hidden = {kHiddenUnits};
  o.activation = Activation::kTanh;
  o.step = Step::kSgd;
  o.learning_rate = 0.1;
  o.momentum = 0;
  o.cooling = false;
  o.epochs = epochs;
  o.batch = 32;
  o.seed = seed;
  o.threads = 1;
  return o;
}

std::string with_spread(const Sample& sample, int digits) {
  const std::string mean = fmt::format("{:.{}f}", mean_of(sample), digits);
  return sample.size() < 2 ? mean : mean + fmt::format(" ± {:.{}f}", deviation_of(sample), digits);
}

namespace {

using FindingsOf = std::vector<Finding> (*)(const ExperimentData&, const ExperimentOptions&, Events&, nlohmann::json&);

constexpr std::array<std::pair<const char*, FindingsOf>, 5> kParts = {{{"second-law", second_law},
                                                                       {"first-law", first_law},
                                                                       {"first-law-at-rest", first_law_at_rest},
                                                                       {"fluctuations", weight_fluctuations},
                                                                       {"depth", laplacian_and_depth}}};

}  // namespace

std::vector<std::string> parts_of_thermodynamics() {
  std::vector<std::string> names;
  for (const auto& [name, part] : kParts) names.emplace_back(name);
  return names;
}

Outcome run_thermodynamics(const ExperimentOptions& options, Events& events) {
  Outcome outcome;
  for (const ExperimentData& data : options.data) {
    for (const auto& [name, part] : kParts) {
      const bool asked = std::ranges::find(options.parts, name) != options.parts.end();
      if (!options.parts.empty() && !asked) continue;
      for (Finding& finding : part(data, options, events, outcome.runs)) {
        outcome.findings.push_back(std::move(finding));
      }
    }
  }
  return outcome;
}

}  // namespace poise::experiments
