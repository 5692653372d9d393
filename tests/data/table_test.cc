// Tables: dialects, headers, kinds of columns, standardization.
#include <fmt/core.h>

#include <array>

#include "data/table/parse.h"
#include "data/table/text_look.h"
#include "helpers.h"

namespace poise {
namespace {

const char* const kPlain = "a,b,label\n1,10,x\n2,20,y\n3,30,x\n";

TEST(Table, ReadsColumnsLabelsAndNames) {
  const Dataset data = read_text(kPlain);
  ASSERT_EQ(data.rows(), 3);
  EXPECT_EQ(feature_names(data), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_EQ(data.schema.label_name, "label");
  EXPECT_EQ(data.schema.label_position, 2);
  EXPECT_TRUE(data.schema.has_header);
  EXPECT_EQ(data.name, "t.csv");
  EXPECT_TRUE(has_notice(data, "the label is column 'label' (by its name)"));
  for (Index i = 0; i < 3; ++i) {
    EXPECT_NEAR(original(data, i, 0), static_cast<double>(i + 1), 1e-6);
    EXPECT_NEAR(original(data, i, 1), 10.0 * static_cast<double>(i + 1), 1e-5);
  }
}

TEST(Table, StoresEachColumnInTheNarrowestExactType) {
  const Dataset data = read_text(
      "a,b,c,d,e,f,g,label\n0,-1,70000,0.5,0.1,16777217,1,x\n255,300,-5,2,7,2147483648,2,y\n1,2,3,4,5,6,-1e-300,x\n");
  const std::vector<NumberType> expected = {NumberType::kUint8,   NumberType::kInt16,   NumberType::kInt32,
                                            NumberType::kFloat32, NumberType::kFloat64, NumberType::kFloat64,
                                            NumberType::kFloat64};
  std::vector<NumberType> found;
  for (const ColumnRun& run : data.features.dense().runs) found.insert(found.end(), run.count, run.type);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(data.features.dense().stride, 1 + 2 + 4 + 4 + 8 + 8 + 8);
  EXPECT_EQ(original(data, 0, 4), 0.1);
  EXPECT_EQ(original(data, 0, 5), 16777217);
  EXPECT_EQ(original(data, 2, 6), -1e-300);
}

TEST(Table, FillsByRowWeights) {
  ReadOptions options;
  options.sample_weight = "w";
  options.missing = MissingPolicy::kMean;
  const Dataset data = read_text("a,w,label\n1,1,x\n5,3,y\n,1,x\n9,0,x\n", options);
  EXPECT_EQ(feature_names(data), std::vector<std::string>{"a"});
  EXPECT_EQ(original(data, 2, 0), 4);  // (1·1 + 3·5) / 4
  EXPECT_EQ(data.sample_weight, (Vector(4) << 1, 3, 1, 0).finished());
  EXPECT_EQ(original(data, 3, 0), 9);
}

// One column of 5,000 words and a number: a row has two of 5,001 features.
TEST(Table, KeepsRowsOfManyCategoriesSparse) {
  std::string text = "word,n,label\n";
  for (int i = 0; i < 10000; ++i) text += fmt::format("w{},{},k{}\n", i % 5000, 1e9 + i % 77, i % 2);
  const Dataset data = read_text(text);
  ASSERT_TRUE(data.features.is_sparse());
  EXPECT_EQ(data.features.cols(), 5001);
  EXPECT_EQ(data.features.sparse()->entries(), 20000U);
  EXPECT_EQ(named(data, 9999, "word=w4999"), 1);
  EXPECT_EQ(named(data, 9999, "word=w0"), 0);
  EXPECT_EQ(named(data, 9999, "n"), 1e9 + 9999 % 77);
}

TEST(Table, KeepsLargeOffsetsExactly) {
  const Dataset data = read_text("a,label\n1000000001,x\n1000000002,y\n1000000004,x\n");
  EXPECT_EQ(original(data, 0, 0), 1000000001);  // as float32 it would be off by 63
  EXPECT_EQ(original(data, 2, 0), 1000000004);
}

TEST(Table, ParsesIntegersOfEveryWidthExactly) {
  const std::vector<std::string> cells = {
      "0", "7", "42", "007", "999", "1234567", "9999999", "12345678", "123456789012", "-5", "+3", "1e1", "3.", "0.25"};
  for (const char delimiter : {',', '\t', ';', ' '}) {
    for (const std::string line_end : {"\n", "\r\n"}) {
      std::string content;
      for (const std::string& cell : cells) content += cell + delimiter + " " + cell + " " + line_end;
      content.resize(content.size() - line_end.size());  // the last row has no end
      const TableText text{content.data(), content.data() + content.size(), {delimiter, '#'}, "t"};
      const ParsedTable parsed =
          parse_table(text, text.begin, TableReading::plain({CellMode::kNumber, CellMode::kNumber}), 1);
      ASSERT_EQ(parsed.rows(), static_cast<Index>(cells.size()));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        std::array<double, 2> found{};
        parsed.chunks[0].numbers.unpack(static_cast<Index>(i), found.data());
        EXPECT_EQ(found[0], std::stod(cells[i]));
        EXPECT_EQ(found[1], std::stod(cells[i]));
      }
    }
  }
}

TEST(Table, KnowsDates) {
  for (const char* cell : {"2024-02-29", "29.2.2024", "2/29/24", "2024/2/9", "2024-02-29T12:00:00Z", "29.02.2024 8:15"})
    EXPECT_TRUE(is_date(cell)) << cell;
  for (const char* cell :
       {"", "-", "3,14", "2024-02", "2024-02-29-1", "1-2-3", "1.2.34", "555-1234-99", "2024-02/29", "2024-02-29 noon"})
    EXPECT_FALSE(is_date(cell)) << cell;
}

TEST(Table, SaysWhatTextHasBecome) {
  std::string text = "id;size;day;color;label\n";
  for (int i = 0; i < 100; ++i) {
    text += fmt::format("n{};{};2024-01-{:02};{};{}\n", i, i % 7 < 6 ? "small" : "large", i % 28 + 1,
                        i % 3 ? "red" : "blue", i % 2);
  }
  const Dataset data = read_text(text);
  EXPECT_TRUE(has_notice(data, "column 'day' holds dates, such as '2024-01-01', 28 categories, a feature each"));
  EXPECT_TRUE(has_notice(data, "--ignore day"));
  EXPECT_TRUE(has_notice(data, "text became categories, a feature each, in 2 columns: 'size' (2), 'color' (2)"));
  EXPECT_TRUE(has_notice(data,
                         "column 'id' has 100 different strings in 100 rows: taken for an identifier and left out;"
                         " --categorical id keeps it"));
}

TEST(Table, GathersNotesAboutManyColumns) {
  std::string text;
  for (int j = 0; j < 12; ++j) text += fmt::format("k{},e{},", j, j);
  text += "label\n";
  for (int i = 0; i < 40; ++i) {
    for (int j = 0; j < 12; ++j) text += fmt::format("w{}x{},,", i, j);
    text += fmt::format("{}\n", i % 2);
  }
  ReadOptions options;
  options.categorical = {"k0"};
  options.min_category_rows = 1;
  const Dataset data = read_text(text, options);
  EXPECT_TRUE(
      has_notice(data, "11 columns are taken for identifiers and left out: 'k1' (40 different strings in 40 rows)"));
  EXPECT_TRUE(has_notice(data, "and 3 more; --categorical k1,k2,k3,k4,k5,k6,k7,k8,… keeps them"));
  EXPECT_TRUE(has_notice(data, "12 columns have no values and are left out: 'e0', 'e1'"));
  EXPECT_LE(data.notices.size(), 5U);
}

TEST(Table, TakesOneHotFeaturesByName) {
  const Dataset data = read_text("color,n,label\nred,1,x\nblue,2,y\nred,3,y\n");
  EXPECT_EQ(feature_names(data), (std::vector<std::string>{"color=blue", "color=red", "n"}));
  EXPECT_NEAR(named(data, 0, "color=red"), 1, 1e-6);
  EXPECT_NEAR(named(data, 0, "color=blue"), 0, 1e-6);
  EXPECT_NEAR(named(data, 1, "color=blue"), 1, 1e-6);
}

struct DialectCase {
  const char* name;
  const char* text;
};

class Dialects : public testing::TestWithParam<DialectCase> {};

TEST_P(Dialects, AllSayTheSame) {
  const Dataset data = read_text(GetParam().text, {}, "t.txt");
  ASSERT_EQ(data.rows(), 3);
  ASSERT_EQ(data.features.cols(), 2);
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{0, 1, 0}));
  for (Index i = 0; i < 3; ++i) EXPECT_NEAR(original(data, i, 1), 0.5 * static_cast<double>(i) - 1, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    All, Dialects,
    testing::Values(DialectCase{"comma", "1,-1,x\n2,-0.5,y\n4,0,x\n"},
                    DialectCase{"semicolon", "1;-1;x\n2;-0.5;y\n4;0;x\n"},
                    DialectCase{"tab", "1\t-1\tx\n2\t-0.5\ty\n4\t0\tx\n"},
                    DialectCase{"bar", "1|-1|x\n2|-0.5|y\n4|0|x\n"},
                    DialectCase{"blanks", "  1  -1 x\n2 -0.5\t  y  \n4 0 x\n"},
                    DialectCase{"comma_and_blanks", " 1 , -1, x\n2, -0.5 ,y\n4,\t0, x \n"},
                    DialectCase{"crlf", "1,-1,x\r\n2,-0.5,y\r\n4,0,x\r\n"},
                    DialectCase{"no_last_newline", "1,-1,x\n2,-0.5,y\n4,0,x"},
                    DialectCase{"crlf_no_last_newline", "1,-1,x\r\n2,-0.5,y\r\n4,0,x"},
                    DialectCase{"byte_order_mark",
                                "\xEF\xBB\xBF"
                                "1,-1,x\n2,-0.5,y\n4,0,x\n"},
                    DialectCase{"empty_lines", "\n1,-1,x\n\n  \n2,-0.5,y\n\r\n4,0,x\n\n\n"},
                    DialectCase{"comments", "# made by hand\n#2,3\n\n# in May\n1,-1,x\n2,-0.5,y\n4,0,x\n"},
                    DialectCase{"header", "one,two,three\n1,-1,x\n2,-0.5,y\n4,0,x\n"},
                    DialectCase{"quoted_header", "\"one\";\"two, 2\";\"class\"\n1;-1;x\n2;-0.5;y\n4;0;x\n"},
                    DialectCase{"quoted_cells", "\"1\",\"-1\",\"x\"\n\"2\",-0.5,y\n4, \"0\" ,x\n"},
                    DialectCase{"exponents", "1,-1e0,x\n2,-5E-1,y\n4,+0,x\n"}),
    [](const auto& chosen) { return chosen.param.name; });

TEST(Table, UndoesQuotes) {
  const Dataset data =
      read_text("name,n,label\n\"a, b\",1,x\n\"say \"\"hi\"\"\",2,y\n\"two\nlines\",3,x\n\"a, b\",4,y\n");
  ASSERT_EQ(data.rows(), 4);
  EXPECT_EQ(data.schema.columns[0].categories, (std::vector<std::string>{"a, b", "say \"hi\"", "two\nlines"}));
  EXPECT_NEAR(original(data, 3, 3), 4, 1e-6);
}

TEST(Table, LeavesAQuoteInsideOfACellAlone) {
  const Dataset data = read_text("size,n,label\n5\" pipe,1,x\n6\" pipe,2,y\n5\" pipe,3,y\n");
  EXPECT_EQ(data.schema.columns[0].categories, (std::vector<std::string>{"5\" pipe", "6\" pipe"}));
}

// "sep=;", as spreadsheets write it. A column of that name is no such line.
TEST(Table, ASeparatorLineNamesTheDelimiter) {
  const Dataset plain = read_text("a;b;label\n1,5;2;x\n2,5;1;y\n", {.delimiter = ';'});
  EXPECT_EQ(fingerprint(read_text("sep=;\na;b;label\n1,5;2;x\n2,5;1;y\n")), fingerprint(plain));
  EXPECT_EQ(fingerprint(read_text("sep=;\r\na;b;label\r\n1,5;2;x\r\n2,5;1;y\r\n")), fingerprint(plain));
  EXPECT_EQ(read_text("sep=|\na,b|label\n1|x\n2|y\n").schema.columns[0].name, "a,b");
  EXPECT_EQ(read_text("sep=;,label\n1,x\n2,y\n").schema.columns[0].name, "sep=;");
}

TEST(Table, FollowsTheOptionsOnDelimiterHeaderAndComment) {
  ReadOptions options;
  options.delimiter = ':';
  options.header = true;
  options.comment = '%';
  const Dataset data = read_text("% note\n1:2:3\n4:5:x\n5:6:#y\n", options);
  EXPECT_EQ(data.rows(), 2);
  EXPECT_EQ(feature_names(data), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"#y", "x"}));
}

