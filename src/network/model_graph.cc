#include "network/model_graph.h"

#include "network/float64_inputs.h"
#include "network/graph_builder.h"
#include "network/graph_inputs.h"
#include "network/model_check.h"

namespace poise::inline network {
namespace {

using onnx::Type;

// Appends the layers. Products are float32, and so is centering unless an input is float64; the constants are float64
// and cast, which a runtime does once, when it loads the file. Values of the graph are called "poise/…", those of layer
// l of a network "poise/layer<l>/…".
class LayerBuilder {
 public:
  LayerBuilder(GraphBuilder& builder, const Network& network) : builder_(builder), network_(network) {}

  /// features → scores, such that their softmax are the probabilities.
  std::string scores(const RawFeatures& features) {
    std::string value = first_layer(features);
    for (std::size_t l = 1; l < network_.layers.size(); ++l) {
      value = activate(l - 1, value);
      const std::string weights = weights_of(l);
      value = product(l, value, weights, builder_.constant(bias_name(network_, l), bias(l).data(), {bias(l).size()}));
    }
    return network_.head == Head::kSoftmax ? value : log_sigmoid(value);
  }

 private:
  const Vector& bias(std::size_t l) const { return network_.layers[l].bias; }
  std::string name(std::size_t l, const std::string& what) const { return "poise/" + layer_prefix(network_, l) + what; }

  std::string weights_of(std::size_t l) {
    const Matrix transposed = network_.layers[l].weights.transpose();
    return builder_.constant(weights_name(network_, l), transposed.data(), {transposed.rows(), transposed.cols()});
  }

  // `weights` and `bias` are float64 values of the graph.
  std::string product(std::size_t l, const std::string& input, const std::string& weights, const std::string& bias) {
    const std::string weights_float = builder_.cast(weights, Type::kFloat, name(l, "weights"));
    const std::string bias_float = builder_.cast(bias, Type::kFloat, name(l, "bias"));
    return builder_.node("Gemm", {input, weights_float, bias_float}, name(l, "scores"));
  }

  std::string first_layer(const RawFeatures& features) {
    const std::string weights = weights_of(0);
    const std::string given = builder_.constant(bias_name(network_, 0), bias(0).data(), {bias(0).size()});
    const std::string center = builder_.constant(kCenterName, network_.center.data(), {network_.center.size()});
    if (features.type == Type::kDouble) {
      const std::string centered = builder_.node("Sub", {features.name, center}, "poise/centered_float64");
      const std::string rounded = builder_.cast(centered, Type::kFloat, "poise/centered");
      return product(0, fill_in(builder_, network_.schema, network_.center, rounded), weights, given);
    }
    const std::string rounded = builder_.cast(center, Type::kFloat, "poise/center");
    const std::string centered = builder_.node("Sub", {features.name, rounded}, "poise/centered");
    const std::string filled = fill_in(builder_, network_.schema, float_center(), centered);
    return product(0, filled, weights, shifted_bias(weights, given, center, rounded));
  }

  // Rounding the center to float32 shifts the features by center − float(center), which can be large beside their
  // spread (years, identifiers); the bias takes that back:
  //   W (x − c) + b = W (x − float(c)) + [b + W (float(c) − c)].
  std::string shifted_bias(const std::string& weights, const std::string& bias, const std::string& center,
                           const std::string& rounded_center) {
    const std::string widened = builder_.cast(rounded_center, Type::kDouble, "poise/center_float64");
    const std::string shift = builder_.node("Sub", {widened, center}, "poise/center_shift");
    const std::string score_shift = builder_.node("MatMul", {shift, weights}, name(0, "score_shift"));
    return builder_.node("Add", {bias, score_shift}, name(0, "bias_float64"));
  }

  Vector float_center() const { return network_.center.cast<float>().cast<double>(); }

  std::string activate(std::size_t l, const std::string& value) {
    switch (network_.layers[l].activation) {
      case Activation::kIdentity:
        return value;
      case Activation::kSigmoid:
        return builder_.node("Sigmoid", {value}, name(l, "activation"));
      case Activation::kTanh:
        return builder_.node("Tanh", {value}, name(l, "activation"));
      case Activation::kRelu:
        return builder_.node("Relu", {value}, name(l, "activation"));
    }
    return value;
  }

  // ln σ(y) = −softplus(−y). Sigmoids divided by their sum would be 0/0 where all of them underflow.
  std::string log_sigmoid(const std::string& value) {
    const std::string negative = builder_.node("Neg", {value}, "poise/negative_scores");
    const std::string softplus = builder_.node("Softplus", {negative}, "poise/softplus");
    return builder_.node("Neg", {softplus}, "poise/log_sigmoid");
  }

  GraphBuilder& builder_;
  const Network& network_;
};

void add_outputs(GraphBuilder& builder, const Schema& schema, const std::string& scores) {
  const std::string best = builder.node("ArgMax", {scores}, "poise/class");
  builder.attribute("axis", 1);
  builder.attribute("keepdims", 0);
  builder.node("Gather", {builder.constant("poise/classes", schema.classes), best}, "label");
  builder.node("Softmax", {scores}, "probabilities");
  builder.attribute("axis", 1);
  builder.output("label", Type::kString, {});
  builder.output("probabilities", Type::kFloat, {schema.class_count()});
}

}  // namespace

void build_graph(const Network& network, onnx::Graph& graph) {
  graph.name = network.is_softmax_layer() ? "poise_softmax" : "poise_network";
  std::vector<std::string> taken{kCenterName, "label", "probabilities"};
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    taken.push_back(weights_name(network, l));
    taken.push_back(bias_name(network, l));
  }
  GraphBuilder builder(graph, taken);
  const RawFeatures features = raw_inputs(builder, network.schema, needs_float64(network));
  add_outputs(builder, network.schema, LayerBuilder(builder, network).scores(features));
}

}  // namespace poise::inline network
