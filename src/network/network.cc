#include "poise/network.h"

#include <fmt/core.h>

#include <algorithm>

#include "network/convolution.h"

namespace poise {

Index Network::parameter_count() const {
  Index count = 0;
  for (const Layer& layer : layers) count += layer.weights.size() + layer.bias.size();
  return count;
}

std::vector<Index> Network::widths() const {
  std::vector<Index> widths{feature_count()};
  for (const Layer& layer : layers) widths.push_back(layer.outputs());
  return widths;
}

bool Network::has_convolutions() const {
  return std::ranges::any_of(layers, [](const Layer& layer) { return layer.convolution.has_value(); });
}

std::string Network::architecture() const {
  std::string text = fmt::format("{}", feature_count());
  for (const Layer& layer : layers) {
    const bool last = &layer == &layers.back();
    const char* then = last ? to_string(head) : to_string(layer.activation);
    text += layer.convolution ? " -> " + words_on(*layer.convolution, then)
                              : fmt::format(" -> {} {}", layer.weights.rows(), then);
  }
  return text;
}

}  // namespace poise
