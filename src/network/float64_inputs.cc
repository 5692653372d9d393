#include "network/float64_inputs.h"

#include <algorithm>

#include "network/activation.h"

namespace poise::inline network {
namespace {

// Of a score: what one feature may add to the difference between a probability by Poise and by ONNX Runtime is half of
// that, and the promise is 1e-5 in all.
constexpr double kShift = 4e-6;

/// What the layers behind the first make of a shift of one of its values.
double gain_of_later_layers(const Network& network) {
  double gain = 1;
  for (std::size_t l = 1; l < network.layers.size(); ++l) {
    gain *= entry_of(network.layers[l - 1].activation).largest_slope *
            network.layers[l].weights.rowwise().norm().maxCoeff();
  }
  return gain;
}

}  // namespace

std::vector<bool> needs_float64(const Network& network) {
  const double gain = gain_of_later_layers(network);
  std::vector<bool> needed;
  for (Index j = 0; j < network.feature_count(); ++j) {
    const double weight = network.layers.front().weights.col(j).cwiseAbs().maxCoeff();
    needed.push_back(0x1p-24 * std::abs(network.center[j]) * weight * gain > kShift);
  }
  return needed;
}

std::vector<std::string> float64_columns(const Network& network) {
  const std::vector<bool> needed = needs_float64(network);
  std::vector<std::string> names;
  std::size_t feature = 0;
  for (const Column& column : network.schema.columns) {
    if (column.kind == ColumnKind::kNumeric && needed[feature]) names.push_back(column.name);
    feature += column.feature_count();
  }
  if (network.schema.columns.empty() && std::ranges::count(needed, true) > 0) names.emplace_back("features");
  return names;
}

}  // namespace poise::inline network
