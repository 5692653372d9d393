#include "run/comparing/comparison_json.h"

#include <cmath>

#include "run/comparing/fields.h"

namespace poise::inline run {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(); }

json estimate_json(const Estimate& estimate) {
  const Bounds bounds = confidence_interval(estimate);
  return {{"value", number(estimate.value)},
          {"error", number(estimate.error)},
          {"low", number(bounds.low)},
          {"high", number(bounds.high)}};
}

json setting_json(const SettingResult& result, const Comparison& comparison, std::size_t place) {
  const NetworkOptions& network = result.setting.network;
  const std::size_t against = result.setting.against;
  json runs = json::array();
  for (const SettingRun& run : result.runs) runs.push_back(to_json(run));
  return {{"name", result.setting.name},
          {"rule", name_of(network.rule)},
          {"order", network.rule == Rule::kEquilibrium ? json(name_of(network.order)) : json()},
          {"learning_rate", network.learning_rate > 0 ? json(network.learning_rate) : json()},
          {"hidden", network.hidden},
          {"layers", network.layers.empty() ? json() : json(network.layers)},
          {"parameters", result.parameters},
          {"accuracy", estimate_json(result.accuracy)},
          {"loss", estimate_json(result.loss)},
          {"train_test_gap", estimate_json(result.train_test_gap)},
          {"against", against == place ? json() : json(comparison.settings[against].setting.name)},
          {"gain", against == place ? json() : estimate_json(result.gain)},
          {"pairs", result.pairs},
          {"setbacks", result.setbacks},
          {"judgment", name_of(result.judgment)},
          {"runs", runs}};
}

}  // namespace

json to_json(const SettingRun& run) {
  return {{"seed", run.seed},
          {"accuracy", number(run.accuracy)},
          {"loss", number(run.loss)},
          {"train_accuracy", number(run.train_accuracy)},
          {"train_loss", number(run.train_loss)},
          {"seconds", run.seconds},
          {"setbacks", run.setbacks},
          {"status", name_of(run.status)}};
}

json to_json(const Comparison& comparison) {
  json settings = json::array();
  int judgments = 0;
  for (std::size_t k = 0; k < comparison.settings.size(); ++k) {
    settings.push_back(setting_json(comparison.settings[k], comparison, k));
    judgments += comparison.settings[k].setting.against != k;
  }
  return {{"rows", comparison.rows},         {"test_rows", comparison.test_rows},
          {"held_out", comparison.held_out}, {"complete", comparison.complete},
          {"judgments", judgments},          {"settings", settings}};
}

}  // namespace poise::inline run