TEST(Table, SeesNoHeaderInTextDataWhoseFirstRowComesAgain) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += i % 3 == 0 ? "p,x,y\n" : i % 3 == 1 ? "e,b,n\n" : "p,b,y\n";
  const Dataset data = read_text(text);
  EXPECT_FALSE(data.schema.has_header);
  EXPECT_EQ(data.rows(), 30);
}

TEST(Table, SeesAHeaderInTextData) {
  std::string text = "edible,shape,odor\n";
  for (int i = 0; i < 30; ++i) text += i % 3 == 0 ? "p,x,y\n" : i % 3 == 1 ? "e,b,n\n" : "p,b,y\n";
  const Dataset data = read_text(text);
  EXPECT_TRUE(data.schema.has_header);
  EXPECT_EQ(data.rows(), 30);
}

TEST(Table, ChoosesTheLabelByNameThenTheLast) {
  EXPECT_EQ(read_text("Class,a\nx,1\ny,2\n").schema.label_position, 0);
  EXPECT_EQ(read_text("y,target,a\n1,u,5\n2,v,6\n").schema.label_position, 1);  // target goes before y
  const Dataset last = read_text("a,b,c\n1,2,u\n3,4,v\n");
  EXPECT_EQ(last.schema.label_position, 2);
  EXPECT_TRUE(has_notice(last, "the label is column 'c' (the last)"));
}

