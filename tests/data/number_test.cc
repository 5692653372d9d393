#include "data/bytes/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <random>
#include <string>

#include "data/array/packed_rows.h"

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
  for (const char* text : {"", "NaN", "nan", "NAN", "-nan", "-NaN"}) {
    EXPECT_EQ(parse_number(text, value), NumberStatus::kMissing) << text;
  }
  for (const char* text : {"inf", "-inf", "Infinity", "INF", "1e999", "-1e999"}) {
    EXPECT_EQ(parse_number(text, value), NumberStatus::kInfinite) << text;
  }
  for (const char* text :
       {"12a", "abc", "?", "NA", "1,5", "--1", "+-1", "+", "-", ".", "e5", "1e", "1 2", "0x1F", "nan(3)", "1_000"}) {
    EXPECT_EQ(parse_number(text, value), NumberStatus::kText) << text;
  }
}

TEST(ParseDigits, ReadsOneToFourOfThemWhateverFollows) {
  std::mt19937_64 random(2);
  for (int k = 0; k < 200000; ++k) {
    char text[7] = "";
    const std::size_t digits = random() % 7;
    for (std::size_t i = 0; i < 6; ++i) text[i] = static_cast<char>(i < digits ? '0' + random() % 10 : random() % 256);
    const bool fits = digits >= 1 && digits <= 4;
    double value = -1;
    ASSERT_EQ(parse_digits(text, digits, value), fits) << text;
    ASSERT_EQ(value, fits ? std::stod(std::string(text, digits)) : -1) << text;
    if (digits == 0) continue;
    char& bad = text[random() % digits];
    bad = static_cast<char>(random() % 256);
    if (bad < '0' || bad > '9') {
      ASSERT_FALSE(parse_digits(text, digits, value)) << text;
    }
  }
}

/// What parse_plain makes of a cell that has other bytes, digits and points among them, on both sides.
bool plain(const std::string& cell, std::mt19937_64& random, double& value) {
  std::string text(static_cast<std::size_t>(kBeforePlain), ' ');
  for (char& c : text) c = random() % 4 == 0 ? '.' : static_cast<char>('0' + random() % 10);
  text += cell + "9.9";
  const char* const begin = text.data() + kBeforePlain;
  const std::size_t point = cell.find('.');
  const char* const end = begin + cell.size();
  return parse_plain(begin, end, point == std::string::npos ? end : begin + point, value);
}

TEST(ParsePlain, AgreesWithStrtodOnEveryShape) {
  std::mt19937_64 random(4);
  for (int k = 0; k < 400000; ++k) {
    const std::size_t digits = random() % 18;
    std::string cell;
    for (std::size_t i = 0; i < digits; ++i) cell += static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    if (random() % 4 != 0) cell.insert(random() % (digits + 1), 1, '.');
    if (random() % 2 == 0) cell.insert(0, 1, '-');
    double value = -12345;
    const bool fits = digits >= 1 && digits <= 15;
    ASSERT_EQ(plain(cell, random, value), fits) << cell;
    const double want = fits ? std::strtod(cell.c_str(), nullptr) : -12345;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(want)) << cell;
  }
}

TEST(ParsePlain, LeavesEverythingElse) {
  std::mt19937_64 random(5);
  double value = 0;
  for (const char* cell : {"",
                           "-",
                           ".",
                           "-.",
                           "--1",
                           "1-",
                           "+1",
                           "1.2.3",
                           "1..2",
                           ".-1",
                           "1e3",
                           "1 ",
                           " 1",
                           "\"1\"",
                           "1\n2",
                           "1\r",
                           "12a",
                           "0x1",
                           "nan",
                           "inf",
                           "?",
                           "1,2",
                           "1_0",
                           "1234567.12345678x",
                           "x2345678.12345678"}) {
    EXPECT_FALSE(plain(cell, random, value)) << cell;
  }
  for (int k = 0; k < 200000; ++k) {  // one byte of a number is something else
    std::string cell;
    for (std::size_t i = 1 + random() % 15; i > 0; --i) cell += static_cast<char>('0' + random() % 10);
    cell.insert(random() % (cell.size() + 1), 1, '.');
    char& bad = cell[random() % cell.size()];
    const char old = bad;
    bad = static_cast<char>(random() % 256);
    const bool digit = bad >= '0' && bad <= '9', minus = &bad == cell.data() && bad == '-';
    if (digit || minus || bad == '.' || old == '.') continue;
    ASSERT_FALSE(plain(cell, random, value)) << cell;
  }
}

TEST(BytesEqual, FindsEveryOneAndNoOther) {
  std::mt19937_64 random(3);
  for (int k = 0; k < 20000; ++k) {
    char text[64];
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? ',' + random() % 3 - 1 : random() % 256);
    for (const std::uint64_t found : {bytes_equal(text, ','), bytes_equal_by_words(text, ',')}) {
      for (int i = 0; i < 64; ++i) ASSERT_EQ(found >> i & 1, text[i] == ',' ? 1U : 0U) << i;
    }
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
