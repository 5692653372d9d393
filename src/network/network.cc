#include "poise/network.h"

#include <fmt/core.h>

#include "network/model_check.h"

namespace poise {

Index Network::parameter_count() const {
  Index count = 0;
  for (const Layer& layer : layers) count += layer.weights.size() + layer.bias.size();
  return count;
}

std::vector<Index> Network::widths() const {
  std::vector<Index> widths{feature_count()};
  for (const Layer& layer : layers) widths.push_back(layer.weights.rows());
  return widths;
}

std::string Network::architecture() const {
  std::string text = fmt::format("{}", feature_count());
  for (const Layer& layer : layers) {
    const bool last = &layer == &layers.back();
    text += fmt::format(" -> {} {}", layer.weights.rows(), last ? to_string(head) : to_string(layer.activation));
  }
  return text;
}

Network to_network(SoftmaxModel model) {
  Network network;
  network.schema = std::move(model.schema);
  network.center = std::move(model.center);
  network.layers.push_back({std::move(model.weights), std::move(model.bias), Activation::kIdentity});
  network.metadata = std::move(model.metadata);
  return network;
}

SoftmaxModel to_softmax_model(Network network) {
  require_softmax_layer(network, {});
  Layer& layer = network.layers.front();
  return {std::move(network.schema), std::move(layer.weights), std::move(layer.bias), std::move(network.center),
          std::move(network.metadata)};
}

}  // namespace poise
