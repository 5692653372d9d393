#include "poise/network.h"

#include <fmt/core.h>

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

}  // namespace poise
