#include <fmt/core.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "data/schema_json.h"
#include "network/model_check.h"
#include "network/model_file.h"
#include "network/model_graph.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr const char* kExpected = "a model that Poise wrote";

// Reads the parts of one file; every complaint names it.
class ModelReader {
 public:
  ModelReader(std::string_view bytes, const std::string& file) : file_(file) {
    if (bytes.empty()) refuse("the file is empty");
    if (bytes.size() > kLimit || !proto_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      refuse("this is not an ONNX file, or it is cut short", "is the path that of a model, not of data?");
    }
  }

  SoftmaxModel read() {
    check_origin();
    SoftmaxModel model;
    read_metadata(model);
    const Index d = model.schema.feature_count(), K = model.schema.class_count();
    const double* weights = tensor(kWeightsName, {d, K});
    model.weights = Eigen::Map<const Matrix>(weights, d, K).transpose();
    model.bias = Eigen::Map<const Vector>(tensor(kBiasName, {K}), K);
    model.center = Eigen::Map<const Vector>(tensor(kCenterName, {d}), d);
    const std::string fault = model_fault(model);
    if (!fault.empty()) refuse(fault);
    return model;
  }

  static constexpr std::size_t kLimit = std::numeric_limits<std::int32_t>::max();

 private:
  [[noreturn]] void refuse(const std::string& found, const std::string& hint = {}) const {
    throw Error(ErrorKind::kData, found, kExpected, hint, {file_});
  }

  void check_origin() const {
    if (!proto_.has_graph()) refuse("there is no ONNX graph in this file");
    if (proto_.producer_name() != kProducer) {
      const std::string& name = proto_.producer_name();
      refuse(fmt::format("this ONNX file is by {}", name.empty() ? "an unnamed producer" : "\"" + name + "\""),
             "Poise reads back its own models only; other ONNX models run in ONNX Runtime");
    }
    const auto format = property(kFormatKey);
    if (!format) refuse("the file is cut short: its last entry, poise.format, is missing", "write the model again");
    if (*format != std::to_string(kFormatVersion)) {
      refuse(fmt::format("the model has format \"{}\"; this Poise reads format {}", *format, kFormatVersion),
             fmt::format("use Poise {} or later", proto_.producer_version()));
    }
  }

  std::optional<std::string> property(const std::string& key) const {
    for (const auto& entry : proto_.metadata_props()) {
      if (entry.key() == "poise." + key) return entry.value();
    }
    return std::nullopt;
  }

  void read_metadata(SoftmaxModel& model) const {
    const auto schema = property(kSchemaKey);
    if (!schema) refuse("the model has no schema (metadata poise.schema)");
    try {
      model.schema = schema_from_json(nlohmann::ordered_json::parse(*schema));
    } catch (const nlohmann::json::exception& error) {
      refuse(fmt::format("the schema is not JSON: {}", error.what()));
    } catch (const Error& error) {
      refuse(error.found());
    }
    constexpr std::string_view kPrefix = "poise.";
    for (const auto& entry : proto_.metadata_props()) {
      if (!entry.key().starts_with(kPrefix)) continue;
      const std::string key = entry.key().substr(kPrefix.size());
      if (key != kSchemaKey && key != kFormatKey) model.metadata[key] = entry.value();
    }
  }

  // The numbers of a constant of the graph that has this shape.
  const double* tensor(const std::string& name, const std::vector<Index>& shape) const {
    const onnx::TensorProto* found = nullptr;
    for (const auto& candidate : proto_.graph().initializer()) {
      if (candidate.name() == name) found = &candidate;
    }
    if (found == nullptr) refuse(fmt::format("the graph has no constant \"{}\"", name));
    if (found->data_type() != onnx::TensorProto::DOUBLE) refuse(fmt::format("\"{}\" is not float64", name));
    if (!std::equal(shape.begin(), shape.end(), found->dims().begin(), found->dims().end())) {
      refuse(fmt::format("the shape of \"{}\" does not fit the schema", name));
    }
    if (!holds(*found, shape)) refuse(fmt::format("\"{}\" does not hold the numbers its shape asks for", name));
    return found->double_data().data();
  }

  // The shape is a claim of the file: compared by division, since the product may overflow.
  static bool holds(const onnx::TensorProto& tensor, const std::vector<Index>& shape) {
    Index left = tensor.double_data_size();
    for (Index size : shape) {
      if (size < 1 || left % size != 0) return false;
      left /= size;
    }
    return left == 1;
  }

  std::string file_;
  onnx::ModelProto proto_;
};

std::string model_path(const std::string& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::string file = is_folder ? (std::filesystem::path(path) / "model.onnx").string() : path;
  if (std::filesystem::exists(file, ignored)) return file;
  throw Error(ErrorKind::kIo, is_folder ? "the folder holds no model.onnx" : "there is no such file",
              "a model.onnx or the run directory that holds it", "`poise train DATA --out DIR` writes one", {path});
}

}  // namespace

SoftmaxModel parse_model(std::string_view bytes, const std::string& file) { return ModelReader(bytes, file).read(); }

SoftmaxModel load_model(const std::string& path) {
  const std::string file = model_path(path);
  return parse_model(read_file(file, ModelReader::kLimit), file);
}

}  // namespace poise
