#include <gmock/gmock.h>

#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

Dataset read_svm(const std::string& text, const ReadOptions& options = {}) {
  return read_text(text, options, "t.libsvm");
}

void expect_svm_error(const std::string& text, const std::string& part, Index line = -1, Index column = -1) {
  expect_text_error(text, kData, part, line, column, {}, "t.libsvm");
}

TEST(Libsvm, ReadsSparseRows) {
  const Dataset data = read_svm("+1 1:0.5 4:2e1\n-1 2:-3 # a remark\n\n# a line of remarks\n+1\n-1 3:1\r\n");
  ASSERT_EQ(data.rows(), 4);
  ASSERT_EQ(data.features.cols(), 4);
  const CsrView& matrix = *data.features.sparse();
  EXPECT_THAT(matrix.row_start, testing::ElementsAre(0, 2, 3, 3, 4));
  EXPECT_THAT(matrix.columns, testing::ElementsAre(0, 3, 1, 2));
  EXPECT_THAT(matrix.values, testing::ElementsAre(0.5F, 20, -3, 1));
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"-1", "1"}));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{1, 0, 1, 0}));
  EXPECT_EQ(data.schema.feature_name(3), "index 4");
}

TEST(Libsvm, TakesAnyTokenForALabel) {
  EXPECT_EQ(read_svm("spam 1:1\nham 2:1\n").schema.classes, (std::vector<std::string>{"ham", "spam"}));
}

TEST(Libsvm, IsRecognizedByContent) {
  EXPECT_NE(read_text("1 1:2 3:4\n2 1:3\n", {}, "t.txt").features.sparse(), nullptr);
  expect_text_error("1 1:2 3:4\n2 1:3\n", kData, "the content is LIBSVM text", -1, -1, {}, "t.csv");
}

TEST(Libsvm, NamesTheBadPair) {
  expect_svm_error("1 1:2\n2 3:1 2:1\n", "less than the one before", 2, 7);
  expect_svm_error("1 1:2\n2 3:1 3:1\n", "'3:1' repeats an index", 2, 7);
  expect_svm_error("1 0:2\n2 3:1\n", "indices from 1", 1, 3);
  expect_svm_error("1 1:2\n2 2147483648:1\n", "too large", 2, 3);
  expect_svm_error("1 1:2\n2 99999999999999999999999:1\n", "too large", 2, 3);
  expect_svm_error("1 1:2\n2 3:x\n", "no finite number", 2, 3);
  expect_svm_error("1 1:2\n2 3:\n", "no finite number", 2, 3);
  expect_svm_error("1 1:2\n2 3:inf\n", "no finite number", 2);
  expect_svm_error("1 1:2\n2 3:nan\n", "no finite number", 2);
  expect_svm_error("1 1:2\n2 3:1e309\n", "no finite number", 2);
  expect_svm_error("1 1:2\n2 3\n", "expected index:value", 2, 3);
  expect_svm_error("1 1:2\n2 a:3\n", "expected index:value", 2, 3);
  expect_svm_error("1 qid:1 1:2\n2 qid:2 3:1\n", "ranking", 1, 3);
  expect_svm_error("1 1:2\n 3:4 5:6\n", "without a label", 2, 2);
  expect_svm_error("1 1:2\n1 3:1\n", "only one class");
  expect_svm_error("1\n2\n", "no row has a feature");
  expect_svm_error("# nothing\n", "no rows");
}

TEST(Libsvm, RefusesAnIndexThatWouldTakeAllMemory) {
  expect_text_error("1 1:2\n2 2147483647:1\n", ErrorKind::kResource, "at most 134217728 features", -1, -1, {}, "t.svm");
}

TEST(Libsvm, RefusesTableOptions) {
  ReadOptions options;
  options.ignore = {"1"};
  expect_text_error("1 1:2\n2 1:1\n", ErrorKind::kUsage, "--ignore", -1, -1, options, "t.svm");
}

TEST(Libsvm, KeepsToAModelsFeatures) {
  const Schema schema = read_svm("1 1:1 3:1\n2 2:1\n").schema;
  const TempDir dir;
  const Dataset data = read_dataset(dir.write("t.svm", "2 1:5 4:9 7:1\n1 2:2\n"), {}, schema);
  EXPECT_EQ(data.features.cols(), 3);
  EXPECT_THAT(data.features.sparse()->values, testing::ElementsAre(5, 2));
  EXPECT_TRUE(has_notice(data, "2 values at indices beyond 3"));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_TRUE(read_dataset(dir.write("u.svm", "1:5 2:9\n2:2\n"), {}, schema).labels.empty());
  const Dataset dummy = read_dataset(dir.write("v.svm", "0 1:5 2:9\n0 2:2\n"), {}, schema);
  EXPECT_TRUE(dummy.labels.empty());
  EXPECT_TRUE(has_notice(dummy, "taken for none"));
  expect_error([&] { read_dataset(dir.write("w.svm", "1 1:5\n3 2:2\n"), {}, schema); }, kData, "'3' is no class", 2, 1);
  expect_error([&] { read_dataset(dir.write("x.svm", "1 1:5\n2:2\n"), {}, schema); }, kData, "all labels or none", 2,
               1);
}

TEST(Libsvm, IsTheSameForAnyThreads) {
  std::string text;
  for (int i = 0; i < 60000; ++i) {
    text += std::to_string(i % 3) + " " + std::to_string(1 + i % 50) + ":" + std::to_string(i * 0.25) + " " +
            std::to_string(60 + i % 40) + ":1 # " + std::to_string(i) + "\n";
  }
  ReadOptions one, four;
  one.threads = 1;
  four.threads = 4;
  const Dataset a = read_svm(text, one), b = read_svm(text, four);
  EXPECT_EQ(a.rows(), 60000);
  EXPECT_EQ(a.features.sparse()->values.size(), 120000U);
  EXPECT_EQ(original(a, 59999, 59999 % 50), static_cast<float>(59999 * 0.25));
  EXPECT_EQ(fingerprint(a), fingerprint(b));
}

}  // namespace
}  // namespace poise
