#include "network/model_graph.h"

#include "network/activation.h"
#include "network/convolution.h"
#include "network/float64_inputs.h"
#include "network/graph_builder.h"
#include "network/graph_inputs.h"
#include "network/model_check.h"

namespace poise::inline network {
namespace {

using onnx::Type;

constexpr const char* kLabelOutput = "label";
constexpr const char* kProbabilitiesOutput = "probabilities";
constexpr const char* kReconstructionOutput = "reconstruction";
constexpr const char* kCodeOutput = "code";

// Appends the layers. Products are float32, and so is centering unless an input is float64; the constants are float64
// and cast, which a runtime does once, when it loads the file. Values of the graph are called "poise/…", those of layer
// l of a network "poise/layer<l>/…".
class LayerBuilder {
 public:
  LayerBuilder(GraphBuilder& builder, const Network& network) : builder_(builder), network_(network) {}

  /// features → Y_L. The names of X_1 … X_{L−1} are in `states` then.
  std::string last_preactivation(const RawFeatures& features) {
    std::string value = first_layer(features);
    for (std::size_t l = 1; l < network_.layers.size(); ++l) {
      value = activate(l - 1, value);
      states.push_back(value);
      const std::string weights = weights_of(l);
      value = affine(l, value, weights, builder_.constant(bias_name(network_, l), bias(l).data(), {bias(l).size()}));
    }
    return value;
  }

  std::vector<std::string> states;

 private:
  const Vector& bias(std::size_t l) const { return network_.layers[l].bias; }
  std::string name(std::size_t l, const std::string& what) const { return "poise/" + layer_prefix(network_, l) + what; }

  std::string weights_of(std::size_t l) {
    if (const auto& convolution = network_.layers[l].convolution) {
      const std::vector<double> kernels = onnx_kernels(*convolution, network_.layers[l].weights);
      return builder_.constant(weights_name(network_, l), kernels.data(), onnx_shape(*convolution));
    }
    const Matrix transposed = network_.layers[l].weights.transpose();
    return builder_.constant(weights_name(network_, l), transposed.data(), {transposed.rows(), transposed.cols()});
  }

  // Y_l; `weights` and `bias` are float64 values of the graph.
  std::string affine(std::size_t l, const std::string& input, const std::string& weights, const std::string& bias) {
    const auto& convolution = network_.layers[l].convolution;
    return convolution ? convolve(l, *convolution, input, weights, bias) : product(l, input, weights, bias);
  }

  std::string product(std::size_t l, const std::string& input, const std::string& weights, const std::string& bias) {
    const std::string weights_float = builder_.cast(weights, Type::kFloat, name(l, "weights"));
    const std::string bias_float = builder_.cast(bias, Type::kFloat, name(l, "bias"));
    return builder_.node("Gemm", {input, weights_float, bias_float}, name(l, "scores"));
  }

  // ONNX has the channels of an image one behind the other.
  std::string convolve(std::size_t l, const Convolution& c, const std::string& input, const std::string& weights,
                       const std::string& bias) {
    const std::string weights_float = builder_.cast(weights, Type::kFloat, name(l, "weights"));
    const std::string bias_float = builder_.cast(bias, Type::kFloat, name(l, "bias"));
    std::string value = reshape(l, "image", input, {0, c.input.rows, c.input.columns, c.input.channels});
    value = transpose(l, "channels", value, {0, 3, 1, 2});
    value = builder_.node("Conv", {value, weights_float, bias_float}, name(l, "convolution"));
    builder_.attribute("kernel_shape", std::vector<Index>{c.side, c.side});
    builder_.attribute("pads", std::vector<Index>(4, c.padding));
    if (c.pool > 1) {
      value = builder_.node("MaxPool", {value}, name(l, "pool"));
      builder_.attribute("kernel_shape", std::vector<Index>{c.pool, c.pool});
      builder_.attribute("strides", std::vector<Index>{c.pool, c.pool});
    }
    value = transpose(l, "pixels", value, {0, 2, 3, 1});
    return reshape(l, "scores", value, {0, c.output().size()});
  }

  std::string reshape(std::size_t l, const std::string& what, const std::string& value,
                      const std::vector<Index>& shape) {
    return builder_.node("Reshape", {value, builder_.constant(name(l, what + "_shape"), shape)}, name(l, what));
  }

  std::string transpose(std::size_t l, const std::string& what, const std::string& value,
                        const std::vector<Index>& order) {
    const std::string transposed = builder_.node("Transpose", {value}, name(l, what));
    builder_.attribute("perm", order);
    return transposed;
  }

