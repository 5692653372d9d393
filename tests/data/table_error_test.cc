// Tables that break their rules.
#include <fmt/core.h>

#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

TEST(TableError, NamesTheRaggedRow) {
  expect_text_error("a,b,label\n1,2,x\n1,2\n3,4,y\n", kData, "this row has 2 cells; expected 3", 3);
  expect_text_error("a,b,label\n1,2,x\n1,2,y\n3,4,y,5,6\n", kData, "this row has 5 cells; expected 3", 4);
  expect_text_error("|a remark\n1,2,x\n1,2,y\n", kData, "--comment", 1);
}

TEST(TableError, NamesTheOddCell) {
  std::string text = "a,b,label\n";
  for (int i = 0; i < 1000; ++i)
    text += std::to_string(i % 7) + (i == 698 ? ",12a," : ",3.5,") + (i % 2 ? "x\n" : "y\n");
  expect_text_error(text, kData, "column 'b' holds '12a'; expected a number", 700, 2);
}

TEST(TableError, RefusesInfinities) {
  expect_text_error("a,label\n1,x\ninf,y\n", kData, "column 'a' holds 'inf'", 3, 1);
  expect_text_error("a,label\n1,x\n1e999,y\n", kData, "'1e999'", 3, 1);
}

TEST(TableError, NamesTheNumberThatIsTooFarAway) {
  expect_text_error("a,b,label\n1,2,x\n\n2,1e308,y\n3,-1.7e308,x\n4,4,y\n", kData, "'b' holds -1.7e+308", 5, 2);
  ReadOptions options;
  options.ignore = {"a"};
  expect_text_error("a,b,label\n1,-1e308,x\n2,1.1e308,y\n", kData, "'b' holds 1.1e+308", 3, 2, options);
}

TEST(TableError, RefusesDuplicateNames) {
  expect_text_error("a,b,a,label\n1,2,3,x\n2,3,4,y\n", kData, "the header names two columns 'a': numbers 1 and 3", 1,
                    3);
}

TEST(TableError, RefusesAHeaderOfAnotherLength) {
  ReadOptions options;
  options.header = true;
  expect_text_error("a,b\n1,2,x\n2,3,y\n", kData, "the header has 2 cells; expected 3", 1, -1, options);
}

TEST(TableError, RefusesBrokenQuotes) {
  expect_text_error("a,label\n\"1,x\n2,y\n", kData, "never closed", 2);
  ReadOptions options;
  options.delimiter = ',';
  expect_text_error("a,label\n\"1\"0,x\n2,y\n", kData, "behind a closing quote", 2, -1, options);
}

TEST(TableError, RefusesWhatIsNotUtf8) {
  expect_text_error("a,label\n1,caf\xE9\n2,b\n", kData, "0xe9", 2);
  expect_text_error("a,label\n1,\xC3\xA9t\xC3\xA9\n2,\xC3(\n", kData, "iconv", 3);
  expect_text_error(std::string("a,label\n1,x\n2,\0y\n", 16), kData, "NUL", 3);
  EXPECT_EQ(read_text("a,label\n1,été\n2,日本\n3,été\n4,😀\n").schema.classes.size(), 3U);
}

TEST(TableError, FindsABadByteWhereverItIs) {
  for (std::size_t place = 0; place < 300; ++place) {
    std::string text = "a,label\n" + std::string(300, 'x') + ",y\n1,z\n";
    text[8 + place] = place % 2 == 0 ? '\0' : '\xFF';
    expect_text_error(text, kData, place % 2 == 0 ? "NUL" : "0xff", 2);
  }
}

TEST(TableError, RefusesOldMacintoshLines) { expect_text_error("a,label\r1,x\r2,y\r", kData, "tr '\\r' '\\n'"); }

TEST(TableError, RefusesTooLittle) {
  expect_text_error("a,label\n", kData, "no rows");
  expect_text_error("\n\n# nothing\n", kData, "no rows");
  expect_text_error("", kData, "empty");
  expect_text_error("a,label\n1,x\n", kData, "only one class: 'x'");
  expect_text_error("a,label\n1,x\n2,x\n", kData, "only one class");
  expect_text_error("label\nx\ny\n", kData, "1 column and none is left for features");
}

TEST(TableError, RefusesRegressionTargets) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += "1," + std::to_string(i * 0.37) + "\n";
  expect_text_error(text, kData, "regression target");
  text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i % 7) + ",name" + std::to_string(i) + "\n";
  expect_text_error(text, kData, "100 different values in 100 rows");
}

TEST(TableError, RefusesOptionsThatNameNoColumn) {
  const std::string text = "a,b,label\n1,2,x\n3,4,y\n";
  for (const char* name : {"c", "3", "-4", "1x", ""}) {
    ReadOptions options;
    options.label = name;
    expect_text_error(text, ErrorKind::kUsage, "--label", -1, -1, options);
    options = {};
    options.ignore = {name};
    expect_text_error(text, ErrorKind::kUsage, "--ignore", -1, -1, options);
    options = {};
    options.sample_weight = name;
    expect_text_error(text, ErrorKind::kUsage, "--sample-weight", -1, -1, options);
  }
  ReadOptions options;
  options.ignore = {"label"};
  expect_text_error(text, ErrorKind::kUsage, "both column 'label'", -1, -1, options);
  options.ignore = {"a", "b"};
  expect_text_error(text, kData, "none is left for features", -1, -1, options);
}

TEST(TableError, RefusesBadWeights) {
  ReadOptions options;
  options.sample_weight = "w";
  expect_text_error("a,w,label\n1,1,x\n2,-1,y\n", kData, "go down to -1", -1, -1, options);
  expect_text_error("a,w,label\n1,1,x\n2,,y\n", kData, "empty cell", 3, 2, options);
  expect_text_error("a,w,label\n1,1,x\n2,inf,y\n", kData, "'inf'", 3, 2, options);
  expect_text_error("a,w,label\n1,0,x\n2,0,y\n", kData, "sum to 0", -1, -1, options);
  expect_text_error("a,w,label\n1,b,x\n2,1,y\n", kData, "'b'", 2, 2, options);
}

TEST(TableError, RefusesFilesThatAreNone) {
  const TempDir dir;
  expect_error([&] { read_dataset(dir.path("nothing.csv")); }, ErrorKind::kIo, "no such file");
  expect_error([&] { read_dataset(dir.path("")); }, ErrorKind::kIo, "is a directory");
  expect_error([&] { read_dataset(""); }, ErrorKind::kUsage, "no data named");
}

}  // namespace
}  // namespace poise