TEST(Table, TakesTheLabelByNameOrIndex) {
  ReadOptions options;
  for (const char* label : {"b", "1", "-2"}) {
    options.label = label;
    const Dataset data = read_text("a,b,c\n1,u,3\n2,v,5\n", options);
    EXPECT_EQ(data.schema.label_position, 1) << label;
    EXPECT_EQ(feature_names(data), (std::vector<std::string>{"a", "c"}));
    EXPECT_FALSE(has_notice(data, "the label is"));
  }
}

TEST(Table, LeavesIgnoredColumnsOut) {
  ReadOptions options;
  options.ignore = {"id", "-2"};
  const Dataset data = read_text("id,a,b,c,label\nq,1,2,zz,x\nw,3,5,,y\n", options);
  EXPECT_EQ(feature_names(data), (std::vector<std::string>{"a", "b"}));  // the text and the gap do no harm
}

TEST(Table, SortsIntegerLabelsByValueAndKeepsGaps) {
  const Dataset data = read_text("1,10\n2,9\n3,-1\n4,9.0\n5,+10\n");
  EXPECT_EQ(data.schema.classes, (std::vector<std::string>{"-1", "9", "10"}));
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{2, 1, 0, 1, 2}));
}

TEST(Table, SortsOtherLabelsAlphabetically) {
  EXPECT_EQ(read_text("1,b10\n2,b9\n3,a\n").schema.classes, (std::vector<std::string>{"a", "b10", "b9"}));
}

