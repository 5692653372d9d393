// Reading with the schema of a trained model.
#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;
const char* const kTrain = "a,color,b,label\n1,red,5,x\n2,blue,6,y\n3,red,7,x\n";

Schema trained(MissingPolicy missing = MissingPolicy::kError, const char* text = kTrain) {
  ReadOptions options;
  options.missing = missing;
  return read_text(text, options).schema;
}

TEST(SchemaMatch, ReadsTheSameFileTheSame) {
  const Dataset train = read_text(kTrain), again = read_text(kTrain, {}, train.schema);
  EXPECT_EQ(fingerprint(train), fingerprint(again));
}

TEST(SchemaMatch, FindsColumnsByNameInAnyOrder) {
  const Dataset data = read_text("extra,b,label,color,a\nq,50,y,blue,10\nq,51,x,red,11\n", {}, trained());
  EXPECT_NEAR(named(data, 0, "a"), 10, 1e-5);
  EXPECT_NEAR(named(data, 0, "b"), 50, 1e-5);
  EXPECT_NEAR(named(data, 0, "color=blue"), 1, 1e-6);
  EXPECT_EQ(label_of(data, 0), "y");
  EXPECT_TRUE(has_notice(data, "does not use: 'extra'"));
  EXPECT_EQ(data.features.cols(), 4);
}

TEST(SchemaMatch, TakesRowsWithoutLabels) {
  const Dataset no_column = read_text("a,color,b\n1,red,5\n", {}, trained());
  EXPECT_EQ(no_column.rows(), 1);
  EXPECT_TRUE(no_column.labels.empty());
  const Dataset empty = read_text("a,color,b,label\n1,red,5,\n2,red,5,?\n", {}, trained());
  EXPECT_TRUE(empty.labels.empty());
  EXPECT_TRUE(has_notice(empty, "is empty: the rows have no labels"));
  expect_error([] { read_text("a,color,b,label\n1,red,5,x\n2,red,5,\n", {}, trained()); }, kData,
               "give all labels or none", 3, 4);
}

TEST(SchemaMatch, LeavesLabelsUnreadWhereNoneAreNeeded) {
  ReadOptions options;
  options.labels = false;
  const Dataset data = read_text("a,color,b,label\n1,red,5,x\n2,red,5,unheard-of\n3,blue,6,\n", options, trained());
  EXPECT_EQ(data.rows(), 3);
  EXPECT_TRUE(data.labels.empty());
  EXPECT_FALSE(has_notice(data, "does not use"));
  const Dataset sparse = read_text("1 1:2\n2 1:1\n", {}, "t.libsvm");
  EXPECT_TRUE(read_text("1 1:2\n3 1:1\n", options, sparse.schema, "t.libsvm").labels.empty());
  EXPECT_TRUE(read_dataset("digits:test", options, read_dataset("digits").schema).labels.empty());
}

TEST(SchemaMatch, FindsColumnsByPositionWithoutAHeader) {
  const char* const train = "u,1,5\nv,2,6\nu,3,7\n";
  ReadOptions options;
  options.label = "0";
  const Schema schema = read_text(train, options).schema;
  const Dataset labelled = read_text("v,10,50\n", {}, schema);
  EXPECT_EQ(label_of(labelled, 0), "v");
  EXPECT_NEAR(original(labelled, 0, 1), 50, 1e-5);
  const Dataset bare = read_text("10,50\n11,51\n", {}, schema);  // the label column is not there at all
  EXPECT_TRUE(bare.labels.empty());
  EXPECT_NEAR(original(bare, 1, 0), 11, 1e-5);
  expect_error([&] { read_text("10\n11\n", {}, schema); }, kData, "at least 3");
}

TEST(SchemaMatch, RefusesWhatTheModelDoesNotKnow) {
  const Schema schema = trained();
  expect_error([&] { read_text("a,b,label\n1,5,x\n", {}, schema); }, kData, "lacks 'color'", 1);
  ReadOptions strict;
  strict.unknown_category = UnknownCategory::kError;
  expect_error([&] { read_text("a,color,b,label\n1,red,5,x\n1,green,5,x\n", strict, schema); }, kData,
               "the category 'green', which the model does not know; expected one of 'blue' and 'red'", 3, 2);
  expect_error([&] { read_text("a,color,b,label\n1,red,5,z\n", {}, schema); }, kData, "the label 'z' is no class", 2,
               4);
  expect_error([&] { read_text("a,color,b,label\none,red,5,x\n", {}, schema); }, kData, "column 'a' holds 'one'", 2, 1);
  expect_error([&] { read_text("a,color,b,label\n?,red,5,x\n", {}, schema); }, kData, "missing value '?'", 2, 1);
  expect_error([&] { read_text("a,color,b,label\n1,,5,x\n", {}, schema); }, kData, "empty cell", 2, 2);
}

TEST(SchemaMatch, FillsAsTrained) {
  const Dataset mean = read_text("a,color,b,label\n?,?,5,x\n", {}, trained(MissingPolicy::kMean));
  EXPECT_NEAR(named(mean, 0, "a"), 2, 1e-6);  // of 1, 2, 3
  EXPECT_NEAR(named(mean, 0, "color=red"), 1, 1e-6);
  const Schema schema = trained(MissingPolicy::kCategory, "a,c,label\n1,u,x\n?,?,y\n3,u,x\n5,w,y\n");
  const Dataset marked = read_text("a,c,label\n7,u,x\nNA,,y\n", {}, schema);
  EXPECT_NEAR(named(marked, 1, "a"), 3, 1e-6);
  EXPECT_NEAR(named(marked, 1, "a=?"), 1, 1e-6);
  EXPECT_NEAR(named(marked, 0, "a=?"), 0, 1e-6);
  EXPECT_NEAR(named(marked, 1, "c=?"), 1, 1e-6);
}

TEST(SchemaMatch, SeesTheHeaderByTheNamesItKnows) {
  const Schema schema = trained(MissingPolicy::kError, "k,shape,label\nu,s,x\nv,s,y\nu,r,x\n");
  const Dataset data = read_text("shape,k\ns,u\n", {}, schema);  // one row of text: nothing else tells a header
  EXPECT_EQ(data.rows(), 1);
  EXPECT_NEAR(named(data, 0, "k=u"), 1, 1e-6);
}

TEST(SchemaMatch, MatchesIntegerLabelsByValue) {
  const Schema schema = trained(MissingPolicy::kError, "a,label\n1,1\n2,2\n3,10\n");
  EXPECT_EQ(read_text("a,label\n5,10.0\n6,+1\n", {}, schema).labels, (std::vector<std::int32_t>{2, 0}));
}

TEST(SchemaMatch, RefusesAnArrayForATable) {
  const TempDir dir;
  const std::string file = dir.write("x.npy", npy(npy_dict("<f4", "(1, 4)"), raw<float>({1, 2, 3, 4})));
  expect_error([&] { read_dataset(file, {}, trained()); }, kData, "a table, as the model was trained on");
}

}  // namespace
}  // namespace poise
