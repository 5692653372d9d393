// Reading for a model that has no classes, since it reconstructs features: labels are left where they are.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "poise/read.h"

namespace poise {
namespace {

namespace fs = std::filesystem;

class WithoutClasses : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("poise-without-classes-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  fs::path folder_;
};

Schema without_classes(Schema schema) {
  schema.classes.clear();
  return schema;
}

TEST_F(WithoutClasses, ArraysHaveNoLabels) {
  const Dataset digits = read_dataset("digits");
  const Dataset data = read_dataset("digits:test", {}, without_classes(digits.schema));
  EXPECT_EQ(data.rows(), 450);
  EXPECT_FALSE(data.has_targets());
  EXPECT_TRUE(data.schema.classes.empty());
}

TEST_F(WithoutClasses, LibsvmHasNoLabels) {
  const std::string path = file("a.libsvm", "1 1:2 2:3\n-1 2:1\n7 1:5\n");
  Schema schema = without_classes(read_dataset(path).schema);
  const Dataset data = read_dataset(path, {}, schema);
  EXPECT_EQ(data.rows(), 3);
  EXPECT_FALSE(data.has_targets());
}

TEST_F(WithoutClasses, ATableHasItsWeightsAndNoLabels) {
  const std::string path = file("a.csv", "x,w,kind\n1,2,a\n2,3,b\n3,1,c\n");
  ReadOptions options;
  options.sample_weight = "w";
  Schema schema = without_classes(read_dataset(path, options).schema);
  ASSERT_EQ(schema.feature_count(), 1);
  for (const bool knows_label : {true, false}) {
    if (!knows_label) schema.label_name.clear(), schema.label_position = -1;
    const Dataset data = read_dataset(path, options, schema);
    EXPECT_FALSE(data.has_targets());
    EXPECT_EQ(data.sample_weight, (Vector{{2, 3, 1}}));
  }
}

TEST_F(WithoutClasses, RowsWithoutALabelStay) {
  const Schema schema = without_classes(read_dataset(file("a.csv", "x,kind\n1,a\n2,b\n")).schema);
  const Dataset data = read_dataset(file("b.csv", "x,kind\n1,a\n2,\n3,?\n"), {}, schema);
  EXPECT_EQ(data.rows(), 3);
  EXPECT_FALSE(data.has_targets());
}

}  // namespace
}  // namespace poise