TEST(Table, StripsDotsFromLabelsWhereAsked) {
  ReadOptions options;
  options.strip_label_dot = true;
  EXPECT_EQ(read_text("1,<=50K.\n2,>50K.\n3,<=50K\n", options).schema.classes,
            (std::vector<std::string>{"<=50K", ">50K"}));
  EXPECT_EQ(read_text("1,<=50K.\n2,>50K.\n").schema.classes, (std::vector<std::string>{"<=50K.", ">50K."}));
}

TEST(Table, LeavesIdentifiersOut) {
  std::string text = "name,a,label\n";
  for (int i = 0; i < 40; ++i)
    text += "person" + std::to_string(i) + "," + std::to_string(i % 7) + (i % 2 ? ",x\n" : ",y\n");
  const Dataset data = read_text(text);
  EXPECT_EQ(feature_names(data), std::vector<std::string>{"a"});
  EXPECT_TRUE(has_notice(data, "column 'name' has 40 different strings in 40 rows: taken for an identifier"));
}

TEST(Table, KeepsConstantFeaturesAndSaysSo) {
  const Dataset data = read_text("a,b,label\n0.1,1,x\n0.1,2,y\n0.1,3,x\n");
  for (Index i = 0; i < 3; ++i) EXPECT_EQ(original(data, i, 0), 0.1);
  EXPECT_TRUE(has_notice(data, "1 feature is constant: 'a'"));
}

