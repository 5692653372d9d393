// poise inspect: what a data file, a model or a run holds.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/stopwatch.h"
#include "base/words.h"
#include "cli/arguments.h"
#include "cli/run_summary.h"
#include "cli/say.h"
#include "network/metadata.h"
#include "network/model_check.h"
#include "poise/error.h"
#include "poise/network.h"
#include "rows/storage.h"
#include "run/json_text.h"
#include "run/weights.h"

namespace poise::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Neither where that cannot be found out: reading as data will say why.
bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_model(const std::string& path) {
  std::error_code ignored;
  return is_directory(path) ? fs::exists(fs::path(path) / "model.onnx", ignored)
                            : fs::path(path).extension() == ".onnx";
}

bool is_embedded(const std::string& source) { return source.substr(0, source.find(':')) == "digits"; }

const char* format_name(FileFormat format) {
  switch (format) {
    case FileFormat::kTable:
      return "table";
    case FileFormat::kLibsvm:
      return "libsvm";
    case FileFormat::kNpy:
      return "npy";
    case FileFormat::kIdx:
      return "idx";  // and the embedded digits, which a model's schema does not tell apart
  }
  return "unknown";
}

/// `missing`: missing values of each column; empty if they are not known.
json schema_summary(const Schema& schema, const std::vector<Index>& missing = {}) {
  json columns = json::array();
  for (std::size_t k = 0; k < schema.columns.size(); ++k) {
    const Column& column = schema.columns[k];
    json one = {{"name", column.name}, {"kind", column.kind == ColumnKind::kNumeric ? "numeric" : "categorical"}};
    if (column.kind == ColumnKind::kCategorical) one["categories"] = column.categories;
    if (!missing.empty()) one["missing"] = missing[k];
    columns.push_back(one);
  }
  return {{"format", format_name(schema.format)},
          {"features", schema.feature_count()},
          {"classes", schema.classes},
          {"label", schema.label_name},
          {"columns", columns}};
}

void print_schema(const json& schema) {
  fmt::print("format      {}\nfeatures    {}\n", schema["format"].get<std::string>(), schema["features"].get<Index>());
  if (!schema["label"].get<std::string>().empty()) fmt::print("label       {}\n", schema["label"].get<std::string>());
  std::string names;
  for (const json& name : schema["classes"]) {
    if (names.size() > 200) {
      names += ", …";
      break;
    }
    names += (names.empty() ? "" : ", ") + name.get<std::string>();
  }
  if (!names.empty()) fmt::print("classes     {}: {}\n", schema["classes"].size(), names);
  for (const json& column : schema["columns"]) {
    fmt::print("  {:<24} {}", column["name"].get<std::string>(), column["kind"].get<std::string>());
    if (column.contains("categories"))
      fmt::print(", {}", counted(std::ssize(column["categories"]), "category", "categories"));
    if (column.value("missing", Index{0}) > 0) fmt::print(", {} missing", column["missing"].get<Index>());
    fmt::print("\n");
  }
}

json convolution_summary(const Convolution& c) {
  return {{"image", {c.input.rows, c.input.columns, c.input.channels}},
          {"kernels", c.kernels},
          {"side", c.side},
          {"padding", c.padding},
          {"pool", c.pool}};
}

json network_summary(const Network& network) {
  json layers = json::array();
  double squares = 0, largest = 0;
  for (const Layer& layer : network.layers) {
    layers.push_back(
        {{"inputs", layer.inputs()}, {"outputs", layer.outputs()}, {"activation", to_string(layer.activation)}});
    if (layer.convolution) layers.back()["convolution"] = convolution_summary(*layer.convolution);
    squares += layer.weights.squaredNorm();
    largest = std::max(largest, layer.weights.cwiseAbs().maxCoeff());
  }
  json out = {{"architecture", network.architecture()}, {"layers", layers},
              {"head", to_string(network.head)},        {"parameters", network.parameter_count()},
              {"weights_norm", std::sqrt(squares)},     {"largest_weight", largest}};
  if (network.reconstructs()) out["output_unit"] = network.output_unit;
  return out;
}

/// "its features, from a code of 8 units (layer 2)"
std::string words_on_target(const Network& network) {
  const std::size_t layer = code_layer(network);
  if (layer == 0) return "its features";
  return fmt::format("its features, from a code of {} (layer {})", counted(network.layers[layer - 1].outputs(), "unit"),
                     layer);
}

/// Of the run that a.data names; null if there is none, and a note if it cannot be read.
json run_of(const Arguments& a) {
  std::string damage;
  json run = read_run(a.data, &damage);
  if (!damage.empty() && !a.quiet) say("note: run.json is damaged: {}\n", damage);
  return run;
}

