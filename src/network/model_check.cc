#include "network/model_check.h"

#include <fmt/core.h>

#include <cmath>

#include "data/schema_json.h"
#include "network/convolution.h"
#include "poise/error.h"

namespace poise::inline network {
namespace {

std::string convolution_misfit(const Convolution& c, const Matrix& weights, Index inputs) {
  const std::string fault = convolution_fault(c);
  if (!fault.empty()) return fault;
  if (c.input.size() != inputs)
    return fmt::format("images of {} numbers, not of the {} inputs", c.input.size(), inputs);
  if (weights.rows() == c.kernels && weights.cols() == c.kernel_size()) return {};
  return fmt::format("{}×{} weights of {} kernels of {}", weights.rows(), weights.cols(), c.kernels, c.kernel_size());
}

// `place` is " of layer 2", or empty for the only layer.
std::string layer_fault(const Layer& layer, Index inputs, const std::string& place) {
  const Index outputs = layer.weights.rows();
  if (outputs < 1 || layer.weights.cols() < 1) {
    return fmt::format("the weights{} are {}×{}, not at least 1×1", place, outputs, layer.weights.cols());
  }
  if (layer.convolution) {
    const std::string fault = convolution_misfit(*layer.convolution, layer.weights, inputs);
    if (!fault.empty()) return fault + place;
  } else if (layer.weights.cols() != inputs) {
    return fmt::format("{} columns of weights{}, {} inputs", layer.weights.cols(), place, inputs);
  }
  if (layer.bias.size() != outputs)
    return fmt::format("{} biases{}, {} rows of weights", layer.bias.size(), place, outputs);
  if (!layer.weights.allFinite() || !layer.bias.allFinite())
    return fmt::format("a weight or bias{} is not finite", place);
  return {};
}

// What the last layer gives: a score of each class, or each feature again.
std::string output_fault(const Network& network, Index outputs) {
  const Index classes = network.schema.class_count(), d = network.schema.feature_count();
  if (!network.reconstructs()) {
    return outputs == classes ? std::string() : fmt::format("{} rows of weights, {} classes", outputs, classes);
  }
  if (classes > 0) return fmt::format("{} classes of a network that reconstructs features", classes);
  if (outputs != d) return fmt::format("{} rows of weights, {} features to reconstruct", outputs, d);
  if (!(network.output_unit > 0) || !std::isfinite(network.output_unit)) {
    return fmt::format("the unit of the outputs is {}, not a finite number above 0", network.output_unit);
  }
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
  const char* what = network.reconstructs()      ? "that reconstructs features"
                     : network.layers.size() > 1 ? "with hidden layers"
                                                 : "with the sigmoid head";
  throw Error(ErrorKind::kData, fmt::format("this is a network {}, {}", what, network.architecture()),
              "a softmax layer: certificates and warm starts exist for it alone",
              "'poise evaluate', 'predict' and 'inspect' work with every network", {file});
}

void require_classifier(const Network& network, const std::string& file) {
  if (!network.reconstructs()) return;
  throw Error(ErrorKind::kData,
              fmt::format("this is a network that reconstructs features, {}: it has no classes, and so no "
                          "probabilities of them",
                          network.architecture()),
              "a classifier",
              "'poise evaluate' and 'predict' (in the library: evaluate_reconstruction, reconstruct and "
              "hidden_states) work with it",
              file.empty() ? Location{} : Location{file});
}

void require_reconstruction(const Network& network) {
  if (network.reconstructs()) return;
  throw Error(ErrorKind::kData,
              fmt::format("this is a classifier, {}: its output is not features", network.architecture()),
              "a network trained with its features as the target",
              "hidden_states gives the states of a classifier's hidden layers");
}

void require_hidden_layer(const Network& network, Index layer) {
  const Index hidden = std::ssize(network.layers) - 1;
  if (layer >= 1 && layer <= hidden) return;
  throw Error(ErrorKind::kUsage, fmt::format("hidden layer {} of the network {}", layer, network.architecture()),
              hidden == 0   ? "a network with hidden layers"
              : hidden == 1 ? "1, its only hidden layer"
                            : fmt::format("1 to {}", hidden));
}

std::size_t code_layer(const Network& network) {
  std::size_t narrowest = 0;
  for (std::size_t l = 1; l < network.layers.size(); ++l) {
    const auto width = [&](std::size_t layer) { return network.layers[layer - 1].outputs(); };
    if (narrowest == 0 || width(l) < width(narrowest)) narrowest = l;
  }
  return narrowest;
}

void require_dense(const std::vector<Layer>& layers, const std::string& feature) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (!layers[l].convolution) continue;
    throw Error(ErrorKind::kUsage,
                fmt::format("{} of a network whose layer {} is a convolution ({})", feature, l + 1,
                            words_on(*layers[l].convolution, to_string(layers[l].activation))),
                "dense layers alone", "'poise train --hidden' makes such networks");
  }
}

int model_format(const Network& network) {
  if (network.has_convolutions()) return kConvolutionFormat;
  if (network.reconstructs()) return kReconstructionFormat;
  return network.is_softmax_layer() ? kSoftmaxFormat : kNetworkFormat;
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
    inputs = network.layers[l].outputs();
  }
  if (network.layers.back().convolution) return "the last layer is a convolution";
  const std::string outputs = output_fault(network, inputs);
  if (!outputs.empty()) return outputs;
  if (network.layers.back().activation != Activation::kIdentity) return "the last layer has an activation and a head";
  const Index d = network.feature_count();
  if (network.center.size() != d) return fmt::format("a center of {} numbers, {} features", network.center.size(), d);
  if (!network.center.allFinite()) return "the center is not finite";
  const bool rounded = (network.center.cast<float>().cast<double>().array() == network.center.array()).all();
  if (network.layers.front().convolution && !rounded) return "the center of a convolution is not float32";
  return {};
}

}  // namespace poise::inline network
