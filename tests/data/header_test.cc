// Where the rows of a table begin: comments, headers, empty lines.
#include <fmt/core.h>

#include "helpers.h"

namespace poise {
namespace {

constexpr ErrorKind kData = ErrorKind::kData;

TEST(Comments, AreLinesAtTheTopAlone) {
  const Dataset data =
      read_text("# made by hand\n# in May\ntag,v,label\n#ff0000,1,x\nred,2,y\n#N/A,3,x\nred,4,y\n#ff0000,5,x\n");
  EXPECT_EQ(data.rows(), 5);
  EXPECT_EQ(data.schema.columns[0].categories, (std::vector<std::string>{"#ff0000", "?", "red"}));
  EXPECT_TRUE(has_notice(data, "2 lines begin with # and are skipped"));
}

TEST(Comments, AreNotTheFirstRowsOfATableWithoutAHeader) {
  const Dataset data = read_text("# colors\n#ff0000,1.5,x\n#00ff00,2,y\n#ff0000,3,x\nred,4,y\nred,5,x\n");
  EXPECT_EQ(data.rows(), 5);
  EXPECT_TRUE(has_notice(data, "1 line begins with # and is skipped"));
  EXPECT_EQ(read_text("#a,x,1\n#b,y,2\n#a,x,1\n#b,x,2\n").rows(), 4);  // nothing else is there
  // A header that is commented out, and a row that is.
  EXPECT_EQ(read_text("#v,w,kind\n1,2,x\n3,4,y\n5,6,x\n").rows(), 3);
  EXPECT_EQ(read_text("#1,2,x\n1,2,x\n3,4,y\n5,6,x\n").rows(), 3);
}

TEST(Comments, AreWhatTheOptionSays) {
  const std::string text = "a,b\n1,x\n%2,y\n3,y\n%4,x\n";
  expect_text_error("a,b,label\n1,2,x\n% remark\n3,4,y\n", kData, "if this line is a comment: --comment %", 3);
  ReadOptions options;
  options.comment = '%';
  const Dataset data = read_text(text, options);
  EXPECT_EQ(data.rows(), 2);
  EXPECT_TRUE(has_notice(data, "2 lines begin with % and are skipped"));
  options.comment = '\0';
  EXPECT_EQ(feature_names(read_text("#a,b\n1,x\n2,y\n", options)), std::vector<std::string>{"#a"});
}

TEST(Comments, AreCountedOnceHoweverManyChunks) {
  std::string text = "a,label\n";
  for (int i = 0; i < 100000; ++i) text += i % 10 == 9 ? "# remark\n" : fmt::format("{},{}\n", i % 7, i % 2);
  ReadOptions options;
  options.comment = '#';
  for (const int threads : {1, 4}) {
    options.threads = threads;
    const Dataset data = read_text(text, options);
    EXPECT_EQ(data.rows(), 90000);
    EXPECT_TRUE(has_notice(data, "10000 lines begin with #"));
  }
}

TEST(Header, OfCountedNamesIsKnownByDecimalsBelow) {
  std::string decimals = "0,1,2,3\n", integers = decimals, index = ",0,1,2\n";
  for (int i = 0; i < 30; ++i) {
    decimals += fmt::format("{},0.5,{}.25,{}\n", i % 3 + 0.125, i, i % 2);
    integers += fmt::format("{},{},{},{}\n", i % 3, i % 5, i % 4, i % 2);
    index += fmt::format("{},{},{}.5,{}\n", i, i % 3 + 0.125, i, i % 2);
  }
  const Dataset data = read_text(decimals);
  EXPECT_EQ(data.rows(), 30);
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(data.schema.label_name, "3");
  EXPECT_TRUE(has_notice(data, "the first row is 0, 1, 2, 3: taken for names of the columns; --no-header"));
  const Dataset unsure = read_text(integers);
  EXPECT_EQ(unsure.rows(), 31);
  EXPECT_TRUE(has_notice(unsure, "the first row is 0, 1, 2, 3, and read as data; if it names the columns: --header"));
  EXPECT_EQ(feature_names(read_text(index)), (std::vector<std::string>{"0", "1"}));  // without pandas' row numbers
}

TEST(Header, OfASmallTableOfTextIsSeen) {
  const Dataset data = read_text(
      "outlook,temperature,humidity,play\nsunny,hot,high,no\nsunny,hot,high,no\novercast,hot,high,yes\n"
      "rainy,mild,high,yes\nrainy,cool,normal,yes\nrainy,cool,normal,no\novercast,cool,normal,yes\nsunny,mild,high,"
      "no\n");
  EXPECT_TRUE(data.schema.has_header);
  EXPECT_EQ(data.rows(), 8);
  // Values that occur once are common here: the first row may be one more.
  EXPECT_FALSE(read_text("ant,red,p\nbee,blue,q\ncow,green,p\ndog,black,q\n").schema.has_header);
}

TEST(Header, IsSeenByTheNamesThatOptionsGive) {
  ReadOptions options;
  options.label = "species";
  const Dataset data = read_text("size,species\nbig,ant\nsmall,bee\nbig,ant\n", options);
  EXPECT_TRUE(data.schema.has_header);
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"ant", "bee"}));
  options.label = "kind";
  expect_text_error("size,species\nbig,ant\nsmall,bee\nbig,ant\n", ErrorKind::kUsage,
                    "if line 1 names the columns: --header", -1, -1, options);
}

