#include "network/model_check.h"

#include <fmt/core.h>

#include "data/schema_json.h"
#include "poise/error.h"

namespace poise::inline network {
namespace {

// `place` is " of layer 2", or empty for the only layer.
std::string layer_fault(const Layer& layer, Index inputs, const std::string& place) {
  const Index outputs = layer.weights.rows();
  if (outputs < 1 || layer.weights.cols() < 1) {
    return fmt::format("the weights{} are {}×{}, not at least 1×1", place, outputs, layer.weights.cols());
  }
  if (layer.weights.cols() != inputs)
    return fmt::format("{} columns of weights{}, {} inputs", layer.weights.cols(), place, inputs);
  if (layer.bias.size() != outputs)
    return fmt::format("{} biases{}, {} rows of weights", layer.bias.size(), place, outputs);
  if (!layer.weights.allFinite() || !layer.bias.allFinite())
    return fmt::format("a weight or bias{} is not finite", place);
  return {};
}

}  // namespace

std::string layer_prefix(const Network& network, std::size_t layer) {
  return network.is_softmax_layer() ? std::string() : fmt::format("layer{}/", layer + 1);
}

std::string weights_name(const Network& network, std::size_t layer) { return layer_prefix(network, layer) + "weights"; }

std::string bias_name(const Network& network, std::size_t layer) { return layer_prefix(network, layer) + "bias"; }

void require_softmax_layer(const Network& network, const std::string& file) {
  if (network.is_softmax_layer()) return;
  if (network.layers.empty()) throw Error(ErrorKind::kUsage, "the model has no layer", "a softmax layer", {}, {file});
  const char* what = network.layers.size() > 1 ? "hidden layers" : "the sigmoid head";
  throw Error(ErrorKind::kData, fmt::format("this is a network with {}, {}", what, network.architecture()),
              "a softmax layer: certificates and warm starts exist for it alone",
              "'poise evaluate', 'predict' and 'inspect' work with every network", {file});
}

std::string network_fault(const Network& network) {
  const std::string fault = schema_fault(network.schema);
  if (!fault.empty()) return fault;
  if (network.layers.empty()) return "there are no layers";
  Index inputs = network.schema.feature_count();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const std::string place = network.layers.size() == 1 ? std::string() : fmt::format(" of layer {}", l + 1);
    const std::string wrong = layer_fault(network.layers[l], inputs, place);
    if (!wrong.empty()) return wrong;
    inputs = network.layers[l].weights.rows();
  }
  if (inputs != network.schema.class_count())
    return fmt::format("{} rows of weights, {} classes", inputs, network.schema.class_count());
  if (network.layers.back().activation != Activation::kIdentity) return "the last layer has an activation and a head";
  const Index d = network.feature_count();
  if (network.center.size() != d) return fmt::format("a center of {} numbers, {} features", network.center.size(), d);
  return network.center.allFinite() ? std::string() : "the center is not finite";
}

}  // namespace poise::inline network
