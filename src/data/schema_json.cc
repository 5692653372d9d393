#include "data/schema_json.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "data/fields.h"
#include "poise/error.h"

namespace poise::inline data {

static std::span<const Named<FileFormat>> names_of(FileFormat) {
  static constexpr Named<FileFormat> kAll[] = {{FileFormat::kTable, "table"},
                                               {FileFormat::kLibsvm, "libsvm"},
                                               {FileFormat::kNpy, "npy"},
                                               {FileFormat::kIdx, "idx"}};
  return kAll;
}

static std::span<const Named<ColumnKind>> names_of(ColumnKind) {
  static constexpr Named<ColumnKind> kAll[] = {{ColumnKind::kNumeric, "numeric"},
                                               {ColumnKind::kCategorical, "categorical"}};
  return kAll;
}

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& found, const std::string& expected) {
  throw Error(ErrorKind::kData, "schema: " + found, expected);
}

const Json& member(const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || found == json.end()) refuse(fmt::format("\"{}\" is missing", key), "an object that has it");
  return *found;
}

template <NamedEnum Enum>
Enum read_enum(const Json& json, const char* key) {
  const std::string text = member(json, key).get<std::string>();
  if (const std::optional<Enum> value = value_named<Enum>(text)) return *value;
  refuse(fmt::format("\"{}\" is \"{}\"", key, text), alternatives(all_names<Enum>()));
}

// nlohmann converts a float that is out of range without a word, hence the test of the type.
Index read_index(const Json& value, const char* key) {
  if (!value.is_number_integer()) refuse(fmt::format("\"{}\" is not an integer", key), "an integer");
  return value.get<Index>();
}

Json form_to_json(const NumberForm& form) {
  Json json = Json::object();
  if (form.decimal != '.') json["decimal"] = std::string(1, form.decimal);
  if (form.grouped) json["grouped"] = true;
  if (!form.before.empty()) json["before"] = form.before;
  if (!form.after.empty()) json["after"] = form.after;
  return json;
}

NumberForm form_from_json(const Json& json) {
  const std::string decimal = json.value("decimal", ".");
  if (decimal != "." && decimal != ",") refuse(fmt::format("\"decimal\" is \"{}\"", decimal), "\".\" or \",\"");
  return {decimal[0], json.value("grouped", false), json.value("before", ""), json.value("after", "")};
}

Json column_to_json(const Column& column) {
  Json json{{"name", column.name}, {"position", column.position}, {"kind", name_of(column.kind)}};
  if (column.kind == ColumnKind::kCategorical) json["categories"] = column.categories;
  if (!column.form.plain()) json["form"] = form_to_json(column.form);
  if (column.has_missing_feature) json["missing_feature"] = true;
  if (column.can_fill) json["can_fill"] = true;
  if (column.fill != 0 && std::isfinite(column.fill)) json["fill"] = column.fill;
  return json;
}

Column column_from_json(const Json& json) {
  Column column;
  column.name = member(json, "name").get<std::string>();
  column.position = read_index(member(json, "position"), "position");
  column.kind = read_enum<ColumnKind>(json, "kind");
  if (column.kind == ColumnKind::kCategorical) {
    column.categories = member(json, "categories").get<std::vector<std::string>>();
  }
  if (const auto form = json.find("form"); form != json.end()) column.form = form_from_json(*form);
  column.has_missing_feature = json.value("missing_feature", false);
  column.can_fill = json.value("can_fill", false);
  column.fill = json.value("fill", 0.0);
  return column;
}

Schema read_schema(const Json& json) {
  Schema schema;
  schema.format = read_enum<FileFormat>(json, "format");
  for (const Json& column : member(json, "columns")) schema.columns.push_back(column_from_json(column));
  schema.array_features = read_index(member(json, "array_features"), "array_features");
  for (const Json& side : member(json, "image_shape")) schema.image_shape.push_back(read_index(side, "image_shape"));
  schema.label_name = member(json, "label_name").get<std::string>();
  schema.label_position = read_index(member(json, "label_position"), "label_position");
  schema.classes = member(json, "classes").get<std::vector<std::string>>();
  schema.has_header = member(json, "has_header").get<bool>();
  schema.missing = read_enum<MissingPolicy>(json, "missing");
  if (const auto texts = json.find("missing_values"); texts != json.end()) {
    schema.missing_values = texts->get<std::vector<std::string>>();
  }
  return schema;
}

bool all_distinct(const std::vector<std::string>& names) {
  return std::unordered_set<std::string_view>(names.begin(), names.end()).size() == names.size();
}

std::string column_fault(const Column& column) {
  const bool categorical = column.kind == ColumnKind::kCategorical;
  const auto count = static_cast<double>(column.categories.size());
  if (column.position < 0) return "has a negative position";
  if (categorical && column.categories.empty()) return "has no categories";
  if (!categorical && !column.categories.empty()) return "is numeric and has categories";
  if (!all_distinct(column.categories)) return "has a category twice";
  if (categorical && !column.form.plain()) return "is categorical and has a form of numbers";
  if (categorical && column.has_missing_feature) return "is categorical and has a feature for missing numbers";
  if (!column.can_fill) return {};
  if (!std::isfinite(column.fill)) return "is filled with a value that is not finite";
  if (categorical && !(column.fill >= 0 && column.fill < count && column.fill == std::floor(column.fill))) {
    return "is filled with a category it does not have";
  }
  return {};
}

std::string image_fault(const Schema& schema) {
  if (schema.image_shape.empty()) return {};
  if (schema.image_shape.size() != 2) return "an image shape has two sides";
  const Index rows = schema.image_shape[0], cols = schema.image_shape[1];
  const bool fits =
      rows > 0 && cols > 0 && rows <= schema.array_features / cols && rows * cols == schema.array_features;
  return fits ? std::string() : "the image shape does not give the number of features";
}

}  // namespace

nlohmann::ordered_json schema_to_json(const Schema& schema) {
  Json columns = Json::array();
  for (const Column& column : schema.columns) columns.push_back(column_to_json(column));
  Json json{{"format", name_of(schema.format)},
            {"columns", columns},
            {"array_features", schema.array_features},
            {"image_shape", schema.image_shape},
            {"label_name", schema.label_name},
            {"label_position", schema.label_position},
            {"classes", schema.classes},
            {"has_header", schema.has_header},
            {"missing", name_of(schema.missing)}};
  if (schema.missing_values) json["missing_values"] = *schema.missing_values;
  return json;
}

Schema schema_from_json(const nlohmann::ordered_json& json) {
  Schema schema;
  try {
    schema = read_schema(json);
  } catch (const Json::exception& error) {
    refuse(error.what(), "a schema as Poise writes it");
  }
  const std::string fault = schema_fault(schema);
  if (!fault.empty()) refuse(fault, "a schema that agrees with itself");
  return schema;
}

std::string schema_fault(const Schema& schema) {
  for (const Column& column : schema.columns) {
    const std::string fault = column_fault(column);
    if (!fault.empty()) return fmt::format("column \"{}\" {}", column.name, fault);
  }
  if (schema.array_features < 0) return "the number of features is negative";
  if (!all_distinct(schema.classes)) return "a class name occurs twice";
  return image_fault(schema);
}

}  // namespace poise::inline data
