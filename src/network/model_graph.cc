#include "network/model_graph.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "network/graph_builder.h"

namespace poise {
namespace {

using onnx::TensorProto;
using Names = std::vector<std::string>;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// What an empty cell may look like in a string input, besides an empty string.
const Names kMissingText{"", "?", "NA", "NaN"};

std::string meaning_of(const Column& column) {
  const auto fill = static_cast<std::size_t>(column.fill);
  if (column.kind == ColumnKind::kNumeric) {
    const std::string missing =
        column.can_fill ? fmt::format("NaN (missing) counts as {}", column.fill) : std::string("must not be missing");
    return fmt::format("column \"{}\", a number; {}", column.name, missing);
  }
  constexpr std::size_t kShown = 20;
  std::string categories;
  for (std::size_t i = 0; i < std::min(kShown, column.categories.size()); ++i) {
    categories += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", column.categories[i]);
  }
  if (column.categories.size() > kShown) categories += fmt::format(", … ({} in all)", column.categories.size());
  const std::string missing =
      column.can_fill ? fmt::format("; \"\" (missing) counts as \"{}\"", column.categories[fill]) : std::string();
  return fmt::format("column \"{}\", one of {}{}; anything else counts as none of them", column.name, categories,
                     missing);
}

// 1 where the number is missing, else 0.
std::string missing_indicator(GraphBuilder& builder, const std::string& value, const std::string& prefix) {
  const std::string is_missing = builder.node("IsNaN", {value}, prefix + "/is_missing");
  return builder.cast(is_missing, TensorProto::FLOAT, prefix + "/missing");
}

// All numeric: one input with the columns side by side. Where columns have a second feature, for "missing", the
// indicators of all columns are put behind the columns and the features picked from there in the order of the schema.
std::string array_input(GraphBuilder& builder, const Schema& schema) {
  const Index width = schema.columns.empty() ? schema.array_features : std::ssize(schema.columns);
  std::vector<Index> picked;
  for (Index j = 0; j < std::ssize(schema.columns); ++j) {
    picked.push_back(j);
    if (schema.columns[static_cast<std::size_t>(j)].has_missing_feature) picked.push_back(width + j);
  }
  const std::string meaning = schema.columns.empty() ? "one row of numbers a sample, as in the data file"
                                                     : "the numeric columns in the order of the schema; NaN is missing";
  const std::string features = builder.input("features", 0, TensorProto::FLOAT, width, meaning);
  if (std::ssize(picked) <= width) return features;
  const std::string both =
      builder.concatenate({features, missing_indicator(builder, features, "poise/input")}, "poise/input/both");
  builder.node("Gather", {both, builder.constant("poise/input/order", picked)}, "poise/features");
  builder.attribute("axis", 1);
  return "poise/features";
}

// text → number of the category, −1 if it is none → one-hot, by comparison with 0 … m−1. (Shorter than OneHotEncoder,
// whose output needs a Reshape, and a missing category is filled in by the same table.)
std::string one_hot(GraphBuilder& builder, const Column& column, const std::string& text, const std::string& prefix) {
  Names keys = column.categories;
  std::vector<Index> numbers(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) numbers[i] = static_cast<Index>(i);
  const std::string order = builder.constant(prefix + "/categories", numbers);
  for (const std::string& missing : kMissingText) {
    if (!column.can_fill || std::find(keys.begin(), keys.end(), missing) != keys.end()) continue;
    keys.push_back(missing);
    numbers.push_back(static_cast<Index>(column.fill));
  }
  const std::string number = builder.node("LabelEncoder", {text}, prefix + "/number");
  builder.domain("ai.onnx.ml");
  builder.attribute("keys_strings", keys);
  builder.attribute("values_int64s", numbers);
  builder.attribute("default_int64", -1);
  const std::string equal = builder.node("Equal", {number, order}, prefix + "/equal");
  return builder.cast(equal, TensorProto::FLOAT, prefix + "/one_hot");
}

// With categories: one input a column.
std::string column_inputs(GraphBuilder& builder, const Schema& schema) {
  Names parts;
  for (Index j = 0; j < std::ssize(schema.columns); ++j) {
    const Column& column = schema.columns[static_cast<std::size_t>(j)];
    const std::string prefix = fmt::format("poise/column{}", j);
    const bool numeric = column.kind == ColumnKind::kNumeric;
    const auto type = numeric ? TensorProto::FLOAT : TensorProto::STRING;
    const std::string value = builder.input(column.name, j, type, 1, meaning_of(column));
    parts.push_back(numeric ? value : one_hot(builder, column, value, prefix));
    if (column.has_missing_feature) parts.push_back(missing_indicator(builder, value, prefix));
  }
  return builder.concatenate(parts, "poise/features");
}

// A missing number becomes the fill of its column. This comes after centering, so that filling in the mean gives
// exactly 0 where the mean is the center; columns that must not be missing keep their NaN.
std::string fill_in(GraphBuilder& builder, const SoftmaxModel& model, const std::string& centered) {
  std::vector<float> fills(static_cast<std::size_t>(model.feature_count()), kMissing);
  bool needed = false;
  Index feature = 0;
  for (const Column& column : model.schema.columns) {
    if (column.kind == ColumnKind::kNumeric && column.can_fill) {
      const double center = static_cast<float>(model.center[feature]);
      fills[static_cast<std::size_t>(feature)] = static_cast<float>(column.fill - center);
      needed = true;
    }
    feature += column.feature_count();
  }
  if (!needed) return centered;
  const std::string is_missing = builder.node("IsNaN", {centered}, "poise/is_missing");
  return builder.node("Where", {is_missing, builder.constant("poise/fill", fills), centered}, "poise/filled");
}

// features → scores. The product is float32; the constants are float64 and cast, which a runtime does once, when it
// loads the file. Rounding the center to float32 shifts the features by center − float(center), which can be large
// beside their spread (years, identifiers); the bias takes that back:
//   W (x − c) + b = W (x − float(c)) + [b + W (float(c) − c)].
std::string score(GraphBuilder& builder, const SoftmaxModel& model, const std::string& features) {
  const Index d = model.feature_count(), K = model.class_count();
  const Matrix transposed = model.weights.transpose();
  const std::string weights = builder.constant(kWeightsName, transposed.data(), {d, K});
  const std::string bias = builder.constant(kBiasName, model.bias.data(), {K});
  const std::string center = builder.constant(kCenterName, model.center.data(), {d});

  const std::string rounded = builder.cast(center, TensorProto::FLOAT, "poise/center");
  const std::string widened = builder.cast(rounded, TensorProto::DOUBLE, "poise/center_float64");
  const std::string shift = builder.node("Sub", {widened, center}, "poise/center_shift");
  const std::string score_shift = builder.node("MatMul", {shift, weights}, "poise/score_shift");
  const std::string exact_bias = builder.node("Add", {bias, score_shift}, "poise/bias_float64");

  const std::string centered = builder.node("Sub", {features, rounded}, "poise/centered");
  const std::string filled = fill_in(builder, model, centered);
  const std::string weights_float = builder.cast(weights, TensorProto::FLOAT, "poise/weights");
  const std::string bias_float = builder.cast(exact_bias, TensorProto::FLOAT, "poise/bias");
  return builder.node("Gemm", {filled, weights_float, bias_float}, "poise/scores");
}

void add_outputs(GraphBuilder& builder, const Schema& schema, const std::string& scores) {
  const std::string best = builder.node("ArgMax", {scores}, "poise/class");
  builder.attribute("axis", 1);
  builder.attribute("keepdims", 0);
  builder.node("Gather", {builder.constant("poise/classes", schema.classes), best}, "label");
  builder.node("Softmax", {scores}, "probabilities");
  builder.attribute("axis", 1);
  builder.output("label", TensorProto::STRING, {});
  builder.output("probabilities", TensorProto::FLOAT, {schema.class_count()});
}

}  // namespace

void build_graph(const SoftmaxModel& model, onnx::GraphProto& graph) {
  graph.set_name("poise_softmax");
  GraphBuilder builder(graph, {kWeightsName, kBiasName, kCenterName, "label", "probabilities"});
  const auto& columns = model.schema.columns;
  const bool has_categories = std::any_of(columns.begin(), columns.end(),
                                          [](const Column& column) { return column.kind == ColumnKind::kCategorical; });
  const std::string features =
      has_categories ? column_inputs(builder, model.schema) : array_input(builder, model.schema);
  add_outputs(builder, model.schema, score(builder, model, features));
}

}  // namespace poise