TEST(Table, DropsAColumnWithoutAnyValue) {
  const Dataset data = read_text("1,2,,x\n3,4,,y\n5,7,,x\n");  // a file whose rows end like this is common
  EXPECT_EQ(data.features.cols(), 2);
  EXPECT_TRUE(has_notice(data, "column 2 (from 0) has no values and is left out"));
}

TEST(Table, DecidesOnKindsByTheWholeFile) {
  std::string numbers, text;
  for (int i = 0; i < 3000; ++i) {
    numbers += std::to_string(i % 13) + ",c" + std::to_string(i % 2) + "\n";
    text += (i < 2000 ? "7" : "seven") + std::string(",c") + std::to_string(i % 2) + "\n";
  }
  EXPECT_EQ(read_text(numbers).schema.columns[0].kind, ColumnKind::kNumeric);
  const Dataset mixed = read_text(text);  // numbers alone in the first 1,000 rows
  EXPECT_EQ(mixed.schema.columns[0].kind, ColumnKind::kCategorical);
  EXPECT_EQ(mixed.schema.columns[0].categories, (std::vector<std::string>{"7", "seven"}));
}

TEST(Table, IsTheSameForAnyThreads) {
  std::string text = "a,color,b,label\n";
  for (int i = 0; i < 60000; ++i) {  // several chunks
    text += std::to_string(0.001 * (i * 7919 % 10007)) + ",col" + std::to_string(i * 31 % 17) + "," +
            std::to_string(i % 1000) + ",k" + std::to_string(i % 5) + "\n";
  }
  ReadOptions one, four;
  one.threads = 1;
  four.threads = 4;
  const Dataset a = read_text(text, one), b = read_text(text, four);
  ASSERT_EQ(a.rows(), 60000);
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_NEAR(named(a, 59999, "b"), 999, 1e-4);
  EXPECT_NEAR(named(a, 59999, "color=col" + std::to_string(59999 * 31 % 17)), 1, 1e-6);
}

TEST(Table, SplitsQuotedLineBreaksRightAcrossChunks) {
  std::string text = "note,n,label\n";
  for (int i = 0; i < 40000; ++i) {
    text += "\"line one\nline \"\"two\"\", more\"," + std::to_string(i % 9) + (i % 2 ? ",x\n" : ",y\n");
  }
  const Dataset data = read_text(text);
  ASSERT_EQ(data.rows(), 40000);
  EXPECT_NEAR(named(data, 39999, "n"), 39999 % 9, 1e-5);
}

TEST(Table, ReadsGzip) {
  const TempDir dir;
  const Dataset data = read_dataset(dir.write("t.csv.gz", gzip(kPlain)));
  EXPECT_EQ(data.rows(), 3);
  EXPECT_EQ(fingerprint(data), fingerprint(read_text(kPlain)));
  const Dataset undeclared = read_dataset(dir.write("u.csv", gzip(kPlain)));  // by content
  EXPECT_EQ(undeclared.rows(), 3);
}

}  // namespace
}  // namespace poise
