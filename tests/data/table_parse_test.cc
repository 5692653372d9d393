#include "data/table/parse.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "helpers.h"

namespace poise {
namespace {

/// Numbers as text, and tables of them whose every cell is compared with strtod.
class RandomTable {
 public:
  RandomTable(std::uint64_t seed, char delimiter) : random_(seed), delimiter_(delimiter) {}

  /// Rows of `columns` numbers; `text_at` (−1: nowhere) is a column of text. `plain`: no forms but short digits.
  void check(std::size_t rows, std::size_t columns, int text_at, bool plain) {
    std::string text;
    want_.clear();
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        if (j > 0) text += delimiter_;
        text += static_cast<int>(j) == text_at ? std::string("a b").substr(0, below(4)) : cell(plain);
      }
      if (i + 1 < rows || below(2) == 0) text += below(2) == 0 ? "\n" : "\r\n";
    }
    // Exactly as large as the text, so that the sanitizers see a byte read too far.
    const Bytes bytes = copy_bytes(text);
    const TableText table{bytes.data, bytes.data + bytes.size, {delimiter_, '#'}, "t.csv"};
    std::vector<CellMode> modes(columns, CellMode::kNumber);
    if (text_at >= 0) modes[static_cast<std::size_t>(text_at)] = CellMode::kText;
    compare(parse_table(table, table.begin, TableReading::plain(modes), 2), rows);
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  std::string digits(std::size_t count) {
    std::string text;
    for (; count > 0; --count) text += static_cast<char>('0' + (below(3) == 0 ? 0 : below(10)));
    return text;
  }

  std::string number(bool plain) {
    if (plain) return digits(1 + below(3));
    char buffer[64];
    switch (below(8)) {
      case 0:
        return digits(1 + below(5));
      case 1:
        return digits(below(6)) + "." + digits(1 + below(8));
      case 2:
        return digits(1 + below(25)) + ".";
      case 3:
        return digits(1 + below(20)) + "." + digits(below(50));
      case 4:
        return digits(1 + below(3)) + "." + digits(below(4)) + (below(2) == 0 ? "e-" : "E") + digits(1 + below(2));
      case 5:  // any double: subnormal ones too
        do std::snprintf(buffer, sizeof buffer, "%.17g", std::abs(std::bit_cast<double>(random_())));
        while (!std::isfinite(std::strtod(buffer, nullptr)));
        return buffer;
      case 6:  // every second one is halfway between two doubles, or a little more
        return std::to_string((std::uint64_t{1} << 53) + below(2000)) + (below(2) == 0 ? "" : ".0000000001");
      default:
        std::snprintf(buffer, sizeof buffer, "%.6g", std::ldexp(static_cast<double>(random_() >> 11), -53));
        return buffer;
    }
  }

  std::string cell(bool plain) {
    std::string text = number(plain);
    if (!plain && below(3) == 0) text.insert(text.begin(), '-');
    want_.push_back(std::strtod(text.c_str(), nullptr));
    if (plain) return text;
    if (below(20) == 0 && text[0] != '-') text.insert(text.begin(), '+');
    if (below(40) == 0) {
      text.insert(text.begin(), '"');
      text += '"';
    }
    if (below(20) == 0) text.insert(text.begin(), 1 + below(3), ' ');
    if (below(20) == 0) text.append(1 + below(70), ' ');
    if (below(40) == 0) {
      text = below(2) == 0 ? "NA" : "";
      want_.back() = std::nan("");
    }
    return text;
  }

  void compare(const ParsedTable& parsed, std::size_t rows) const {
    ASSERT_EQ(parsed.rows(), static_cast<Index>(rows));
    std::vector<double> row(static_cast<std::size_t>(parsed.number_columns()));
    std::size_t k = 0;
    for (const TableChunk& chunk : parsed.chunks) {
      for (Index i = 0; i < chunk.rows; ++i) {
        chunk.numbers.unpack(i, row.data());
        for (const double x : row) {
          const double want = want_[k++];
          ASSERT_TRUE(x == want || (std::isnan(x) && std::isnan(want))) << x << " for " << want << ", number " << k;
        }
      }
    }
    EXPECT_EQ(k, want_.size());
  }

  std::mt19937_64 random_;
  char delimiter_;
  std::vector<double> want_;
};

TEST(TableParse, ReadsEveryFormOfNumberAsStrtodDoes) {
  for (const char delimiter : {',', ';', '\t'}) {
    RandomTable table(static_cast<std::uint64_t>(delimiter), delimiter);
    for (std::size_t k = 0; k < 200; ++k) {
      const std::size_t columns = 2 + k % 40;
      table.check(1 + k % 60, columns, static_cast<int>(k % (columns + 1)) - 1, k % 4 == 0);
    }
  }
}

TEST(TableParse, ReadsManyChunksAsStrtodDoes) {
  RandomTable table(7, ',');
  table.check(20000, 33, 32, true);
  table.check(3000, 33, 0, false);
}

TEST(TableParse, WidensWhereAnIntegerIsLate) {  // 16 bits hold all rows of the chunk before
  for (const char* late : {"32768", "-32769", "0.5", "0.1", "1e300", "99999", "12345678"}) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "1,22,x\n";
    text += std::string("-32768,") + late + ",y\n";
    const Bytes bytes = copy_bytes(text);
    const TableText table{bytes.data, bytes.data + bytes.size, {}, "t.csv"};
    const ParsedTable parsed = parse_table(
        table, table.begin, TableReading::plain({CellMode::kNumber, CellMode::kNumber, CellMode::kText}), 1);
    double row[2];
    parsed.chunks[0].numbers.unpack(0, row);
    EXPECT_EQ(row[1], 22);
    parsed.chunks[0].numbers.unpack(3000, row);
    EXPECT_EQ(row[0], -32768);
    EXPECT_EQ(row[1], std::strtod(late, nullptr));
  }
}

TEST(TableParse, SeesAQuoteWhereverItIs) {  // rows 65536 and 131073 are where chunks begin
  for (const std::size_t place : {0, 65535, 65536, 65537, 131072, 131073, 199999}) {
    std::string text = "n,label\n";
    for (std::size_t i = 0; i < 200000; ++i) text += i == place ? "1,\"x\ny\"\n" : "2,x\n";
    EXPECT_EQ(read_text(text).rows(), 200000) << place;
  }
}

}  // namespace
}  // namespace poise