  std::string first_layer(const RawFeatures& features) {
    const std::string weights = weights_of(0);
    const std::string given = builder_.constant(bias_name(network_, 0), bias(0).data(), {bias(0).size()});
    const std::string center = builder_.constant(kCenterName, network_.center.data(), {network_.center.size()});
    if (features.type == Type::kDouble) {
      const std::string centered = builder_.node("Sub", {features.name, center}, "poise/centered_float64");
      const Vector gain = float32_gains(network_);
      const bool in_range = (gain.array() == 1).all();
      const std::string scaled = in_range ? centered : scale(centered, gain);
      const std::string rounded = builder_.cast(scaled, Type::kFloat, "poise/centered");
      const std::string filled = fill_in(builder_, network_.schema, network_.center, gain, rounded);
      return affine(0, filled, in_range ? weights : divide(weights, gain), given);
    }
    const std::string rounded = builder_.cast(center, Type::kFloat, "poise/center");
    const std::string centered = builder_.node("Sub", {features.name, rounded}, "poise/centered");
    const Vector ones = Vector::Ones(network_.feature_count());
    const std::string filled = fill_in(builder_, network_.schema, float_center(), ones, centered);
    if (network_.layers[0].convolution) return affine(0, filled, weights, given);  // whose center is float32
    return product(0, filled, weights, shifted_bias(weights, given, center, rounded));
  }

  // Features whose weights float32 has no numbers for: W (x − c) = (W/g) (g (x − c)), g powers of two.
  std::string scale(const std::string& centered, const Vector& gain) {
    return builder_.node("Mul", {centered, builder_.constant("poise/gain", gain.data(), {gain.size()})},
                         "poise/scaled_float64");
  }

  std::string divide(const std::string& weights, const Vector& gain) {
    const Vector inverse = gain.unaryExpr([](double g) { return g == 0 ? 1 : 1 / g; });
    return builder_.node("Mul", {weights, builder_.constant("poise/inverse_gain", inverse.data(), {inverse.size(), 1})},
                         name(0, "scaled_weights"));
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
    const char* op = entry_of(network_.layers[l].activation).onnx;
    return op ? builder_.node(op, {value}, name(l, "activation")) : value;
  }

  GraphBuilder& builder_;
  const Network& network_;
};

// ln σ(y) = −softplus(−y). Sigmoids divided by their sum would be 0/0 where all of them underflow.
std::string log_sigmoid(GraphBuilder& builder, const std::string& value) {
  const std::string negative = builder.node("Neg", {value}, "poise/negative_scores");
  const std::string softplus = builder.node("Softplus", {negative}, "poise/softplus");
  return builder.node("Neg", {softplus}, "poise/log_sigmoid");
}

void add_classes(GraphBuilder& builder, const Network& network, const std::string& last) {
  const Schema& schema = network.schema;
  const std::string scores = network.head == Head::kSoftmax ? last : log_sigmoid(builder, last);
  const std::string best = builder.node("ArgMax", {scores}, "poise/class");
  builder.attribute("axis", 1);
  builder.attribute("keepdims", 0);
  builder.node("Gather", {builder.constant("poise/classes", schema.classes), best}, kLabelOutput);
  builder.node("Softmax", {scores}, kProbabilitiesOutput);
  builder.attribute("axis", 1);
  builder.output(kLabelOutput, Type::kString, {});
  builder.output(kProbabilitiesOutput, Type::kFloat, {schema.class_count()});
}

void add_features(GraphBuilder& builder, const Network& network, const std::string& last,
                  const std::vector<std::string>& states) {
  if (network.head == Head::kLogistic) {
    const std::string share = builder.node("Sigmoid", {last}, "poise/share");
    const std::string unit =
        builder.constant("poise/output_unit", std::vector<float>{static_cast<float>(network.output_unit)});
    builder.node("Mul", {share, unit}, kReconstructionOutput);
  } else {
    builder.node("Identity", {last}, kReconstructionOutput);
  }
  builder.output(kReconstructionOutput, Type::kFloat, {network.feature_count()});
  const std::size_t layer = code_layer(network);
  if (layer == 0) return;
  builder.node("Identity", {states[layer - 1]}, kCodeOutput);
  builder.output(kCodeOutput, Type::kFloat, {network.layers[layer - 1].outputs()});
}

std::vector<std::string> outputs_of(const Network& network) {
  if (network.reconstructs()) return {kReconstructionOutput, kCodeOutput};
  return {kLabelOutput, kProbabilitiesOutput};
}

}  // namespace

void build_graph(const Network& network, onnx::Graph& graph) {
  graph.name = network.is_softmax_layer() ? "poise_softmax" : "poise_network";
  std::vector<std::string> taken = outputs_of(network);
  taken.emplace_back(kCenterName);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    taken.push_back(weights_name(network, l));
    taken.push_back(bias_name(network, l));
  }
  GraphBuilder builder(graph, taken);
  const RawFeatures features = raw_inputs(builder, network.schema, needs_float64(network));
  LayerBuilder layers(builder, network);
  const std::string last = layers.last_preactivation(features);
  if (network.reconstructs()) return add_features(builder, network, last, layers.states);
  add_classes(builder, network, last);
}

}  // namespace poise::inline network
