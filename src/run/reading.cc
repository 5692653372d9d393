// What thermodynamic measurements mean, in plain words.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "run/measurements.h"

namespace poise::inline run {
namespace {

constexpr Index kFewestForInterval = 30;  // below it an interval of rows is a guess itself
constexpr double kFewEffectiveDraws = 2;  // below it one draw decides a free energy
constexpr double kNearEdge = 0.1, kFarFromEdge = 0.01;

/// "-0.001 and +0.149": as many digits as the width is worth, rounded outwards.
std::string between(const Bounds& interval) {
  const double digit = std::floor(std::log10((interval.high - interval.low) / 2)) - 1;
  const int decimals = static_cast<int>(std::clamp(-digit, 0.0, 12.0));
  const double unit = std::pow(10.0, -decimals);
  return fmt::format("{:+.{}f} and {:+.{}f}", std::floor(interval.low / unit) * unit, decimals,
                     std::ceil(interval.high / unit) * unit, decimals);
}

/// A number in two digits, in whole ones from 10 on: "0.2", "4", "830".
std::string about(double size) { return size >= 9.95 && size < 1e6 ? two_digits(size) : fmt::format("{:.2g}", size); }

std::string those_trained_on(const TrainedOn& trained) {
  if (trained.rows == trained.of) return "These rows were trained on";
  return fmt::format("{} of the {} rows were trained on", trained.rows, trained.of);
}

/// "; scores divided by 1.21 …": the temperature that would be right. Rows trained on know none.
std::string mend(const Temperature& t, const TrainedOn& trained) {
  if (trained.rows > 0) return {};
  const std::string text = fmt::format("; scores divided by {:.3g} ({}) would be right: cross-entropy {:.4g}",
                                       t.temperature, t.temperature < 1 ? "sharper" : "softer", t.cross_entropy);
  if (trained.temperature == 1) return text + " (train --calibrate)";
  return text + fmt::format("; its scores were already divided by {:.3g}, so by {:.3g} in all", trained.temperature,
                            t.temperature * trained.temperature);
}

/// Of scores that some temperature brings to rest.
std::string read_balance(const Thermodynamics& t, const TrainedOn& trained) {
  const double gap = t.classes->equilibrium_gap.value;
  const double small = kRestShare * t.mean_loss.value;
  const Bounds interval = source_interval(t.classes->equilibrium_gap);
  if (is_rough(t.classes->equilibrium_gap)) {
    return fmt::format(
        "These {} rows cannot tell whether the model is at rest: the imbalance of {:.2g} nats hangs on a handful of "
        "rows, "
        "because few are classified wrongly or rare answers dominate. More rows would tell.",
        t.rows, gap);
  }
  if (interval.low >= -small && interval.high <= small) {
    return fmt::format("At rest: cross-entropy equals output entropy within {:g} % of it (imbalance {} nats){}.",
                       100 * kRestShare, value_and_error(gap, interval),
                       trained.rows == 0 ? ", so the probabilities are as sure as they are right" : "");
  }
  if (interval.low <= 0 && interval.high >= 0) {
    return fmt::format("These {} rows cannot tell whether the model is at rest: the imbalance is between {} nats.",
                       t.rows, between(interval));
  }
  return fmt::format("{} on these rows: cross-entropy is {} nats {} output entropy{}.",
                     gap > 0 ? "Over-confident" : "Under-confident", value_and_error(std::abs(gap), interval),
                     gap > 0 ? "above" : "below", mend(t.classes->temperature, trained));
}

/// Of scores that are best when they are as flat, or as sharp, as can be.
std::string read_limit(const Thermodynamics& t, const TrainedOn& trained) {
  if (t.classes->temperature.temperature > 1) {
    return "Not at rest: on these rows the scores are no better than chance, and flatter is always better; no "
           "temperature mends that.";
  }
  if (trained.rows > 0) {
    return "Not at rest: every row is classified correctly, so sharper is always better on these rows, and the weights "
           "of the last layer grow as long as they are trained without a penalty.";
  }
  return fmt::format(
      "Every one of these {} rows is classified correctly, and sharper is always better on them: whether the model is "
      "at "
      "rest they cannot tell. More rows would.",
      t.rows);
}

/// On the very rows trained on, a penalized last layer at rest has CE − H = −λ‖W‖², of the loss trained on.
bool has_penalized_rest(const TrainedOn& trained) {
  return trained.imbalance_at_rest < 0 && trained.temperature == 1 && trained.rows > 0 && trained.rows == trained.of;
}

/// `t` is of the loss trained on. Of all rows trained on nothing is left to chance; a part of them has an interval.
std::string read_penalized_rest(const Thermodynamics& t, const TrainedOn& trained) {
  const double gap = t.classes->equilibrium_gap.value, excess = gap - trained.imbalance_at_rest;
  const Bounds interval = source_interval(t.classes->equilibrium_gap);
  const bool small = std::abs(excess) <= kRestShare * t.mean_loss.value;
  const bool part = t.rows < trained.rows;
  const std::string held = fmt::format("λ‖W‖² = {:.3g} nats", -trained.imbalance_at_rest);
  if (part && !small && interval.low <= trained.imbalance_at_rest && interval.high >= trained.imbalance_at_rest) {
    return fmt::format(
        "These {} rows cannot tell whether the model is at rest: cross-entropy minus output entropy is between {} "
        "nats, "
        "at rest it is -{}, for the penalty.",
        t.rows, between(interval), held);
  }
  return fmt::format("{}: cross-entropy is {:.3g} nats {} output entropy, and at rest the penalty holds it {} below.",
                     small ? "At rest" : "Not at rest", std::abs(gap), gap > 0 ? "above" : "below", held);
}

/// `t` is of the loss trained on, `plain` of the plain one.
std::string read_rest(const Thermodynamics& t, const Thermodynamics& plain, const TrainedOn& trained) {
  const bool penalized = has_penalized_rest(trained);
  std::string text = penalized                             ? read_penalized_rest(t, trained)
                     : plain.classes->temperature.at_limit ? read_limit(plain, trained)
                                                           : read_balance(plain, trained);
  if (!penalized && !loss_of(trained).empty()) {
    text += fmt::format(
        " That is by the plain cross-entropy, as evaluate has it; the table is of the loss trained on ({}).",
        loss_of(trained));
  }
  if (trained.rows > 0) {
    text += fmt::format(
        " {}: how sure the model may be of others, and what temperature is right, only rows that it has not seen can "
        "tell.",
        those_trained_on(trained));
  }
  return text;
}

std::string read_information(const ClassThermodynamics& of) {
  return fmt::format("The outputs tell {:.3g} nats about a row, of {:.3g} that the frequencies of the answers allow.",
                     not_negative(of.mutual_information, of.marginal_entropy.value).value, of.marginal_entropy.value);
}

/// Where the Laplacian of the source lies. Piecewise linear networks have no other part than Gauss and Newton's, which
/// is never below 0.
Bounds interval_of(const Estimate& laplacian, const Estimate& gauss_newton) {
  Bounds interval = source_interval(laplacian);
  if (laplacian.value == gauss_newton.value) interval.low = std::max(interval.low, 0.0);
  return interval;
}

std::string read_sign(const Thermodynamics& t) {
  const Bounds interval = interval_of(t.laplacian, t.gauss_newton);
  if (interval.low >= 0) return {};
  if (interval.high < 0 && !is_rough(t.laplacian)) {
    return " The Laplacian is negative: gradient descent here spreads an ensemble of learners, against the second law.";
  }
  const char* more = t.laplacian.error > t.laplacian.row_error ? "a larger --label-draws" : "more rows";
  return fmt::format(" The sign of the Laplacian is open, as it is between {}: {} would tell.", between(interval),
                     more);
}

/// The layer whose interval, of the whole or a weight, is above those of all others, if there is one. Rough intervals
/// rank nothing.
std::optional<std::size_t> clear_largest(const std::vector<LayerCurvature>& layers, bool per_weight) {
  std::vector<Bounds> intervals;
  std::size_t largest = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (is_rough(layers[l].laplacian)) return std::nullopt;
    const Bounds whole = interval_of(layers[l].laplacian, layers[l].gauss_newton);
    const double share = per_weight ? 1 / static_cast<double>(layers[l].weights) : 1;
    intervals.push_back({share * whole.low, share * whole.high});
    if (intervals[l].low > intervals[largest].low) largest = l;
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (l != largest && intervals[l].high >= intervals[largest].low) return std::nullopt;
  }
  return largest;
}

bool may_be_negative(const LayerCurvature& layer) { return interval_of(layer.laplacian, layer.gauss_newton).low < 0; }

std::string read_curvature(const Thermodynamics& t) {
  const auto signs_open = std::any_of(t.layers.begin(), t.layers.end(), may_be_negative);
  const auto most = clear_largest(t.layers, false), steepest = clear_largest(t.layers, true);
  std::string text;
  if (t.layers.size() < 2 || signs_open || !most) {
    text = fmt::format("The Laplacian of the loss is {} nats, {:.2g} a weight",
                       value_and_error(t.laplacian.value, source_interval(t.laplacian)),
                       t.laplacian.value / static_cast<double>(t.parameters));
    if (t.layers.size() < 2) return text + "." + read_sign(t);
    text += signs_open ? "; not every layer's is certain to be above 0, so that none has a share of it"
                       : "; which layer has most of it these rows cannot tell";
  } else {
    const LayerCurvature& layer = t.layers[*most];
    const double share = layer.laplacian.value / t.laplacian.value;
    text = fmt::format("{} is in layer {} of {}: {:.0f} % of the Laplacian with {:.0f} % of the weights",
                       share > 0.5 ? "Most curvature" : "More curvature than in any other", *most + 1, t.layers.size(),
                       100 * share, 100 * static_cast<double>(layer.weights) / static_cast<double>(t.parameters));
  }
  if (steepest) text += fmt::format("; mean curvature per weight is largest in layer {}", *steepest + 1);
  return text + "." + read_sign(t);
}

std::string read_edge(const Thermodynamics& t) {
  const double curvature = t.largest_curvature.value;
  if (!t.step || t.step->edge <= 0) {
    if (curvature <= 0) return "No direction curves upwards on these rows: there is no limit of stability for a step.";
    return fmt::format(
        "The largest curvature on these rows is {:.3g}: there plain gradient descent is stable below a learning rate "
        "of "
        "{}.",
        curvature, about(2 / curvature));
  }
  const double edge = t.step->edge;
  const std::string figure =
      fmt::format("The step takes {} of what stability allows along the largest curvature on these rows, {:.3g}",
                  about(edge), curvature);
  if (edge < kFarFromEdge) return figure + ": far inside the edge.";
  if (edge < 1 - kNearEdge)
    return fmt::format("{}: inside the edge, with room for {} times the rate.", figure, about(1 / edge));
  if (edge <= 1 + kNearEdge) return figure + ": at the edge of stability.";
  return figure +
         ": beyond the edge, where a step on all rows would climb; that of a batch is held by what else curves.";
}

/// Of the warmest ensemble. ± of its free energy is of draws and rows; whether it is below the loss the draws decide,
/// as both are of the same rows.
std::string read_ensembles(const Thermodynamics& t) {
  const NoisyEnsemble& warmest =
      *std::max_element(t.ensembles.begin(), t.ensembles.end(),
                        [](const auto& a, const auto& b) { return a.temperature < b.temperature; });
  const Estimate& free_energy = warmest.free_energy;
  const double loss = t.mean_loss.value;
  std::string text = fmt::format("If the hidden states gave way by noise of temperature {:g}, they could take up ",
                                 warmest.temperature);
  if (confidence_interval(free_energy).high < loss) {
    text += fmt::format("{:.3g} of the loss of {:.3g} nats", loss - free_energy.value, loss);
  } else {
    text += fmt::format("none of the loss of {:.3g} nats", loss);
  }
  text += fmt::format(": the free energy, which is not the loss under noise, is {}{}.",
                      value_and_error(free_energy.value, source_interval(free_energy)),
                      is_rough(free_energy) ? " (roughly: few rows decide it)" : "");
  for (const NoisyEnsemble& e : t.ensembles) {
    if (e.effective_draws >= kFewEffectiveDraws) continue;
    text += fmt::format(" At {:g} it rests on {:.1f} draws a row: raise --draws before trusting it.", e.temperature,
                        e.effective_draws);
  }
  return text;
}

}  // namespace

std::string loss_of(const TrainedOn& trained) {
  std::string text = trained.balanced_classes ? "class-weighted" : "";
  if (trained.label_smoothing > 0)
    text += fmt::format("{}labels smoothed by {:g}", text.empty() ? "" : ", ", trained.label_smoothing);
  return text;
}

std::vector<std::string> reading_of(const Thermodynamics& t, const TrainedOn& trained, const Thermodynamics* plain) {
  if (t.rows < kFewestForInterval) {
    return {fmt::format("{} {} too few to conclude anything from (that takes {}): the figures are of these alone.",
                        t.rows, t.rows == 1 ? "row is" : "rows are", kFewestForInterval)};
  }
  std::vector<std::string> sentences;
  if (t.classes) sentences = {read_rest(t, plain ? *plain : t, trained), read_information(*t.classes)};
  sentences.push_back(read_curvature(t));
  if (t.detail == Detail::kLight) return sentences;
  sentences.push_back(read_edge(t));
  if (t.layers.size() > 1 && !t.ensembles.empty()) sentences.push_back(read_ensembles(t));
  return sentences;
}

}  // namespace poise::inline run