TEST(Header, MayEndWithACommaTooMany) {
  const Dataset data = read_text("\"id\",\"diagnosis\",\"radius\",\n1,M,2.5\n2,B,3.5\n3,M,1.5\n");
  EXPECT_EQ(data.schema.label_name, "radius");
  EXPECT_EQ(data.rows(), 3);
  ReadOptions options;
  options.label = "diagnosis";
  EXPECT_EQ(feature_names(read_text("id,diagnosis,radius,\n1,M,2.5\n2,B,3.5\n3,M,1.5\n", options)),
            (std::vector<std::string>{"id", "radius"}));
  // All rows end with one: a column without values, which is not the label.
  const Dataset rows = read_text("a,b\n1,x,\n2,y,\n3,x,\n");
  EXPECT_EQ(rows.schema.label_name, "b");
  EXPECT_EQ(read_text("a,b,\n1,x,\n2,y,\n3,x,\n").schema.label_name, "b");
}

TEST(Header, ErrorsCountColumnsFromOne) {
  expect_text_error("a,b,a,label\n1,2,3,x\n2,3,4,y\n", kData, "the header names two columns 'a': numbers 1 and 3", 1,
                    3);
}

TEST(EmptyLines, AreMissingValuesOfASingleColumn) {
  const Schema schema = read_text("x,label\n1,a\n,b\n-1,b\n2,a\n").schema;
  for (const char* text : {"x\n1\n\n-1\n", "\nx\n1\n\n-1\n\n\n", "x\r\n1\r\n\r\n-1\r\n \r\n"}) {
    const Dataset data = read_text(text, {}, schema);
    ASSERT_EQ(data.rows(), 3) << text;
    EXPECT_NEAR(named(data, 1, "x=?"), 1, 1e-6);
    EXPECT_NEAR(named(data, 2, "x"), -1, 1e-6);
  }
}

TEST(Quotes, AreOthersOrNoneWhereAsked) {
  ReadOptions options;
  options.quote = '\0';
  const Dataset none = read_text("k,n,label\n5\" pipe,1,x\n\"6 pipe,2,y\n5\" pipe,3,y\n", options);
  EXPECT_EQ(none.schema.columns[0].categories, (std::vector<std::string>{"\"6 pipe", "5\" pipe"}));
  options.quote = '\'';
  const Dataset single = read_text("k,n,label\n'a, b',1,x\n'it''s',2,y\n'a, b',3,y\n", options);
  EXPECT_EQ(single.schema.columns[0].categories, (std::vector<std::string>{"a, b", "it's"}));
  expect_text_error("k,label\n\"1,x\n2,y\n", kData, "--quote none", 2);
}

}  // namespace
}  // namespace poise
