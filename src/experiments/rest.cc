#include "experiments/rest.h"

#include <fmt/core.h>

namespace poise::experiments {
namespace {

constexpr double kRestAgreement = 0.1;  // of dU

using RestFigure = double (*)(const Quadruple&);

Sample sample_at_rest(const std::vector<Quadruple>& found, RestFigure figure) {
  Sample sample;
  for (const Quadruple& quadruple : found) sample.push_back(figure(quadruple));
  return sample;
}

double weights_share(const Quadruple& q) { return q.by_weights() / q.loss_change(); }
double law_misses(const Quadruple& q) { return 1 - (q.heat() + q.complexity_heat()) / q.loss_change(); }
double heat_misses(const Quadruple& q) { return 1 - q.heat() / q.loss_change(); }
double change_at_rest(const Quadruple& q) { return q.loss_change(); }

}  // namespace

Verdict judge_premise(const std::vector<Sample>& samples, double margin) {
  switch (judge_all_within(samples, margin)) {
    case Verdict::kReproduced:
      return Verdict::kPremiseMet;
    case Verdict::kNotReproduced:
      return Verdict::kPremiseNotMet;
    default:
      return Verdict::kUndecidable;
  }
}

std::vector<Finding> findings_at_rest(const std::string& where, double temperature,
                                      const std::vector<Quadruple>& found) {
  const Sample by_weights = sample_at_rest(found, weights_share), law = sample_at_rest(found, law_misses),
               heat = sample_at_rest(found, heat_misses);
  const std::string from = fmt::format("from T = {:g} to {:g}", temperature, found.front().temperature(1));
  const std::string change = fmt::format("dU {} nats", with_spread(sample_at_rest(found, change_at_rest), 4));
  const double margin = 100 * kRestAgreement;
  const Verdict premise = judge_premise({by_weights}, kRestAgreement);
  return {{where,
           fmt::format("premise of the first law: at rest U does not react to the weights, within {:.0f} % of dU, {}",
                       margin, from),
           fmt::format("{}; by the weights {} % of it", change, in_points(by_weights)), premise},
          {where, fmt::format("first law at rest: dU = T dS + T dC within {:.0f} % of dU, {}", margin, from),
           fmt::format("{}; unexplained {} %", change, in_points(law)),
           premise == Verdict::kPremiseMet ? judge_within(law, kRestAgreement) : premise},
          {where, fmt::format("our analysis: at rest dU = T dS, within {:.0f} % of dU, {}", margin, from),
           fmt::format("{}; unexplained {} %", change, in_points(heat)), judge_within(heat, kRestAgreement)}};
}

}  // namespace poise::experiments