/// The largest weights of a softmax layer.
int inspect_weights(const Arguments& a) {
  const Network model = load_softmax_layer(a.data);
  const Weights weights = weights_of(model, a.top);
  if (a.json) {
    fmt::print("{}\n", to_text(to_json(weights, model.schema), 2));
    return 0;
  }
  const std::string scale = recorded_text(model.metadata, "scale");
  fmt::print("{}", table_of(weights, model.schema));
  if (weights.has_units)
    fmt::print("standardized: per {}\n",
               scale == "standard"  ? "standard deviation of the feature"
               : scale == "numbers" ? "standard deviation of a number; categories, which are 0 or 1, as they are"
                                    : "what the penalty counts as 1 of the feature");
  return 0;
}

int inspect_model(const Arguments& a) {
  if (a.show_weights) return inspect_weights(a);
  const Network model = load_model(a.data);
  json out = {{"kind", "model"}, {"schema", schema_summary(model.schema)}, {"metadata", model.metadata}};
  out.update(network_summary(model));
  if (json run = run_of(a); !run.is_null()) out["run"] = std::move(run);
  if (a.json) {
    fmt::print("{}\n", to_text(out, 2));
    return 0;
  }
  fmt::print("model       {}, {}\n", model.architecture(), counted(model.parameter_count(), "parameter"));
  if (model.reconstructs()) fmt::print("gives       {}\n", words_on_target(model));
  if (model.schema.format == FileFormat::kIdx) out["schema"]["format"] = "images";
  print_schema(out["schema"]);
  for (const auto& [key, value] : model.metadata) {
    constexpr std::size_t kMost = 100;
    const bool is_long = width_of(value) > kMost;
    fmt::print("{:<24} {}{}\n", key, first_characters(value, kMost), is_long ? "…" : "");
  }
  if (out.contains("run")) print_run(out["run"]);
  return 0;
}

/// A run directory without a model, as of `reproduce`.
int inspect_run(const Arguments& a) {
  const json run = run_of(a);
  if (run.is_null()) {
    throw Error(ErrorKind::kIo, "the folder holds neither model.onnx nor the run.json of a run that has ended",
                "a data file, a model or a run directory", "name a file in it", {a.data});
  }
  if (a.json) {
    fmt::print("{}\n", to_text(json{{"kind", "run"}, {"run", run}}, 2));
  } else {
    print_run(run);
  }
  return 0;
}

/// What training takes the data for; null where it would refuse them, for missing values or as labels.
json fingerprint_or_null(const Arguments& a, const Dataset& data) {
  const bool gaps =
      a.read.missing == MissingPolicy::kError &&
      std::any_of(data.schema.columns.begin(), data.schema.columns.end(), [&](const Column& column) {
        const auto k = &column - data.schema.columns.data();
        return data.missing[k] > 0 && !std::count(column.categories.begin(), column.categories.end(), "?");
      });
  return gaps || !data.has_targets() ? json() : json(fingerprint(data));
}

int inspect_data(const Arguments& a) {
  const Stopwatch reading;
  ReadOptions options = a.read;
  options.inspecting = true;
  const Dataset data = read_dataset(a.data, options);
  const double seconds = reading.seconds();
  std::vector<Index> counts(data.schema.classes.size());
  for (std::int32_t label : data.labels) ++counts[label];
  json out = {{"kind", "data"},
              {"rows", data.rows()},
              {"storage", storage_name(data.features)},
              {"stored_bytes", data.features.stored_bytes()},
              {"unit", data.unit},
              {"schema", schema_summary(data.schema, data.missing)},
              {"class_counts", counts},
              {"notices", data.notices},
              {"fingerprint", fingerprint_or_null(a, data)},
              {"seconds_read", seconds}};
  if (is_embedded(a.data)) out["schema"]["format"] = "embedded";
  if (data.features.is_sparse()) out["nonzeros"] = stored_entries(data.features);
  if (a.json) {
    fmt::print("{}\n", to_text(out, 2));
    return 0;
  }
  print_notices(a, data);
  fmt::print("rows        {}\nstorage     {}, {:.1f} MB\n", data.rows(), storage_name(data.features),
             static_cast<double>(data.features.stored_bytes()) / 1e6);
  if (data.unit != 1) fmt::print("unit        {:g}: what --scale none counts as 1\n", data.unit);
  print_schema(out["schema"]);
  if (!out["fingerprint"].is_null()) fmt::print("fingerprint {}\n", out["fingerprint"].get<std::string>());
  return 0;
}

}  // namespace

int inspect(const Arguments& a) {
  if ((a.show_weights || a.inference) && !is_model(a.data)) {
    throw Error(ErrorKind::kUsage, fmt::format("{} of what is no model", a.inference ? "--inference" : "--weights"),
                "a model.onnx or a run directory", {}, {a.data});
  }
  if (a.inference) return infer(a);
  if (!a.trained_on.empty()) {
    throw Error(ErrorKind::kUsage, "data beside what is to be inspected", "poise inspect PATH",
                "with --inference poise inspect RUN DATA", {a.trained_on});
  }
  if (is_model(a.data)) return inspect_model(a);
  return is_directory(a.data) ? inspect_run(a) : inspect_data(a);
}

}  // namespace poise::cli
