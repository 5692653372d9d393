// Rows as they are loaded, against the numbers one by one, for every type, map, length and misalignment.
#include "rows/load.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/random.h"
#include "every_target.h"
#include "rows/number_type.h"
#include "rows/storage.h"

namespace poise {
namespace {

constexpr NumberType kTypes[] = {NumberType::kUint8, NumberType::kInt16, NumberType::kInt32, NumberType::kFloat32,
                                 NumberType::kFloat64};

/// Any number that the type holds; extremes among the first.
double sample(NumberType type, std::uint64_t k) {
  const std::uint64_t bits = random_bits(1, k);
  switch (type) {
    case NumberType::kUint8:
      return static_cast<double>(k < 2 ? 255 * k : bits % 256);
    case NumberType::kInt16:
      return k < 2 ? 65535.0 * static_cast<double>(k) - 32768 : static_cast<double>(bits % 65536) - 32768;
    case NumberType::kInt32:
      return k < 2 ? 4294967295.0 * static_cast<double>(k) - 2147483648.0
                   : static_cast<double>(bits % 4294967296) - 2147483648.0;
    case NumberType::kFloat32:
      return static_cast<double>(static_cast<float>(1e6 * (random_uniform(2, k) - 0.5)));
    default:
      return 1e9 * (random_uniform(3, k) - 0.5);
  }
}

/// Records of runs of these types, as many columns each, and the numbers in them.
struct Sample {
  Features features;
  std::vector<double> numbers;
};

Sample records(const std::vector<NumberType>& types, Index columns_each, Index rows, std::size_t shift) {
  DenseRows records;
  Index columns = 0;
  for (const NumberType type : types) {
    records.runs.push_back({type, columns, columns_each, records.stride});
    records.stride += columns_each * static_cast<Index>(size_of(type));
    columns += columns_each;
  }
  auto storage = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(rows * records.stride) + shift);
  std::byte* place = storage->data() + shift;
  records.data = place;
  Sample made;
  for (Index i = 0; i < rows; ++i) {
    for (const ColumnRun& run : records.runs) {
      for (Index j = 0; j < run.count; ++j) {
        const double value = sample(run.type, made.numbers.size());
        made.numbers.push_back(value);
        with_plain_type(run.type, [&](auto number) {
          number = static_cast<decltype(number)>(value);
          std::memcpy(place, &number, sizeof(number));
          place += sizeof(number);
        });
      }
    }
  }
  made.features = Features::from_records(storage, records, rows);
  return made;
}

ColumnMap some_map(Index columns) {
  ColumnMap map;
  for (Index j = 0; j < columns; ++j) {
    map.center.push_back(100 * (random_uniform(5, static_cast<std::uint64_t>(j)) - 0.5));
    map.gain.push_back(std::exp2(static_cast<double>(j % 9) - 4));
  }
  return map;
}

template <typename Real>
void expect_loaded(const Sample& made, const ColumnMap& map) {
  const Index d = made.features.cols(), n = made.features.rows(), ld = d + 3;
  std::vector<Real> to(static_cast<std::size_t>(n * ld), Real{-7});
  load_rows(made.features, map, Index{1}, n - 1, to.data(), ld);
  for (Index i = 1; i < n; ++i) {
    for (Index j = 0; j < d; ++j) {
      const auto k = static_cast<std::size_t>(j);
      const double value = made.numbers[static_cast<std::size_t>(i * d + j)];
      const double expected = map.identity() ? value : (value - map.center[k]) * map.gain[k];
      ASSERT_EQ(to[static_cast<std::size_t>((i - 1) * ld + j)], static_cast<Real>(expected)) << i << ", " << j;
      ASSERT_EQ(made.features.value(i, j), value);
    }
    for (Index j = d; j < ld; ++j) ASSERT_EQ(to[static_cast<std::size_t>((i - 1) * ld + j)], Real{-7});
  }
}

TEST(LoadRows, EveryTypeMapLengthAndMisalignment) {
  on_every_target([] {
    for (const NumberType type : kTypes) {
      for (const Index columns : {1, 2, 3, 7, 8, 15, 16, 17, 33}) {
        for (const std::size_t shift : {0U, 1U, 4U}) {
          const Sample made = records({type}, columns, 4, shift);
          for (const ColumnMap& map : {ColumnMap{}, some_map(columns)}) {
            expect_loaded<float>(made, map);
            expect_loaded<double>(made, map);
          }
        }
      }
    }
  });
}

TEST(LoadRows, RecordsOfAllTypes) {
  on_every_target([] {
    for (const Index each : {1, 5, 20}) {
      const Sample made = records({std::begin(kTypes), std::end(kTypes)}, each, 6, 1);
      const ColumnMap map = some_map(made.features.cols());
      expect_loaded<float>(made, {});
      expect_loaded<double>(made, map);
    }
  });
}

TEST(LoadRows, SparseRowsBecomeDense) {
  CsrMatrix x;
  x.cols = 4;
  x.row_start = {0, 2, 2, 3};
  x.columns = {0, 3, 1};
  x.doubles = {0.1, -2, 5};
  const Features features = Features::from_sparse(x);
  std::vector<double> to(12);
  load_rows(features, {}, 0, 3, to.data(), 4);
  EXPECT_EQ(to, (std::vector<double>{0.1, 0, 0, -2, 0, 0, 0, 0, 0, 5, 0, 0}));
  const ColumnMap map{{0, 1, 0, 2}, {1, 2, 1, 4}};
  load_rows(features, map, 0, 3, to.data(), 4);
  EXPECT_EQ(to, (std::vector<double>{0.1, -2, 0, -16, 0, -2, 0, -8, 0, 8, 0, -8}));
}

/// IEEE 754: binary16 by its fields, and bfloat16 by those of float32.
double value_of(NumberType type, std::uint16_t bits) {
  const bool half = type == NumberType::kFloat16;
  const int digits = half ? 10 : 7, bias = half ? 15 : 127, most = half ? 31 : 255;
  const int exponent = bits >> digits & most, fraction = bits & ((1 << digits) - 1);
  const double sign = bits >> 15 != 0 ? -1 : 1, one = std::exp2(digits);
  if (exponent == most) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction / one, 1 - bias);
  return sign * std::ldexp(1 + fraction / one, exponent - bias);
}

