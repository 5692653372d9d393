#include "network/float64_inputs.h"

#include <algorithm>
#include <cmath>

#include "network/activation.h"
#include "network/metadata.h"

namespace poise::inline network {
namespace {

// Of a score, or of the unit of a feature that the network gives again: what one feature may add to the difference
// between a probability by Poise and by ONNX Runtime is half of that, and the promise is 1e-5 in all.
constexpr double kShift = 4e-6;

/// The weights of the last layer are per unit of the data where it gives features; these are what 1 of each counts as.
Vector output_units(const Network& network) {
  const Index outputs = network.layers.back().weights.rows();
  if (network.head != Head::kLinear) return Vector::Ones(outputs);
  const Vector units = recorded_units(network.metadata, outputs).value_or(Vector::Ones(outputs));
  return (units.array() == 0).select(1.0, units);
}

/// What the layers behind the first make of a shift of one of its values.
double gain_of_later_layers(const Network& network, const Vector& units) {
  double gain = 1;
  for (std::size_t l = 1; l < network.layers.size(); ++l) {
    Vector norms = network.layers[l].weights.rowwise().norm();
    if (l + 1 == network.layers.size()) norms = norms.cwiseQuotient(units);
    gain *= entry_of(network.layers[l - 1].activation).largest_slope * norms.maxCoeff();
  }
  return gain;
}

}  // namespace

Vector float32_gains(const Network& network) {
  constexpr double kLeast = 1e-30, kMost = 1e30;
  constexpr int kMostBits = 1000;  // so that its inverse is a number, too
  const Matrix& weights = network.layers.front().weights;
  Vector gains = Vector::Ones(network.feature_count());
  if (network.layers.front().convolution) return gains;  // weights that all pixels share
  for (Index j = 0; j < weights.cols(); ++j) {
    const double largest = weights.col(j).cwiseAbs().maxCoeff();
    if (largest == 0 && std::abs(network.center[j]) > kMost) gains[j] = 0;
    if (largest == 0 || (largest >= kLeast && largest <= kMost)) continue;
    gains[j] = std::ldexp(1.0, std::clamp(std::ilogb(largest), -kMostBits, kMostBits));
  }
  return gains;
}

std::vector<bool> needs_float64(const Network& network) {
  const Vector units = output_units(network);
  const double gain = gain_of_later_layers(network, units);
  const Matrix& weights = network.layers.front().weights;
  Vector scale = Vector::Ones(weights.rows());
  if (network.layers.size() == 1) scale = units.cwiseInverse();
  const Vector gains = float32_gains(network);
  std::vector<bool> needed;
  const bool shared = network.layers.front().convolution.has_value();
  const double of_all = shared ? weights.cwiseAbs().maxCoeff() : 0;
  for (Index j = 0; j < network.feature_count(); ++j) {
    const double weight = shared ? of_all : weights.col(j).cwiseProduct(scale).cwiseAbs().maxCoeff();
    needed.push_back(gains[j] != 1 || 0x1p-24 * std::abs(network.center[j]) * weight * gain > kShift);
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
