#include <fmt/core.h>

#include <array>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "base/file.h"
#include "base/parse_json.h"
#include "data/schema_json.h"
#include "network/activation.h"
#include "network/convolution.h"
#include "network/model_check.h"
#include "network/model_file.h"
#include "network/onnx_file.h"
#include "poise/error.h"

namespace poise::inline network {
namespace {

constexpr const char* kExpected = "a model that Poise wrote";

// Reads the parts of one file; every complaint names it.
class ModelReader {
 public:
  ModelReader(std::string_view bytes, const std::string& file) : file_(file) {
    if (bytes.empty()) refuse("the file is empty");
    if (bytes.size() > kLimit || !onnx::read(bytes, read_)) {
      refuse("this is not an ONNX file, or it is cut short", "is the path that of a model, not of data?");
    }
    for (const onnx::Tensor& constant : read_.graph.constants) tensors_[constant.name] = &constant;
  }

  Network read() {
    const int format = check_origin();
    Network network;
    read_metadata(network);
    network.layers.resize(1);
    if (format != kSoftmaxFormat) read_form(network);
    const bool either = format == kConvolutionFormat;
    if (network.has_convolutions() != either) refuse(fmt::format("the file has format {}, not its layers", format));
    if (!either && network.reconstructs() != (format == kReconstructionFormat))
      refuse(fmt::format("the file has format {}, which knows no {} head", format, to_string(network.head)));
    read_layers(network);
    const Index d = network.schema.feature_count();
    network.center = Eigen::Map<const Vector>(tensor(kCenterName, {d}), d);
    const std::string fault = network_fault(network);
    if (!fault.empty()) refuse(fault);
    return network;
  }

  static constexpr std::size_t kLimit = std::numeric_limits<std::int32_t>::max();

 private:
  [[noreturn]] void refuse(const std::string& found, const std::string& hint = {}) const {
    throw Error(ErrorKind::kData, found, kExpected, hint, {file_});
  }

  // The number of the file's format.
  int check_origin() const {
    if (!read_.has_graph) refuse("there is no ONNX graph in this file");
    if (read_.producer_name != kProducer) {
      const std::string& name = read_.producer_name;
      refuse(fmt::format("this ONNX file is by {}", name.empty() ? "an unnamed producer" : "\"" + name + "\""),
             "Poise reads back its own models only; other ONNX models run in ONNX Runtime");
    }
    const auto format = property(kFormatKey);
    if (!format) refuse("the file is cut short: its last entry, poise.format, is missing", "write the model again");
    for (int known : {kSoftmaxFormat, kNetworkFormat, kReconstructionFormat, kConvolutionFormat}) {
      if (*format == std::to_string(known)) return known;
    }
    refuse(fmt::format("the model has format \"{}\"; this Poise reads formats up to {}", *format, kConvolutionFormat),
           fmt::format("use Poise {} or later", read_.producer_version));
  }

  std::optional<std::string> property(const std::string& key) const {
    for (const auto& [name, value] : read_.metadata) {
      if (name == "poise." + key) return value;
    }
    return std::nullopt;
  }

  void read_metadata(Network& network) const {
    const auto schema = property(kSchemaKey);
    if (!schema) refuse("the model has no schema (metadata poise.schema)");
    if (const std::string fault = repeated_member(*schema); !fault.empty()) refuse("metadata poise.schema: " + fault);
    try {
      network.schema = schema_from_json(nlohmann::ordered_json::parse(*schema));
    } catch (const nlohmann::json::exception& error) {
      refuse(fmt::format("the schema is not JSON: {}", error.what()));
    } catch (const Error& error) {
      refuse(error.found());
    }
    constexpr std::string_view kPrefix = "poise.";
    for (const auto& [name, value] : read_.metadata) {
      if (!name.starts_with(kPrefix)) continue;
      const std::string key = name.substr(kPrefix.size());
      if (!is_reserved(key)) network.metadata[key] = value;
    }
  }

  // Hidden activations and head: {"hidden": ["relu", …], "head": "softmax"}, with an "output_unit" where it gives
  // features. Leaves one layer for each activation, and the last.
  void read_form(Network& network) const {
    const auto text = property(kNetworkKey);
    if (!text) refuse("the model does not say what its layers are (metadata poise.network)");
    if (const std::string fault = repeated_member(*text); !fault.empty()) refuse("metadata poise.network: " + fault);
    try {
      const auto form = nlohmann::json::parse(*text);
      const auto hidden = form.at("hidden").get<std::vector<std::string>>();
      network.layers.resize(hidden.size() + 1);
      for (std::size_t l = 0; l < hidden.size(); ++l) {
        const auto activation = value_named<Activation>(hidden[l]);
        if (!activation) refuse(fmt::format("layer {} has the unknown activation \"{}\"", l + 1, hidden[l]));
        network.layers[l].activation = *activation;
      }
      const auto name = form.at("head").get<std::string>();
      const auto head = value_named<Head>(name);
      if (!head) refuse(fmt::format("the network has the unknown head \"{}\"", name));
      network.head = *head;
      if (network.reconstructs()) network.output_unit = form.at("output_unit").get<double>();
      if (form.contains("convolutions")) read_convolutions(form["convolutions"], network);
    } catch (const nlohmann::json::exception& error) {
      refuse(fmt::format("metadata poise.network is not a network's: {}", error.what()));
    }
  }

