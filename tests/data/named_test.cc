#include <cstdlib>
#include <set>

#include "helpers.h"

namespace poise {
namespace {

TEST(Digits, AreTheKnownOnes) {
  const Dataset all = read_dataset("digits:all");
  ASSERT_EQ(all.rows(), 1797);
  ASSERT_EQ(all.features.cols(), 64);
  ASSERT_NE(all.features.array<std::uint8_t>(), nullptr);
  EXPECT_EQ(all.unit, 16);
  EXPECT_EQ(all.schema.image_shape, (std::vector<Index>{8, 8}));
  // The class counts that UCI gives for the test part, and the first image of the published file.
  std::vector<int> counts(10, 0);
  for (const std::int32_t label : all.labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, (std::vector<int>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
  const std::vector<int> first = {0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0};
  EXPECT_EQ(std::vector<int>(all.features.array<std::uint8_t>(), all.features.array<std::uint8_t>() + 16), first);
  EXPECT_EQ(*std::max_element(all.features.array<std::uint8_t>(), all.features.array<std::uint8_t>() + 1797 * 64), 16);
}

TEST(Digits, AreSplitIntoTwoPartsThatMakeTheWhole) {
  const Dataset train = read_dataset("digits"), test = read_dataset("digits:test"), all = read_dataset("digits:all");
  EXPECT_EQ(train.rows(), 1347);
  EXPECT_EQ(test.rows(), 450);
  EXPECT_EQ(train.name, "digits");
  EXPECT_EQ(test.name, "digits:test");
  const auto rows_of = [](const Dataset& data) {
    std::multiset<std::string> rows;
    for (Index i = 0; i < data.rows(); ++i) {
      rows.insert(std::string(reinterpret_cast<const char*>(data.features.array<std::uint8_t>()) + i * 64, 64) +
                  label_of(data, i));
    }
    return rows;
  };
  std::multiset<std::string> parts = rows_of(train);
  parts.merge(rows_of(test));
  EXPECT_EQ(parts, rows_of(all));
  EXPECT_EQ(fingerprint(train), fingerprint(read_dataset("digits")));
  EXPECT_EQ(fingerprint(test), fingerprint(read_dataset("digits:test", {}, train.schema)));
}

TEST(Named, KnowsItsParts) {
  EXPECT_EQ(test_part_of("digits"), "digits:test");
  EXPECT_EQ(test_part_of("mnist"), "mnist:test");
  EXPECT_EQ(test_part_of("mnist:test"), "");
  EXPECT_EQ(test_part_of("file.csv"), "");
  EXPECT_EQ(test_part_of("C:/file.csv"), "");
  expect_error([] { read_dataset("mnist:validation"); }, ErrorKind::kUsage, "train or test");
  expect_error([] { read_dataset("digits:"); }, ErrorKind::kUsage, "train, test or all");
}

TEST(Named, IsLookedUpInOrder) {
  const TempDir first, second;
  const auto put = [](const TempDir& dir, char label) {
    std::filesystem::create_directories(dir.path("mnist"));
    dir.write("mnist/train-images-idx3-ubyte", idx(8, {2, 1, 1}, "ab"));
    dir.write("mnist/train-labels-idx1-ubyte", idx(8, {2}, std::string{'\0', label}));
  };
  put(first, 1);
  put(second, 2);
  ReadOptions options;
  ::setenv("POISE_DATA", second.path("").c_str(), 1);
  EXPECT_EQ(read_dataset("mnist").schema.classes[1], "2");
  options.data_dir = first.path("");
  EXPECT_EQ(read_dataset("mnist", options).schema.classes[1], "1");
  EXPECT_EQ(read_dataset("mnist", options).name, "mnist");
  options.data_dir = first.path("empty");  // a folder that is named is the only one
  expect_error([&] { read_dataset("mnist", options); }, ErrorKind::kIo, "empty/mnist/train-images-idx3-ubyte[.gz];");
  ::unsetenv("POISE_DATA");
}

TEST(Named, SaysWhereItLooked) {
  const TempDir dir;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::create_directories(dir.path("a/b"));
  std::filesystem::current_path(dir.path("a/b"));
  ReadOptions options;
  ::setenv("POISE_DATA", "/nowhere", 1);
  for (const char* place :
       {"/nowhere/fashion-mnist/t10k-images-idx3-ubyte[.gz]", "./data/fashion-mnist", "../shared/data/fashion-mnist"}) {
    expect_error([&] { read_dataset("fashion-mnist:test", options); }, ErrorKind::kIo, place);
  }
  ::unsetenv("POISE_DATA");
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace poise
