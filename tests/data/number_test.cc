#include "data/number.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "data/packed_rows.h"

namespace poise {
namespace {

double parse(const std::string& text) {
  double value = -12345;
  EXPECT_EQ(parse_number(text, value), NumberStatus::kNumber) << text;
  return value;
}

TEST(ParseNumber, AgreesWithStrtodBitForBit) {
  std::mt19937_64 random(1);
  for (int k = 0; k < 200000; ++k) {
    char text[64];
    const double x = std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 120) - 100);
    const char* const formats[] = {"%.3f", "%.6g", "%.9g", "%.17g", "%.15e", "%.2e", "-%.12f"};
    std::snprintf(text, sizeof text, formats[random() % 7], x);
    ASSERT_EQ(parse(text), std::strtod(text, nullptr)) << text;
  }
}

TEST(ParseNumber, TakesEveryUsualForm) {
  EXPECT_EQ(parse("7"), 7);
  EXPECT_EQ(parse("+7"), 7);
  EXPECT_EQ(parse("-.5"), -0.5);
  EXPECT_EQ(parse("3."), 3);
  EXPECT_EQ(parse("1e3"), 1000);
  EXPECT_EQ(parse("1E+3"), 1000);
  EXPECT_EQ(parse("2.5e-3"), 0.0025);
  EXPECT_EQ(parse("9007199254740993"), 9007199254740992.0);  // 2^53 + 1 rounds to even
  EXPECT_EQ(parse("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(parse("0.1"), 0.1);
  EXPECT_EQ(parse("1e-400"), 0);  // too small is nothing
}

TEST(ParseNumber, TellsMissingInfiniteAndText) {
  double value = 0;
  for (const char* text : {"", "?", "NA", "N/A", "NaN", "nan", "-nan"}) {
    EXPECT_EQ(parse_number(text, value), NumberStatus::kMissing) << text;
  }
  for (const char* text : {"inf", "-inf", "Infinity", "INF", "1e999", "-1e999"}) {
    EXPECT_EQ(parse_number(text, value), NumberStatus::kInfinite) << text;
  }
  for (const char* text :
       {"12a", "abc", "1,5", "--1", "+-1", "+", "-", ".", "e5", "1e", "1 2", "0x1F", "nan(3)", "1_000"}) {
    EXPECT_EQ(parse_number(text, value), NumberStatus::kText) << text;
  }
}

TEST(NumberText, ReadsBack) {
  for (const double x : {0.1, 1.0, -3.25e-7, 1e300, 123456.789}) EXPECT_EQ(parse(number_text(x)), x);
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(3), "3");
}

TEST(PackedRows, KeepsEveryValueInWhateverType) {
  const double nan = std::nan("");
  const std::vector<std::vector<double>> cases = {
      {1, 2, -32768, 32767}, {1, 32768, 0.5, nan}, {0.1, 1e300, nan, -7}, {1, 2, 1e39, 4}};
  for (const auto& values : cases) {
    const PackedRows rows(values, 2);
    for (Index i = 0; i < 2; ++i) {
      double x[2];
      rows.unpack(i, x);
      for (int j = 0; j < 2; ++j) {
        const double want = values[static_cast<std::size_t>(2 * i + j)];
        EXPECT_TRUE(x[j] == want || (x[j] != x[j] && want != want)) << want;
      }
    }
  }
}

}  // namespace
}  // namespace poise