  // One for each hidden layer, null for a dense one.
  void read_convolutions(const nlohmann::json& convolutions, Network& network) const {
    if (convolutions.size() + 1 != network.layers.size()) refuse("not a convolution or null for each hidden layer");
    for (std::size_t l = 0; l < convolutions.size(); ++l) {
      const nlohmann::json& form = convolutions[l];
      if (form.is_null()) continue;
      const auto sides = form.at("input").get<std::array<Index, 3>>();
      Convolution& c = network.layers[l].convolution.emplace();
      c.input = {sides[0], sides[1], sides[2]};
      c.kernels = form.at("kernels").get<Index>(), c.side = form.at("side").get<Index>();
      c.padding = form.at("padding").get<Index>(), c.pool = form.at("pool").get<Index>();
      const std::string fault = convolution_fault(c);
      if (!fault.empty()) refuse(fmt::format("layer {} has {}", l + 1, fault));
    }
  }

  // The first layer takes the schema's features, the last gives its classes or the features again; what is between says
  // the file.
  void read_layers(Network& network) const {
    Index inputs = network.schema.feature_count();
    const Index results = network.reconstructs() ? inputs : network.schema.class_count();
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const bool last = l + 1 == network.layers.size();
      if (network.layers[l].convolution) {
        read_convolution_layer(network, l, inputs);
        inputs = network.layers[l].outputs();
        continue;
      }
      const Index outputs = last ? results : width(weights_name(network, l));
      const double* weights = tensor(weights_name(network, l), {inputs, outputs});
      network.layers[l].weights = Eigen::Map<const Matrix>(weights, inputs, outputs).transpose();
      network.layers[l].bias = Eigen::Map<const Vector>(tensor(bias_name(network, l), {outputs}), outputs);
      inputs = outputs;
    }
  }

  void read_convolution_layer(Network& network, std::size_t l, Index inputs) const {
    Layer& layer = network.layers[l];
    const Convolution& c = *layer.convolution;
    if (c.input.size() != inputs) refuse(fmt::format("layer {} has images of other sizes than its inputs", l + 1));
    layer.weights = from_onnx_kernels(c, tensor(weights_name(network, l), onnx_shape(c)));
    layer.bias = Eigen::Map<const Vector>(tensor(bias_name(network, l), {c.kernels}), c.kernels);
  }

  const onnx::Tensor& find(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) refuse(fmt::format("the graph has no constant \"{}\"", name));
    return *found->second;
  }

  // The second size of a matrix, as the file claims it.
  Index width(const std::string& name) const {
    const onnx::Tensor& matrix = find(name);
    if (matrix.shape.size() != 2) refuse(fmt::format("\"{}\" is not a matrix", name));
    return matrix.shape[1];
  }

  // The numbers of a constant of the graph that has this shape.
  const double* tensor(const std::string& name, const std::vector<Index>& shape) const {
    const onnx::Tensor& found = find(name);
    if (found.type != static_cast<Index>(onnx::Type::kDouble)) refuse(fmt::format("\"{}\" is not float64", name));
    if (shape != found.shape) {
      refuse(fmt::format("the shape of \"{}\" does not fit the schema or the other layers", name));
    }
    if (!holds(found, shape)) refuse(fmt::format("\"{}\" does not hold the numbers its shape asks for", name));
    return found.doubles.data();
  }

  // The shape is a claim of the file: compared by division, since the product may overflow.
  static bool holds(const onnx::Tensor& tensor, const std::vector<Index>& shape) {
    Index left = std::ssize(tensor.doubles);
    for (Index size : shape) {
      if (size < 1 || left % size != 0) return false;
      left /= size;
    }
    return left == 1;
  }

  std::string file_;
  onnx::Model read_;
  std::unordered_map<std::string_view, const onnx::Tensor*> tensors_;
};

std::string model_path(const std::string& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::string file = is_folder ? (std::filesystem::path(path) / "model.onnx").string() : path;
  std::error_code unreadable;
  if (std::filesystem::exists(file, unreadable)) return file;
  if (unreadable) {
    throw Error(ErrorKind::kIo, "cannot look for the model: " + unreadable.message(),
                "a model.onnx or the run directory that holds it, readable", {}, {path});
  }
  throw Error(ErrorKind::kIo, is_folder ? "the folder holds no model.onnx" : "there is no such file",
              "a model.onnx or the run directory that holds it", "`poise train DATA --out DIR` writes one", {path});
}

}  // namespace

Network load_softmax_layer(const std::string& path) {
  Network network = load_model(path);
  require_softmax_layer(network, model_path(path));
  return network;
}

Network parse_network(std::string_view bytes, const std::string& file) { return ModelReader(bytes, file).read(); }

}  // namespace poise::inline network

namespace poise {

Network load_model(const std::string& path) {
  const std::string file = model_path(path);
  return parse_network(read_file(file, ModelReader::kLimit), file);
}

}  // namespace poise
