#include "experiments/thermodynamics.h"

#include <fmt/core.h>

namespace poise::experiments {

std::string with_spread(const Sample& sample, int digits) {
  const std::string mean = fmt::format("{:.{}f}", mean_of(sample), digits);
  return sample.size() < 2 ? mean : mean + fmt::format(" ± {:.{}f}", deviation_of(sample), digits);
}

Outcome run_thermodynamics(const ExperimentOptions& options, Events& events) {
  Outcome outcome;
  for (const ExperimentData& data : options.data) {
    for (const auto part : {second_law, first_law, laplacian_and_depth}) {
      for (Finding& finding : part(data, options, events, outcome.runs)) {
        outcome.findings.push_back(std::move(finding));
      }
    }
  }
  return outcome;
}

}  // namespace poise::experiments
