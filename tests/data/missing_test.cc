// Missing values: what stands for one, what becomes of it, and rows without a label.
#include <fmt/core.h>

#include <regex>

#include "data/table/missing_values.h"
#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

ReadOptions with(MissingPolicy policy) {
  ReadOptions options;
  options.missing = policy;
  return options;
}

/// The texts between backticks in the paragraph of docs/data.md that begins so.
std::vector<std::string> documented(const std::string& paragraph) {
  const std::string text = slurp(source_dir() + "/docs/data.md");
  const std::size_t begin = text.find(paragraph);
  EXPECT_NE(begin, std::string::npos) << paragraph;
  const std::string part = text.substr(begin, text.find("\n\n", begin) - begin);
  std::vector<std::string> texts;
  const std::regex quoted("`([^`]+)`");
  for (std::sregex_iterator p(part.begin(), part.end(), quoted), end; p != end; ++p) texts.push_back((*p)[1]);
  return texts;
}

TEST(Missing, HasTheDocumentedTexts) {
  const MissingValues missing;
  EXPECT_EQ(documented("Missing everywhere:"), missing.everywhere());
  EXPECT_EQ(documented("Missing beside numbers:"), missing.beside_numbers());
  EXPECT_TRUE(missing.holds(""));
  EXPECT_FALSE(missing.holds("None"));
  EXPECT_TRUE(missing.holds_beside_numbers("None"));
}

TEST(Missing, IsMarkedInNumbersAndACategoryByDefault) {
  const Dataset data = read_text("a,b,c,label\n1,1,u,x\n?,2,NA,y\n5,3,,x\n3,4,v,y\n");
  EXPECT_EQ(feature_names(data), (std::vector<std::string>{"a", "a=?", "b", "c=?", "c=u", "c=v"}));
  EXPECT_NEAR(named(data, 1, "a"), 3, 1e-6);  // (1 + 5 + 3) / 3
  EXPECT_NEAR(named(data, 1, "a=?"), 1, 1e-6);
  EXPECT_NEAR(named(data, 0, "a=?"), 0, 1e-6);
  EXPECT_NEAR(named(data, 1, "c=?"), 1, 1e-6);
  EXPECT_NEAR(named(data, 2, "c=?"), 1, 1e-6);
  EXPECT_EQ(data.missing, (std::vector<Index>{1, 0, 2}));
  EXPECT_TRUE(has_notice(data, "3 missing values in 2 columns: 'a' (1), 'c' (2): numbers take the mean"));
  EXPECT_EQ(fingerprint(data), fingerprint(read_text("a,b,c,label\n1,1,u,x\n?,2,NA,y\n5,3,,x\n3,4,v,y\n",
                                                     with(MissingPolicy::kCategory))));
}

TEST(Missing, IsThatForEveryTextOfTheListBesideNumbers) {
  const MissingValues missing;
  std::vector<std::string> texts = missing.everywhere();
  texts.insert(texts.end(), missing.beside_numbers().begin(), missing.beside_numbers().end());
  texts.emplace_back("");
  for (const std::string& text : texts) {
    std::string rows = "a,label\n";
    for (int i = 0; i < 30; ++i) rows += fmt::format("{},{}\n", i % 3 == 0 ? text : std::to_string(i % 7), i % 2);
    const Dataset data = read_text(rows);
    EXPECT_EQ(data.schema.columns[0].kind, ColumnKind::kNumeric) << text;
    EXPECT_EQ(data.missing, std::vector<Index>{10}) << text;
  }
}

TEST(Missing, IsNotWhatMayBeACategoryOrAClass) {
  const Dataset data = read_text("k,label\nNone,-\nunknown,+\nNone,-\n-,+\n");
  EXPECT_EQ(data.schema.columns[0].categories, (std::vector<std::string>{"-", "None", "unknown"}));
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"+", "-"}));
  EXPECT_EQ(data.missing, std::vector<Index>{0});
  // A column of such texts alone is no column of numbers.
  EXPECT_EQ(read_text("k,label\n-,x\n-,y\n.,x\n").schema.columns[0].kind, ColumnKind::kCategorical);
}

