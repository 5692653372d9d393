// Columns that number the rows, text that names them, and categories that few rows have.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "helpers.h"

namespace poise {
namespace {

/// A table with a column `name` of these values and a column x.
std::string table(const std::string& name, const std::vector<long long>& values) {
  std::string text = fmt::format("{},x,label\n", name);
  for (std::size_t i = 0; i < values.size(); ++i) text += fmt::format("{},{},{}\n", values[i], i * i % 7, i % 2);
  return text;
}

std::vector<long long> counting(std::size_t n, long long first = 1, long long step = 1) {
  std::vector<long long> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = first + step * static_cast<long long>(i);
  return values;
}

bool is_left_out(const std::string& name, const std::vector<long long>& values) {
  const Dataset data = read_text(table(name, values));
  const std::vector<std::string> names = feature_names(data);
  const bool left_out = std::find(names.begin(), names.end(), name) == names.end();
  EXPECT_EQ(left_out, has_notice(data, fmt::format("column '{}' numbers the rows", name)));
  EXPECT_EQ(left_out, has_notice(data, fmt::format("--numeric {} keeps it", name)));
  return left_out;
}

TEST(Numbering, IsFoundInOrderShuffledAndSplit) {
  std::mt19937_64 random(1);
  for (const std::size_t n : {21U, 60U, 1000U, 40000U}) {
    std::vector<long long> values = counting(n, 0);
    EXPECT_TRUE(is_left_out("n", values)) << n;
    EXPECT_TRUE(is_left_out("n", counting(n, 12345))) << n;
    std::shuffle(values.begin(), values.end(), random);
    EXPECT_TRUE(is_left_out("n", values)) << n;
    if (n < 1000) continue;
    values.resize(n / 5);  // a fifth of the rows
    EXPECT_TRUE(is_left_out("n", values)) << n;
  }
}

TEST(Numbering, IsNotWhatMayBeAMeasurement) {
  std::mt19937_64 random(2);
  EXPECT_FALSE(is_left_out("n", counting(20)));                      // few rows
  EXPECT_FALSE(is_left_out("n", counting(1000, 1700000000, 3600)));  // seconds, an hour apart
  std::vector<long long> repeated = counting(100);
  repeated[70] = 3;
  EXPECT_FALSE(is_left_out("n", repeated));
  for (int k = 0; k < 50; ++k) {  // 30 draws of 1,000 are all different with a chance of 2/3
    std::vector<long long> draws(30);
    for (long long& draw : draws) draw = static_cast<long long>(random() % 1000);
    EXPECT_FALSE(is_left_out("n", draws));
  }
  std::string decimals = "n,x,label\n";
  for (int i = 0; i < 100; ++i) decimals += fmt::format("{}.5,{},{}\n", i, i % 7, i % 2);
  EXPECT_EQ(read_text(decimals).features.cols(), 2);
}

TEST(Numbering, IsKnownByTheNameOfAKey) {
  std::vector<long long> keys;
  for (long long i = 0; i < 100; ++i) keys.push_back(842302 + i * i * 7919);
  for (const char* name : {"id", "ID", "user_id", "PassengerId", "sampleID", "patient id"}) {
    const Dataset data = read_text(table(name, keys));
    EXPECT_EQ(feature_names(data), std::vector<std::string>{"x"}) << name;
  }
  for (const char* name : {"grid", "valid", "n", "idea", "d"}) EXPECT_FALSE(is_left_out(name, keys)) << name;
  keys[50] = keys[3];
  EXPECT_FALSE(is_left_out("id", keys));
}

TEST(Numbering, StaysWhereAskedOrWhereNothingElseIsThere) {
  ReadOptions options;
  options.numeric = {"n"};
  EXPECT_EQ(read_text(table("n", counting(100)), options).features.cols(), 2);
  std::string alone = "n,label\n";
  for (int i = 0; i < 100; ++i) alone += fmt::format("{},{}\n", i, i / 50);
  EXPECT_EQ(feature_names(read_text(alone)), std::vector<std::string>{"n"});
}

TEST(Numbering, IsAFirstColumnWithoutAName) {
  const std::string rows = "7,1.5,a\n3,2.5,b\n7,3.5,a\n";  // neither many nor different
  for (const char* header : {",x,label\n", "\"\",x,label\n", "Unnamed: 0,x,label\n"}) {
    const Dataset data = read_text(header + rows);
    EXPECT_EQ(feature_names(data), std::vector<std::string>{"x"}) << header;
    EXPECT_TRUE(has_notice(data, "has no name in the header: taken for row numbers and left out"));
  }
  ReadOptions options;
  options.numeric = {"column 0"};
  EXPECT_EQ(read_text(",x,label\n" + rows, options).features.cols(), 2);
  EXPECT_TRUE(has_notice(read_text(",x,label\n" + rows), "--numeric 'column 0' keeps it"));
  // In the middle, a column without a name is one like others.
  EXPECT_EQ(read_text("x,,label\n1.5,7,a\n2.5,3,b\n3.5,7,a\n").features.cols(), 2);
}

TEST(IdentifyingText, StaysWhereAsked) {
  std::string text = "name,a,label\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("person{},{},{}\n", i, i % 7, i % 2);
  EXPECT_EQ(feature_names(read_text(text)), std::vector<std::string>{"a"});
  ReadOptions options;
  options.categorical = {"name"};
  options.min_category_rows = 1;
  EXPECT_EQ(read_text(text, options).features.cols(), 41);
}

/// 21 categories of two rows each, and `rare` of one row.
std::string many_categories(int common, int rare) {
  std::string text = "k,a,label\n";
  for (int i = 0; i < 2 * common; ++i) text += fmt::format("c{},{},{}\n", i / 2, i % 7, i % 2);
  for (int i = 0; i < rare; ++i) text += fmt::format("r{},{},{}\n", i, i % 7, i % 2);
  return text;
}

TEST(RareCategories, CountAsNone) {
  const Dataset data = read_text(many_categories(21, 10));
  EXPECT_EQ(data.schema.columns[0].categories.size(), 21U);
  EXPECT_TRUE(
      has_notice(data, "rare categories count as none: 10 of 31 of column 'k'; --min-category-rows 1 keeps them"));
  for (Index f = 0; f < 21; ++f) EXPECT_NEAR(original(data, 45, f), 0, 1e-6);  // the fourth rare one
  // As a model reads what it does not know.
  const Dataset again = read_text(many_categories(21, 10), {}, data.schema);
  EXPECT_EQ(fingerprint(again), fingerprint(data));
  EXPECT_TRUE(has_notice(again, "10 values of column 'k' are of a category that the model does not know"));
}

TEST(RareCategories, StayInColumnsOfFewAndWhereAsked) {
  EXPECT_EQ(read_text(many_categories(10, 10)).schema.columns[0].categories.size(), 20U);
  ReadOptions options;
  options.min_category_rows = 1;
  EXPECT_EQ(read_text(many_categories(21, 10), options).schema.columns[0].categories.size(), 31U);
  options.min_category_rows = 2;
  EXPECT_EQ(read_text(many_categories(10, 10), options).schema.columns[0].categories.size(), 10U);
  options.min_category_rows = 3;
  EXPECT_EQ(feature_names(read_text(many_categories(10, 10), options)), std::vector<std::string>{"a"});
}

TEST(UnknownCategories, CountAsNoneWithANote) {
  const Schema schema = read_text("city,a,label\nUlm,1,x\nBonn,2,y\nUlm,3,x\n").schema;
  const Dataset data = read_text("city,a,label\nKiel,1,x\nUlm,2,y\nKiel,3,x\nMainz,4,y\n", {}, schema);
  EXPECT_TRUE(has_notice(data,
                         "3 values of column 'city' are of a category that the model does not know (such as 'Kiel'), "
                         "and count as none; --unknown-category error refuses them"));
  EXPECT_NEAR(named(data, 0, "city=Ulm"), 0, 1e-6);
  EXPECT_NEAR(named(data, 0, "city=Bonn"), 0, 1e-6);
  ReadOptions options;
  options.unknown_category = UnknownCategory::kError;
  expect_error([&] { read_text("city,a,label\nUlm,2,y\nKiel,1,x\n", options, schema); }, ErrorKind::kData,
               "column 'city' holds the category 'Kiel', which the model does not know", 3, 1);
}

}  // namespace
}  // namespace poise
