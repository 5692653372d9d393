#include "network/graph_inputs.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/index.h"
#include "data/table/missing_values.h"

namespace poise::inline network {
namespace {

using onnx::Type;
using Names = std::vector<std::string>;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// What a file's cells have besides the number, which is all that the graph takes.
std::string form_of(const NumberForm& form) {
  if (form.before.empty() && form.after.empty()) return {};
  return fmt::format(", without the \"{}\" of the data file", form.before.empty() ? form.after : form.before);
}

std::string meaning_of(const Column& column) {
  if (column.kind == ColumnKind::kNumeric) {
    const std::string missing =
        column.can_fill ? fmt::format("NaN (missing) counts as {}", column.fill) : std::string("must not be missing");
    return fmt::format("column \"{}\", a number{}; {}", column.name, form_of(column.form), missing);
  }
  constexpr std::size_t kShown = 20;
  std::string categories;
  for (std::size_t i = 0; i < std::min(kShown, column.categories.size()); ++i) {
    categories += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", column.categories[i]);
  }
  if (column.categories.size() > kShown) categories += fmt::format(", … ({} in all)", column.categories.size());
  const std::string missing = column.can_fill
                                  ? fmt::format("; \"\" (missing) counts as \"{}\"", column.categories.at(column.fill))
                                  : std::string();
  return fmt::format("column \"{}\", one of {}{}; anything else counts as none of them", column.name, categories,
                     missing);
}

GraphBuilder::Type number_type(bool wide) { return wide ? Type::kDouble : Type::kFloat; }

bool any(const std::vector<bool>& flags) { return std::ranges::find(flags, true) != flags.end(); }

// 1 where the number is missing, else 0.
std::string missing_indicator(GraphBuilder& builder, const std::string& value, GraphBuilder::Type type,
                              const std::string& prefix) {
  const std::string is_missing = builder.node("IsNaN", {value}, prefix + "/is_missing");
  return builder.cast(is_missing, type, prefix + "/missing");
}

// All numeric: one input with the columns side by side. Where columns have a second feature, for "missing", the
// indicators of all columns are put behind the columns and the features picked from there in the order of the schema.
RawFeatures array_input(GraphBuilder& builder, const Schema& schema, GraphBuilder::Type type) {
  const Index width = schema.columns.empty() ? schema.array_features : std::ssize(schema.columns);
  std::vector<Index> picked;
  for (Index j = 0; j < std::ssize(schema.columns); ++j) {
    picked.push_back(j);
    if (schema.columns[j].has_missing_feature) picked.push_back(width + j);
  }
  const std::string meaning = schema.columns.empty() ? "one row of numbers a sample, as in the data file"
                                                     : "the numeric columns in the order of the schema; NaN is missing";
  const std::string features = builder.input("features", 0, type, width, meaning);
  if (std::ssize(picked) <= width) return {features, type};
  const std::string both =
      builder.concatenate({features, missing_indicator(builder, features, type, "poise/input")}, "poise/input/both");
  builder.node("Gather", {both, builder.constant("poise/input/order", picked)}, "poise/features");
  builder.attribute("axis", 1);
  return {"poise/features", type};
}

// text → number of the category, −1 if it is none → one-hot, by comparison with 0 … m−1. (Shorter than OneHotEncoder,
// whose output needs a Reshape, and a missing category is filled in by the same table.)
std::string one_hot(GraphBuilder& builder, const Column& column, const Names& missing_texts, const std::string& text,
                    GraphBuilder::Type type, const std::string& prefix) {
  Names keys = column.categories;
  std::vector<Index> numbers(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) numbers[i] = static_cast<Index>(i);
  const std::string order = builder.constant(prefix + "/categories", numbers);
  for (const std::string& missing : missing_texts) {
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
  return builder.cast(equal, type, prefix + "/one_hot");
}

// With categories: one input a column, each of its own type, the features of the widest.
RawFeatures column_inputs(GraphBuilder& builder, const Schema& schema, const std::vector<bool>& wide) {
  const GraphBuilder::Type type = number_type(any(wide));
  Names parts, missing_texts{""};  // the graph takes the same texts for missing values as the reader
  const MissingValues missing(schema.missing_values);
  missing_texts.insert(missing_texts.end(), missing.everywhere().begin(), missing.everywhere().end());
  std::size_t feature = 0;
  for (Index j = 0; j < std::ssize(schema.columns); ++j) {
    const Column& column = schema.columns[j];
    const std::string prefix = fmt::format("poise/column{}", j);
    if (column.kind == ColumnKind::kNumeric) {
      const GraphBuilder::Type given = number_type(wide[feature]);
      const std::string value = builder.input(column.name, j, given, 1, meaning_of(column));
      parts.push_back(given == type ? value : builder.cast(value, type, prefix + "/number"));
      if (column.has_missing_feature) parts.push_back(missing_indicator(builder, value, type, prefix));
    } else {
      const std::string text = builder.input(column.name, j, Type::kString, 1, meaning_of(column));
      parts.push_back(one_hot(builder, column, missing_texts, text, type, prefix));
    }
    feature += column.feature_count();
  }
  return {builder.concatenate(parts, "poise/features"), type};
}

}  // namespace

RawFeatures raw_inputs(GraphBuilder& builder, const Schema& schema, const std::vector<bool>& wide) {
  const bool has_categories = std::any_of(schema.columns.begin(), schema.columns.end(),
                                          [](const Column& column) { return column.kind == ColumnKind::kCategorical; });
  return has_categories ? column_inputs(builder, schema, wide) : array_input(builder, schema, number_type(any(wide)));
}

std::string fill_in(GraphBuilder& builder, const Schema& schema, const Vector& center, const Vector& gain,
                    const std::string& centered) {
  std::vector<float> fills(schema.feature_count(), kMissing);
  bool needed = false;
  Index feature = 0;
  for (const Column& column : schema.columns) {
    if (column.kind == ColumnKind::kNumeric && column.can_fill) {
      fills[feature] = static_cast<float>((column.fill - center[feature]) * gain[feature]);
      needed = true;
    }
    feature += column.feature_count();
  }
  if (!needed) return centered;
  const std::string is_missing = builder.node("IsNaN", {centered}, "poise/is_missing");
  return builder.node("Where", {is_missing, builder.constant("poise/fill", fills), centered}, "poise/filled");
}

}  // namespace poise::inline network
