#include "data/schema_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

void expect_same(const Column& a, const Column& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.categories, b.categories);
  EXPECT_EQ(a.has_missing_feature, b.has_missing_feature);
  EXPECT_EQ(a.can_fill, b.can_fill);
  EXPECT_EQ(a.fill, b.fill);
}

void expect_same(const Schema& a, const Schema& b) {
  EXPECT_EQ(a.format, b.format);
  ASSERT_EQ(a.columns.size(), b.columns.size());
  for (std::size_t j = 0; j < a.columns.size(); ++j) expect_same(a.columns[j], b.columns[j]);
  EXPECT_EQ(a.array_features, b.array_features);
  EXPECT_EQ(a.image_shape, b.image_shape);
  EXPECT_EQ(a.label_name, b.label_name);
  EXPECT_EQ(a.label_position, b.label_position);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.has_header, b.has_header);
  EXPECT_EQ(a.missing, b.missing);
}

Schema through_text(const Schema& schema) {
  return schema_from_json(nlohmann::ordered_json::parse(schema_to_json(schema).dump()));
}

TEST(SchemaJson, RoundTripIsExact) {
  Schema images = array_schema(784, {"0", "1"});
  images.format = FileFormat::kIdx;
  images.image_shape = {28, 28};
  for (MissingPolicy missing : {MissingPolicy::kError, MissingPolicy::kMean, MissingPolicy::kCategory}) {
    images.missing = missing;
    expect_same(through_text(images), images);
  }
  for (FileFormat format : {FileFormat::kTable, FileFormat::kLibsvm, FileFormat::kNpy}) {
    Schema array = array_schema(5, {"a"});
    array.format = format;
    expect_same(through_text(array), array);
  }
  expect_same(through_text(mixed_schema()), mixed_schema());
  expect_same(through_text(Schema{}), Schema{});
}

TEST(SchemaJson, RefusesWhatIsNoSchema) {
  const auto refused = [](const std::string& key, const nlohmann::ordered_json& value) {
    nlohmann::ordered_json json = schema_to_json(mixed_schema());
    json[nlohmann::ordered_json::json_pointer(key)] = value;
    EXPECT_THROW(schema_from_json(json), Error) << key << " = " << value;
  };
  refused("/format", "parquet");
  refused("/format", 1);
  refused("/columns", 7);
  refused("/columns/0", "age");
  refused("/columns/0/position", 1e300);
  refused("/columns/0/position", -1);
  refused("/columns/0/fill", "x");
  refused("/columns/1/categories", nlohmann::ordered_json::array({1}));
  refused("/columns/1/categories", nlohmann::ordered_json::array());
  refused("/columns/1/categories", nlohmann::ordered_json::array({"x", "x"}));
  refused("/columns/1/fill", 4);
  refused("/columns/1/fill", 0.5);
  refused("/columns/1/missing_feature", true);
  refused("/array_features", -3);
  refused("/array_features", 18446744073709551615ull);
  refused("/image_shape", nlohmann::ordered_json::array({28}));
  refused("/image_shape", nlohmann::ordered_json::array({4611686018427387904, 4}));
  refused("/classes", "a");
  refused("/classes", nlohmann::ordered_json::array({"a", "a"}));
  refused("/has_header", 1);
  refused("/missing", "");
  EXPECT_THROW(schema_from_json(nlohmann::ordered_json::array()), Error);
  EXPECT_THROW(schema_from_json(nullptr), Error);
}

}  // namespace
}  // namespace poise