TEST(Missing, IsWhatTheOptionSays) {
  ReadOptions options;
  options.missing_values = {{"-9", "no answer"}};
  const Dataset data = read_text("a,k,label\n-9.0,NA,x\n2,no answer,y\n4,no,x\n", options);
  EXPECT_EQ(data.missing, (std::vector<Index>{1, 1}));
  EXPECT_EQ(data.schema.columns[1].categories, (std::vector<std::string>{"?", "NA", "no"}));
  const Dataset again = read_text("a,k,label\n-9,no answer,x\n", {}, data.schema);  // the model knows
  EXPECT_NEAR(named(again, 0, "a=?"), 1, 1e-6);
  EXPECT_NEAR(named(again, 0, "k=?"), 1, 1e-6);
  options.missing_values = {std::vector<std::string>{}};
  const Dataset none = read_text("k,label\nNA,x\nEU,y\n,y\nNA,x\n", options);
  EXPECT_EQ(none.schema.columns[0].categories, (std::vector<std::string>{"?", "EU", "NA"}));  // empty is always missing
}

TEST(Missing, IsAnErrorWhereAskedNamingColumnAndFirstLine) {
  for (const char* cell : {"", "?", "NA", "N/A", "NaN", "nan", "null", "-"}) {
    const std::string text = std::string("a,b,label\n1,2,x\n3,") + cell + ",y\n5," + cell + ",y\n";
    expect_text_error(text, kData, "column 'b' holds", 3, 2, with(MissingPolicy::kError));
    expect_text_error(text, kData, "leave out --missing error", 3, 2, with(MissingPolicy::kError));
  }
  expect_text_error("c,label\nu,x\nNA,y\nv,x\nu,y\n", kData, "'NA'", 3, 1, with(MissingPolicy::kError));
  expect_text_error("c,label\nu,x\n,y\nv,x\nu,y\n", kData, "empty cell", 3, 1, with(MissingPolicy::kError));
  const Dataset data = read_text("c,label\nu,x\n?,y\nv,x\nu,y\n", with(MissingPolicy::kError));
  EXPECT_EQ(data.schema.columns[0].categories, (std::vector<std::string>{"?", "u", "v"}));
  EXPECT_NEAR(named(data, 1, "c=?"), 1, 1e-6);
}

TEST(Missing, IsCountedWhereAFileIsLookedAt) {
  ReadOptions options = with(MissingPolicy::kError);
  options.inspecting = true;
  const Dataset data = read_text("a,b,c,label\n1,,u,x\n?,2,NA,y\n5,NA,,x\n3,4,v,y\n", options);
  EXPECT_EQ(data.missing, (std::vector<Index>{1, 2, 2}));
  EXPECT_TRUE(has_notice(data, "3 columns have missing values: 'a' (1), 'b' (2), 'c' (2); train --missing error"));
  EXPECT_EQ(data.schema.columns[2].categories, (std::vector<std::string>{"u", "v"}));
  const Dataset unlabeled = read_text("a,label\n1,x\n2,\n3,y\n", options);
  EXPECT_TRUE(unlabeled.labels.empty());
  EXPECT_TRUE(has_notice(unlabeled, "train would refuse this label: "));
}

TEST(Missing, MeanFillsNumbersAndTheMostFrequentCategory) {
  const Dataset data = read_text("a,c,label\n1,u,x\n?,u,y\n5,?,x\nNA,v,y\n", with(MissingPolicy::kMean));
  EXPECT_NEAR(named(data, 1, "a"), 3, 1e-6);  // (1 + 5) / 2
  EXPECT_NEAR(named(data, 3, "a"), 3, 1e-6);
  EXPECT_NEAR(named(data, 2, "c=u"), 1, 1e-6);
  EXPECT_EQ(data.schema.columns[1].categories, (std::vector<std::string>{"u", "v"}));
  EXPECT_TRUE(data.schema.columns[0].can_fill);
  EXPECT_DOUBLE_EQ(data.schema.columns[0].fill, 3);
  EXPECT_EQ(data.schema.columns[1].fill, 0);  // u
}