TEST(LoadRows, EveryNumberOf16Bits) {
  constexpr Index kRows = 1024, kCols = 64;
  const auto bits = std::make_shared<std::vector<std::uint16_t>>(kRows * kCols);
  for (std::size_t k = 0; k < bits->size(); ++k) (*bits)[k] = static_cast<std::uint16_t>(k);
  for (const NumberType type : {NumberType::kFloat16, NumberType::kBfloat16}) {
    DenseRows records{reinterpret_cast<const std::byte*>(bits->data()), 2 * kCols, {{type, 0, kCols, 0}}};
    const Features x = Features::from_records(bits, records, kRows);
    on_every_target([&] {
      std::vector<float> floats(bits->size());
      std::vector<double> doubles(bits->size());
      load_rows(x, {}, Index{0}, kRows, floats.data(), kCols);
      load_rows(x, {}, Index{0}, kRows, doubles.data(), kCols);
      for (std::size_t k = 0; k < bits->size(); ++k) {
        const double expected = value_of(type, (*bits)[k]);
        if (std::isnan(expected)) {
          ASSERT_TRUE(std::isnan(floats[k]) && std::isnan(doubles[k])) << k;
        } else {
          ASSERT_EQ(static_cast<double>(floats[k]), expected) << k;
          ASSERT_EQ(doubles[k], expected) << k;
        }
      }
    });
  }
}

// Fortran's order, every second column, and both ways backwards: the numbers are those of the plain array.
TEST(LoadRows, ColumnsThatLieApart) {
  constexpr Index kRows = 40, kCols = 7, kSize = sizeof(float);
  const auto memory = std::make_shared<std::vector<float>>(4 * kRows * kCols);
  for (std::size_t k = 0; k < memory->size(); ++k) (*memory)[k] = static_cast<float>(k) - 100.5F;
  struct Layout {
    Index begin, row, column;  // in numbers
  };
  for (const Layout& layout : {Layout{3, 1, kRows}, Layout{0, 2 * kCols, 2}, Layout{600, -1, -kRows},
                               Layout{kRows * kCols, -kCols, 1}, Layout{5, 20, 1}}) {
    const auto* data = reinterpret_cast<const std::byte*>(memory->data() + layout.begin);
    DenseRows records{data, layout.row * kSize, {{NumberType::kFloat32, 0, kCols, 0, layout.column * kSize}}};
    const Features x = Features::from_records(memory, records, kRows);
    const ColumnMap map = some_map(kCols);
    std::vector<double> plain(kRows * kCols), mapped(kRows * kCols);
    load_rows(x, {}, Index{0}, kRows, plain.data(), kCols);
    load_rows(x, map, Index{0}, kRows, mapped.data(), kCols);
    const Features together = with_rows_together(x);
    const Features picked = x.select_rows(std::vector<Index>{7, 3});
    for (Index i = 0; i < kRows; ++i) {
      for (Index j = 0; j < kCols; ++j) {
        const double expected =
            static_cast<double>((*memory)[static_cast<std::size_t>(layout.begin + i * layout.row + j * layout.column)]);
        const auto k = static_cast<std::size_t>(i * kCols + j);
        ASSERT_EQ(plain[k], expected);
        ASSERT_EQ(mapped[k],
                  (expected - map.center[static_cast<std::size_t>(j)]) * map.gain[static_cast<std::size_t>(j)]);
        ASSERT_EQ(x.value(i, j), expected);
        ASSERT_EQ(together.value(i, j), expected);
      }
    }
    EXPECT_EQ(x.stored_bytes(), static_cast<std::size_t>(kRows * kCols * kSize));
    EXPECT_EQ(x.array<float>(), nullptr);
    EXPECT_NE(picked.array<float>(), nullptr);
    EXPECT_EQ(picked.value(1, 6), x.value(3, 6));
  }
}

TEST(Features, PickedRowsKeepTheirNumbers) {
  const Sample made = records({NumberType::kFloat64, NumberType::kUint8}, 3, 5, 1);
  const Features picked = made.features.select_rows(std::vector<Index>{4, 0, 4});
  for (Index j = 0; j < 6; ++j) {
    EXPECT_EQ(picked.value(0, j), made.features.value(4, j));
    EXPECT_EQ(picked.value(1, j), made.features.value(0, j));
    EXPECT_EQ(picked.value(2, j), made.features.value(4, j));
  }
}

}  // namespace
}  // namespace poise
