#include "run/weights.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/words.h"
#include "network/metadata.h"
#include "network/model_check.h"

namespace poise::inline run {
namespace {

/// Whether `a` stands before `b`.
bool is_larger(const WeightEntry& a, const WeightEntry& b) {
  const double of_a = std::abs(a.standardized), of_b = std::abs(b.standardized);
  return std::tie(of_b, a.feature, a.class_id) < std::tie(of_a, b.feature, b.class_id);
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t have = width_of(text);
  return have < width ? text + std::string(width - have, ' ') : text;
}

}  // namespace

Weights weights_of(const Network& model, std::size_t most) {
  require_softmax_layer(model);
  const Layer& layer = model.layers.front();
  const Index d = model.feature_count(), classes = model.class_count();
  Weights weights;
  const std::optional<Vector> units = recorded_units(model.metadata, d);
  weights.has_units = units.has_value();
  weights.total = d * classes;
  weights.bias = layer.bias - layer.weights * model.center;
  for (Index j = 0; j < d; ++j) {
    for (Index c = 0; c < classes; ++c) {
      const double weight = layer.weights(c, j);
      weights.entries.push_back({j, c, weight, units ? weight * (*units)[j] : weight});
    }
  }
  const std::size_t count = most == 0 ? weights.entries.size() : std::min(most, weights.entries.size());
  const auto end = weights.entries.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(weights.entries.begin(), end, weights.entries.end(), is_larger);
  weights.entries.resize(count);
  return weights;
}

nlohmann::json to_json(const Weights& weights, const Schema& schema) {
  nlohmann::json bias = nlohmann::json::array(), entries = nlohmann::json::array();
  for (Index c = 0; c < weights.bias.size(); ++c)
    bias.push_back({{"class", schema.classes[c]}, {"value", weights.bias[c]}});
  for (const WeightEntry& entry : weights.entries) {
    nlohmann::json one = {{"feature", schema.feature_name(entry.feature)},
                          {"class", schema.classes[entry.class_id]},
                          {"weight", entry.weight},
                          {"standardized", nullptr}};
    if (weights.has_units) one["standardized"] = entry.standardized;
    entries.push_back(std::move(one));
  }
  return {{"total", weights.total}, {"bias", std::move(bias)}, {"weights", std::move(entries)}};
}

std::string table_of(const Weights& weights, const Schema& schema) {
  std::size_t feature_width = 7, class_width = 5;
  for (const WeightEntry& entry : weights.entries)
    feature_width = std::max(feature_width, width_of(schema.feature_name(entry.feature)));
  for (const std::string& name : schema.classes) class_width = std::max(class_width, width_of(name));
  const auto line = [&](const std::string& feature, Index class_id, const std::string& numbers) {
    const std::string& name = schema.classes[class_id];
    return padded(feature, feature_width) + "  " + padded(name, class_width) + "  " + numbers + "\n";
  };
  std::string text = padded("feature", feature_width) + "  " + padded("class", class_width) +
                     (weights.has_units ? "  standardized" : "") + "  per original unit\n";
  for (const WeightEntry& entry : weights.entries) {
    const std::string scaled = weights.has_units ? fmt::format("{:>12.5g}  ", entry.standardized) : "";
    text += line(schema.feature_name(entry.feature), entry.class_id, scaled + fmt::format("{:>17.7g}", entry.weight));
  }
  for (Index c = 0; c < weights.bias.size(); ++c) {
    const std::string gap = weights.has_units ? std::string(14, ' ') : "";
    text += line("(bias)", c, gap + fmt::format("{:>17.7g}", weights.bias[c]));
  }
  const Index rest = weights.total - static_cast<Index>(weights.entries.size());
  if (rest > 0) text += fmt::format("and {}: --top 0 shows all\n", counted(rest, "smaller one"));
  return text;
}

}  // namespace poise::inline run