TEST(Unlabeled, RowsAreLeftOutAsIfTheyWereNotThere) {
  std::string all = "a,k,w,label\n", labeled = all;
  const char* const kTexts[] = {"", "NA", "?"};
  for (int i = 0; i < 60000; ++i) {  // several chunks
    const bool gone = i % 5 == 3 || i < 3;
    // What a row left out holds must leave no trace: numbers out of range, categories of its own, a missing value.
    const std::string row =
        gone ? fmt::format("{},only{},1,", i % 2 ? "?" : "1e300", i) : fmt::format("{},k{},2,", i % 17, i % 3);
    const std::string label = gone ? kTexts[i % 3] : i % 2 ? "x" : "y";
    all += row + label + "\n";
    if (!gone) labeled += row + label + "\n";
  }
  ReadOptions options;
  options.sample_weight = "w";
  const Dataset data = read_text(all, options), expected = read_text(labeled, options);
  EXPECT_EQ(data.rows(), 47997);
  EXPECT_EQ(data.labels, expected.labels);
  EXPECT_EQ(data.sample_weight, expected.sample_weight);
  for (Index i = 0; i < data.rows(); i += 101) {
    for (Index j = 0; j < data.features.cols(); ++j) ASSERT_NEAR(original(data, i, j), original(expected, i, j), 1e-5);
  }
  EXPECT_EQ(data.schema.columns[1].categories, expected.schema.columns[1].categories);
  EXPECT_EQ(data.missing, expected.missing);
  EXPECT_TRUE(has_notice(data,
                         "the label, column 'label' (by its name; --label names another), is missing in 12003 of "
                         "60000 rows, which are left out"));
  EXPECT_FALSE(has_notice(expected, "left out"));
}

TEST(Unlabeled, RowsKeepTheLinesOfErrorsRight) {
  std::string text = "a,w,label\n";
  for (int i = 0; i < 40000; ++i)
    text += fmt::format("{},{},{}\n", i % 7, i == 30001 ? "-1" : "1", i % 3 == 0 ? "" : i % 2 ? "x" : "y");
  ReadOptions options;
  options.sample_weight = "w";
  expect_text_error(text, kData, "go down to -1", 30003, 2, options);
}

TEST(Unlabeled, RowsAreRefusedWhereAskedOrWhereAllAre) {
  expect_text_error("a,b\n1,x\n2,y\n3,\n", kData,
                    "the label, column 'b' (the last; --label names another), is missing in 1 of 3 rows", 4, 2,
                    with(MissingPolicy::kError));
  expect_text_error("a,b\n1,\n2,\n3,NA\n", kData, "is missing in 3 of 3 rows", 2, 2);
  ReadOptions options;
  options.label = "a";
  expect_text_error("a,b\n,1\n,2\n", kData, "the label, column 'a', is missing in 2 of 2 rows", 2, 1, options);
}

TEST(Unlabeled, RowsOfAModelsDataAreLeftOutToo) {
  const Schema schema = read_text("a,label\n1,x\n2,y\n3,x\n").schema;
  const Dataset some = read_text("a,label\n5,y\n6,\n7,x\n", {}, schema);
  EXPECT_EQ(some.rows(), 2);
  EXPECT_NEAR(original(some, 1, 0), 7, 1e-6);
  EXPECT_TRUE(has_notice(some, "is missing in 1 of 3 rows, which is left out"));
  const Dataset none = read_text("a,label\n5,\n6,?\n", {}, schema);
  EXPECT_EQ(none.rows(), 2);
  EXPECT_TRUE(none.labels.empty());
  EXPECT_TRUE(has_notice(none, "is empty: the rows have no labels"));
  ReadOptions options;
  options.labels = false;  // predicting: every row has an answer
  EXPECT_EQ(read_text("a,label\n5,y\n6,\n7,x\n", options, schema).rows(), 3);
}

}  // namespace
}  // namespace poise
