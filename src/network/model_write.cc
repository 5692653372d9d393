#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/schema_json.h"
#include "network/model_check.h"
#include "network/model_file.h"
#include "network/model_graph.h"
#include "poise/error.h"
#include "poise/version.h"

namespace poise::inline network {
namespace {

// Released 2020: every ONNX Runtime since 1.5 reads these.
constexpr Index kIrVersion = 7, kOperatorSet = 13, kMlOperatorSet = 2;

void check_size(Index bytes) {
  if (bytes <= std::numeric_limits<std::int32_t>::max()) return;
  throw Error(ErrorKind::kResource, fmt::format("the model takes {} bytes", bytes),
              "at most 2147483647, the limit of an ONNX file", "use fewer features or classes");
}

void check_network(const Network& network) {
  const std::string fault = network_fault(network);
  if (!fault.empty()) throw Error(ErrorKind::kUsage, "the model cannot be saved: " + fault);
  check_size(network.parameter_count() * Index{sizeof(double)});  // before anything is copied
  for (const auto& [key, value] : network.metadata) {
    if (is_reserved(key)) {
      throw Error(ErrorKind::kUsage, fmt::format("the metadata key \"{}\" is reserved", key), "another name");
    }
  }
}

// JSON and other readers of ONNX accept nothing but UTF-8.
std::string utf8_json(const nlohmann::ordered_json& json) {
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw Error(ErrorKind::kData, "a column, category or class name, or the metadata, is not UTF-8", "text in UTF-8",
                "convert the data file, for example with iconv");
  }
}

void add_property(onnx::Model& file, const std::string& key, const std::string& value) {
  file.metadata.emplace_back("poise." + key, value);
}

nlohmann::ordered_json convolution_json(const Layer& layer) {
  if (!layer.convolution) return nullptr;
  const Convolution& c = *layer.convolution;
  return {{"input", {c.input.rows, c.input.columns, c.input.channels}},
          {"kernels", c.kernels},
          {"side", c.side},
          {"padding", c.padding},
          {"pool", c.pool}};
}

std::string form_of(const Network& network) {
  nlohmann::ordered_json hidden = nlohmann::ordered_json::array();
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) hidden.push_back(to_string(network.layers[l].activation));
  nlohmann::ordered_json form{{"hidden", hidden}, {"head", to_string(network.head)}};
  if (network.reconstructs()) form["output_unit"] = network.output_unit;
  if (network.has_convolutions()) {
    auto& convolutions = form["convolutions"] = nlohmann::ordered_json::array();
    for (std::size_t l = 0; l + 1 < network.layers.size(); ++l)
      convolutions.push_back(convolution_json(network.layers[l]));
  }
  return form.dump();
}

// The format comes last, and it is at the end of the file: where it is, nothing has been cut off.
void add_metadata(onnx::Model& file, const Network& network) {
  add_property(file, kSchemaKey, utf8_json(schema_to_json(network.schema)));
  if (!network.is_softmax_layer()) add_property(file, kNetworkKey, form_of(network));
  utf8_json(network.metadata);
  for (const auto& [key, value] : network.metadata) add_property(file, key, value);
  add_property(file, kFormatKey, std::to_string(model_format(network)));
}

std::string words_on_head(const Network& network) {
  switch (network.head) {
    case Head::kSoftmax:
      return "the head is the softmax";
    case Head::kSigmoid:
      return "the head divides the classes' sigmoids by their sum";
    case Head::kLinear:
      return "the last gives the features again";
    case Head::kLogistic:
      return fmt::format("{:g} times the sigmoids of the last are the features again", network.output_unit);
  }
  return {};
}

std::string description(const Network& network) {
  if (network.is_softmax_layer()) {
    return "softmax regression: probabilities = softmax(weights (features - center) + bias)";
  }
  return fmt::format(
      "feed-forward network {}: every layer is activation(weights input + bias), the first of features - "
      "center; {}",
      network.architecture(), words_on_head(network));
}

}  // namespace

std::string serialize_network(const Network& network) {
  check_network(network);
  onnx::Model file{.ir_version = kIrVersion,
                   .producer_name = kProducer,
                   .producer_version = kVersion,
                   .description = description(network),
                   .graph = {},
                   .operator_sets = {{"", kOperatorSet}, {"ai.onnx.ml", kMlOperatorSet}},
                   .metadata = {}};
  add_metadata(file, network);
  build_graph(network, file.graph);
  std::string bytes = onnx::write(file);
  check_size(std::ssize(bytes));
  return bytes;
}

}  // namespace poise::inline network

namespace poise {

void save_model(const Network& network, const std::string& path) { write_file_whole(path, serialize_network(network)); }

}  // namespace poise
