// What thermodynamic measurements mean, in plain words.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "run/measurements.h"

namespace poise {
namespace {

constexpr double kFewEffectiveDraws = 2;  // below it one draw decides a free energy
constexpr double kNearEdge = 0.1, kFarFromEdge = 0.01;

/// ± of the source's value, at 95 %.
double half_width(const Estimate& estimate) {
  const Bounds interval = source_interval(estimate);
  return (interval.high - interval.low) / 2;
}

/// "Scores divided by 1.21 …", where there is such a temperature.
std::string mend(const Temperature& t) {
  return fmt::format("scores divided by {:.3g} would be right: cross-entropy {:.4g} (train --calibrate)", t.temperature,
                     t.cross_entropy);
}

std::string read_rest(const Thermodynamics& t) {
  const double gap = t.equilibrium_gap.value, within = half_width(t.equilibrium_gap);
  if (!std::isfinite(within)) return "One row does not tell whether the model is at rest.";
  if (t.temperature.at_limit && t.temperature.temperature > 1) {
    return "Not at rest: on these rows the scores are no better than chance, and flatter is always better; no "
           "temperature mends that.";
  }
  if (t.temperature.at_limit) {
    return "Not at rest: every row is classified correctly, so sharper is always better on these rows, and the weights "
           "of the last layer grow as long as they are trained without a penalty.";
  }
  if (gap >= -within && gap <= within) {
    return fmt::format(
        "At rest, as far as {} rows can tell: cross-entropy equals output entropy (gap {:+.2g} ± {:.2g} nats), so the "
        "probabilities are as sure as they are right.",
        t.rows, gap, within);
  }
  const char* verdict = gap > 0 ? "Over-confident on these rows" : "Under-confident on these rows";
  return fmt::format("{}: cross-entropy is {:.2g} ± {:.2g} nats {} output entropy; {}.", verdict, gap > 0 ? gap : -gap,
                     within, gap > 0 ? "above" : "below", mend(t.temperature));
}

std::string read_information(const Thermodynamics& t) {
  return fmt::format("The outputs tell {:.3g} nats about a row, of {:.3g} that the frequencies of the answers allow.",
                     t.mutual_information.value, t.marginal_entropy.value);
}

std::string read_sign(const Estimate& laplacian) {
  const Bounds interval = confidence_interval(laplacian);
  if (interval.low >= 0) return {};
  if (interval.high < 0) {
    return " The Laplacian is negative: gradient descent here spreads an ensemble of learners, against the second law.";
  }
  return " Its sign is not certain: a larger --label-draws would tell.";
}

std::string read_curvature(const Thermodynamics& t) {
  if (t.layers.size() < 2) {
    return fmt::format("The Laplacian of the loss is {:.4g}, {:.2g} a weight.{}", t.laplacian.value,
                       t.laplacian.value / static_cast<double>(t.parameters), read_sign(t.laplacian));
  }
  auto per_weight = [](const LayerCurvature& l) { return l.laplacian.value / static_cast<double>(l.weights); };
  std::size_t most = 0, steepest = 0;
  for (std::size_t l = 1; l < t.layers.size(); ++l) {
    if (t.layers[l].laplacian.value > t.layers[most].laplacian.value) most = l;
    if (per_weight(t.layers[l]) > per_weight(t.layers[steepest])) steepest = l;
  }
  const LayerCurvature& layer = t.layers[most];
  std::string text = fmt::format("Most curvature is in layer {} of {}", most + 1, t.layers.size());
  if (t.laplacian.value > 0) {
    text += fmt::format(": {:.0f} % of the Laplacian with {:.0f} % of the weights",
                        100 * layer.laplacian.value / t.laplacian.value,
                        100 * static_cast<double>(layer.weights) / static_cast<double>(t.parameters));
  }
  text += steepest == most ? "; it is the steepest a weight, too."
                           : fmt::format("; a weight of layer {} is the steepest.", steepest + 1);
  return text + read_sign(t.laplacian);
}

std::string read_edge(const Thermodynamics& t) {
  const double curvature = t.largest_curvature.value;
  if (!t.step || t.step->edge <= 0) {
    if (curvature <= 0) return "No direction curves upwards: there is no limit of stability for a step.";
    return fmt::format(
        "The largest curvature is {:.3g}: plain gradient descent is stable below a learning rate of {:.2g}.", curvature,
        2 / curvature);
  }
  const double edge = t.step->edge;
  const std::string figure = fmt::format(
      "The step takes {:.2g} of what stability allows along the largest curvature, {:.3g}", edge, curvature);
  if (edge < kFarFromEdge) return figure + ": far inside the edge, as a learning rate is that has cooled.";
  if (edge < 1 - kNearEdge)
    return fmt::format("{}: inside the edge, with room for {:.2g} times the rate.", figure, 1 / edge);
  if (edge <= 1 + kNearEdge) return figure + ": at the edge of stability.";
  return figure +
         ": beyond the edge, where a step on all rows would climb; that of a batch is held by what else curves.";
}

std::string read_ensembles(const Thermodynamics& t) {
  const NoisyEnsemble& warmest =
      *std::max_element(t.ensembles.begin(), t.ensembles.end(),
                        [](const auto& a, const auto& b) { return a.temperature < b.temperature; });
  const Bounds interval = confidence_interval(warmest.free_energy);
  std::string text = fmt::format(
      "With noise of temperature {:g} in every hidden unit the free energy is {:.3g} ± {:.1g} nats, beside a loss of "
      "{:.3g} without.",
      warmest.temperature, warmest.free_energy.value, (interval.high - interval.low) / 2, t.mean_loss.value);
  for (const NoisyEnsemble& e : t.ensembles) {
    if (e.effective_draws >= kFewEffectiveDraws) continue;
    text += fmt::format(" At {:g} it rests on {:.1f} draws a row: raise --draws before trusting it.", e.temperature,
                        e.effective_draws);
  }
  return text;
}

}  // namespace

std::vector<std::string> reading_of(const Thermodynamics& t) {
  std::vector<std::string> sentences{read_rest(t), read_information(t), read_curvature(t)};
  if (t.detail == Detail::kLight) return sentences;
  sentences.push_back(read_edge(t));
  if (t.layers.size() > 1 && !t.ensembles.empty()) sentences.push_back(read_ensembles(t));
  return sentences;
}

}  // namespace poise
