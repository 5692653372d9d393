// Numbers as people write them: what a cell says, and how a column is understood.
#include "data/bytes/written_number.h"

#include <fmt/core.h>

#include "helpers.h"

namespace poise {
namespace {

const NumberForm kPoint{'.', true, "", ""}, kComma{',', true, "", ""};

struct WrittenCase {
  const char* cell;
  NumberForm form;
  double value;
};

TEST(WrittenNumber, IsWhatItSays) {
  for (const WrittenCase& c : std::vector<WrittenCase>{{"45.3%", {'.', false, "", "%"}, 45.3},
                                                       {"45.3 %", {'.', false, "", "%"}, 45.3},
                                                       {"45.3", {'.', false, "", "%"}, 45.3},
                                                       {"€40.28", {'.', false, "€", ""}, 40.28},
                                                       {"€ 40.28", {'.', false, "€", ""}, 40.28},
                                                       {"40,28 €", {',', false, "", "€"}, 40.28},
                                                       {"$1,234.50", {'.', true, "$", ""}, 1234.5},
                                                       {"-$1,234.50", {'.', true, "$", ""}, -1234.5},
                                                       {"$-1,234.50", {'.', true, "$", ""}, -1234.5},
                                                       {"CHF 1'234.50", {'.', true, "CHF", ""}, 1234.5},
                                                       {"41 kg", {'.', false, "", "kg"}, 41},
                                                       {"41kg", {'.', false, "", "kg"}, 41},
                                                       {"36 months", {'.', false, "", "months"}, 36},
                                                       {"12.5 km/h", {'.', false, "", "km/h"}, 12.5},
                                                       {"30m²", {'.', false, "", "m²"}, 30},
                                                       {"30 m2", {'.', false, "", "m2"}, 30},
                                                       {"-3.5°C", {'.', false, "", "°C"}, -3.5},
                                                       {"\xE2\x88\x92"
                                                        "3.5",
                                                        kPoint, -3.5},
                                                       {"1,234,567", kPoint, 1234567},
                                                       {"12,34,567", kPoint, 1234567},
                                                       {"1 234 567.5", kPoint, 1234567.5},
                                                       {"1\xC2\xA0"
                                                        "234",
                                                        kPoint, 1234},
                                                       {"1\xE2\x80\xAF"
                                                        "234,5",
                                                        kComma, 1234.5},
                                                       {"3,14", kComma, 3.14},
                                                       {"-0,5", kComma, -0.5},
                                                       {",5", kComma, 0.5},
                                                       {"1.234,56", kComma, 1234.56},
                                                       {"12.345.678,9", kComma, 12345678.9},
                                                       {"1.234", kComma, 1234},
                                                       {"1,5e-3", kComma, 0.0015},
                                                       {"7", kComma, 7},
                                                       {"1e3", kPoint, 1000},
                                                       {"0.1", kPoint, 0.1}}) {
    double value = 0;
    EXPECT_EQ(parse_written(c.cell, c.form, value), NumberStatus::kNumber) << c.cell;
    EXPECT_EQ(value, c.value) << c.cell;
  }
}

TEST(WrittenNumber, IsTextWhereItMakesNoSense) {
  double value = 0;
  for (const char* cell :
       {"1,23", "1,2345", "1,,234", "1,234,56",   "12,34", "0,125", "1,234 567", "1.2.3", ",",         "$",
        "kg",   "1,234%", "$5",     "2024-01-05", "10-20", "10+",   "1 2",       "12:30", "1,234.5.6", "1'23"})
    EXPECT_EQ(parse_written(cell, kPoint, value), NumberStatus::kText) << cell;
  for (const char* cell : {"3.14", "1.23,4", "1,2,3", "1.2345", "3,1 kg"})
    EXPECT_EQ(parse_written(cell, kComma, value), NumberStatus::kText) << cell;
  EXPECT_EQ(parse_written("1,234", {'.', false, "$", ""}, value), NumberStatus::kText);  // not of this column
  EXPECT_EQ(parse_written("90 lb", {'.', false, "", "kg"}, value), NumberStatus::kText);
  EXPECT_EQ(parse_written("500", {'.', false, "", "k"}, value), NumberStatus::kText);  // 500 or 500 k?
}

/// A table whose column x has these cells, in turn, and a second column of plain numbers.
std::string table(const std::vector<std::string>& cells, char delimiter = ';', int rows = 60) {
  std::string text = fmt::format("x{0}plain{0}label\n", delimiter);
  for (int i = 0; i < rows; ++i) {
    text +=
        fmt::format("{1}{0}{2}{0}{3}\n", delimiter, cells[static_cast<std::size_t>(i) % cells.size()], i % 11, i % 2);
  }
  return text;
}

void expect_column(const Dataset& data, const std::vector<double>& values, const NumberForm& form) {
  ASSERT_EQ(data.schema.columns.at(0).kind, ColumnKind::kNumeric);
  EXPECT_EQ(data.schema.columns[0].form, form);
  for (Index i = 0; i < data.rows(); ++i) {
    const double expected = values[static_cast<std::size_t>(i) % values.size()];
    ASSERT_NEAR(original(data, i, 0), expected, 1e-4) << i;
  }
}

TEST(WrittenColumn, IsReadAsNumbersWithANote) {
  const Dataset money = read_text(table({"$1,234.50", "$7", "$12.25"}));
  expect_column(money, {1234.5, 7, 12.25}, {'.', true, "$", ""});
  EXPECT_TRUE(
      has_notice(money, "column 'x' holds numbers as people write them: '$1,234.50' is 1234.5; --categorical x"));
  expect_column(read_text(table({"45.3%", "7%", "0"})), {45.3, 7, 0}, {'.', false, "", "%"});
  expect_column(read_text(table({"41 kg", "40.5 kg", "NA"})), {41, 40.5, 40.75}, {'.', false, "", "kg"});
  expect_column(read_text(table({"\"1,200\"", "\"2,300\"", "900"}, ',')), {1200, 2300, 900}, kPoint);
  expect_column(read_text(table({"10k", "2.5k"})), {10, 2.5}, {'.', false, "", "k"});
  EXPECT_FALSE(has_notice(read_text(table({"1", "2.5"})), "as people write them"));
}

TEST(WrittenColumn, HasDecimalCommasWhereItShowsThem) {
  expect_column(read_text(table({"3,14", "2", "-1,5"})), {3.14, 2, -1.5}, {',', false, "", ""});
  expect_column(read_text(table({"1.234,5", "1.000", "7,25"})), {1234.5, 1000, 7.25}, kComma);
  // Three digits behind every comma: thousands, unless the file says otherwise.
  expect_column(read_text(table({"1,200", "2,300"})), {1200, 2300}, kPoint);
  ReadOptions comma;
  comma.decimal = ',';
  expect_column(read_text(table({"1,200", "2,300"}), comma), {1.2, 2.3}, {',', false, "", ""});
  expect_column(read_text(table({"1.200", "2.300"}), comma), {1200, 2300}, kComma);
  expect_column(read_text(table({"1.200", "2.300"})), {1.2, 2.3}, {});
  expect_column(read_text(table({"0.125", "2.5"}), comma), {0.125, 2.5}, {});  // no comma makes sense of these
  ReadOptions point;
  point.decimal = '.';
  EXPECT_EQ(read_text(table({"3,14", "2,5"}), point).schema.columns[0].kind, ColumnKind::kCategorical);
}

TEST(WrittenColumn, TellsHowTheOthersAreToBeRead) {
  std::string text = "people;rate;share;label\n";
  for (int i = 0; i < 3000; ++i) {  // the first rows show neither points nor commas in the first two columns
    const bool late = i > 2000;
    text += fmt::format("{};{};{},5;{}\n", late ? "1.234" : "12", late ? "1,250" : "7", i % 7, i % 2);
  }
  const Dataset data = read_text(text);
  ASSERT_EQ(data.features.cols(), 3);
  EXPECT_NEAR(named(data, 2999, "people"), 1234, 1e-3);
  EXPECT_NEAR(named(data, 2999, "rate"), 1.25, 1e-6);
  EXPECT_NEAR(named(data, 2999, "share"), 2999 % 7 + 0.5, 1e-6);
}

TEST(WrittenColumn, StaysTextWhereNumbersAreNotAlike) {
  EXPECT_EQ(read_text(table({"41 kg", "90 lb"})).schema.columns[0].kind, ColumnKind::kCategorical);
  EXPECT_EQ(read_text(table({"Q1", "Q2", "Q3"})).schema.columns[0].kind, ColumnKind::kCategorical);
  EXPECT_EQ(read_text(table({"12A", "12B", "3"})).schema.columns[0].kind, ColumnKind::kCategorical);
  EXPECT_EQ(read_text(table({"10k", "500"})).schema.columns[0].kind, ColumnKind::kCategorical);
  EXPECT_EQ(read_text(table({"18-24", "25-34"})).schema.columns[0].kind, ColumnKind::kCategorical);
}

TEST(WrittenColumn, NamesTheOddCell) {
  std::string text = table({"$1", "$2,000"}, ';', 100);
  text += "free;1;0\n";
  expect_text_error(text, ErrorKind::kData, "column 'x' holds 'free'; expected a number", 102, 1);
  expect_text_error(text, ErrorKind::kData, "--categorical x", 102, 1);
}

TEST(WrittenColumn, OptionsForceItsKind) {
  ReadOptions options;
  options.categorical = {"x"};
  const Dataset codes = read_text(table({"007", "7", "12"}), options);
  EXPECT_EQ(codes.schema.columns[0].categories, (std::vector<std::string>{"007", "12", "7"}));
  EXPECT_EQ(codes.schema.columns[1].kind, ColumnKind::kNumeric);
  EXPECT_TRUE(has_notice(read_text(table({"007", "8", "12"})),
                         "zeros before them, such as '007': if they are codes, --categorical x"));
  options = {};
  options.numeric = {"0"};
  expect_text_error(table({"low", "3"}), ErrorKind::kData, "column 'x' holds 'low'; expected a number", 2, 1, options);
  options.categorical = {"x"};
  expect_text_error(table({"1"}), ErrorKind::kUsage, "--numeric and --categorical are both column 'x'", -1, -1,
                    options);
  options = {};
  options.numeric = {"label"};
  expect_text_error(table({"1"}), ErrorKind::kUsage, "--numeric and the label are both", -1, -1, options);
  options.numeric = {"nothing"};
  expect_text_error(table({"1"}), ErrorKind::kUsage, "--numeric names the column 'nothing'", -1, -1, options);
}

TEST(WrittenColumn, IsReadByAModelAsInTraining) {
  const Dataset train = read_text(table({"$1,234.50", "$7", "$12.25"}));
  EXPECT_EQ(fingerprint(read_text(table({"$1,234.50", "$7", "$12.25"}), {}, train.schema)), fingerprint(train));
  const Dataset other = read_text("plain;x\n1;$2,000\n2;-3.5\n", {}, train.schema);
  EXPECT_NEAR(named(other, 0, "x"), 2000, 1e-3);
  EXPECT_NEAR(named(other, 1, "x"), -3.5, 1e-6);
  expect_error([&] { read_text("plain;x\n1;€2\n", {}, train.schema); }, ErrorKind::kData, "column 'x' holds '€2'", 2,
               2);
  const Schema plain = read_text(table({"1.5", "2"})).schema;
  expect_error([&] { read_text("plain;x\n1;3,14\n", {}, plain); }, ErrorKind::kData, "--decimal ,", 2, 2);
  ReadOptions comma;
  comma.decimal = ',';
  EXPECT_NEAR(named(read_text("plain;x\n1;3,14\n", comma, plain), 0, "x"), 3.14, 1e-6);
}

TEST(WrittenColumn, MayBeTheWeights) {
  ReadOptions options;
  options.sample_weight = "w";
  const Dataset data = read_text("x;w;label\n1,5;0,5;a\n2;1;b\n3;1,5;a\n", options);
  EXPECT_EQ(data.sample_weight, (Vector(3) << 0.5, 1, 1.5).finished());
}

}  // namespace
}  // namespace poise
