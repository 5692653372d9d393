#include "poise/calibration.h"

#include <fmt/core.h>

#include <cmath>
#include <utility>

#include "network/provenance.h"
#include "poise/error.h"

namespace poise {
namespace {

bool is_temperature(double value) { return value > 0 && std::isfinite(value); }

void require_softmax(const Network& network) {
  if (network.head == Head::kSoftmax) return;
  throw Error(ErrorKind::kUsage, fmt::format("a temperature for a network with the {} head", to_string(network.head)),
              "the softmax head", "train with the cross-entropy loss");
}

}  // namespace

double recorded_temperature(const std::map<std::string, std::string>& metadata) {
  return recorded<Provenance>(metadata).temperature.value_or(1);
}

void divide_scores(Network& network, double temperature) {
  if (!is_temperature(temperature))
    throw Error(ErrorKind::kUsage, fmt::format("a temperature of {}", temperature), "a finite number above 0");
  require_softmax(network);
  Provenance provenance = recorded<Provenance>(network.metadata);
  provenance.temperature = provenance.temperature.value_or(1) * temperature;
  Layer& last = network.layers.back();
  last.weights /= temperature;
  last.bias /= temperature;
  record(provenance, network.metadata);
}

Calibration calibrate(Network& network, const Dataset& held_out, const MeasureOptions& options) {
  require_softmax(network);
  Calibration calibration;
  calibration.before = evaluate_network(network, held_out, options);
  calibration.temperature = calibration.before.temperature;
  calibration.after = calibration.before;
  if (calibration.temperature.at_limit) return calibration;
  Network divided = network;
  divide_scores(divided, calibration.temperature.temperature);
  calibration.after = evaluate_network(divided, held_out, options);
  network = std::move(divided);
  return calibration;
}

Network as_trained(Network model) {
  const double temperature = recorded_temperature(model.metadata);
  if (temperature != 1) {
    model.layers.back().weights *= temperature;
    model.layers.back().bias *= temperature;
  }
  model.metadata.erase("temperature");
  return model;
}

}  // namespace poise
