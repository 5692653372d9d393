// The kernels for few classes against the same in plain loops, on every instruction set this machine has, and the pass
// that chooses them on every way in which rows may be stored.
#include "convex/pass/dense_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/random.h"
#include "convex/pass/dense_rows.h"
#include "convex/pass/pass.h"
#include "every_target.h"

namespace poise {
namespace {

/// Whole numbers from −size to size; of bytes their distance from 0.
template <typename T>
T whole_number(std::uint64_t seed, std::uint64_t i, double size) {
  const double x = std::round(size * (2 * random_uniform(seed, i) - 1));
  return static_cast<T>(std::is_unsigned_v<T> ? std::abs(x) : x);
}

template <typename T>
std::vector<T> whole_numbers(Index count, std::uint64_t seed, double size) {
  std::vector<T> numbers;
  for (Index i = 0; i < count; ++i) numbers.push_back(whole_number<T>(seed, static_cast<std::uint64_t>(i), size));
  return numbers;
}

/// Rows of T with a gap of three bytes between them, the first at an odd address and nothing behind the last, centers
/// of halves and gains of powers of two.
template <typename T>
struct Case {
  Index rows, features, classes, ld = 48;
  std::vector<T> x;
  std::vector<std::byte> storage;
  std::vector<float> center, gain, weights, bias, residual, start;
  StoredBlock block;

  Case(Index n, Index d, Index k, bool mapped)
      : rows(n),
        features(d),
        classes(k),
        x(whole_numbers<T>(n * d, 1, 100)),
        weights(whole_numbers<float>(k * d, 2, 4)),
        bias(whole_numbers<float>(k, 3, 50)),
        residual(whole_numbers<float>(k * ld, 4, 4)),
        start(whole_numbers<float>(k * d, 5, 50)) {
    const Index bytes = d * static_cast<Index>(sizeof(T)), stride = bytes + 3;
    storage.resize(n > 0 ? 1 + (n - 1) * stride + bytes : 1);
    for (Index r = 0; r < n; ++r) std::memcpy(storage.data() + 1 + r * stride, x.data() + r * d, bytes);
    for (Index j = 0; j < d; ++j) {
      center.push_back(static_cast<float>(j % 5) - float{1.5});
      gain.push_back(static_cast<float>(std::ldexp(1, static_cast<int>(j % 4) - 2)));
    }
    block = {storage.data() + 1, number_type<T>(), stride, n, d};
    if (mapped) block.center = center.data(), block.gain = gain.data();
  }

  double number(Index r, Index j) const {
    const auto value = static_cast<double>(x[r * features + j]);
    return block.gain ? (value - static_cast<double>(center[j])) * static_cast<double>(gain[j]) : value;
  }
  double score(Index c, Index r) const {
    double sum = static_cast<double>(bias[c]);
    for (Index j = 0; j < features && r < rows; ++j)
      sum += static_cast<double>(weights[c * features + j]) * number(r, j);
    return sum;
  }
  double product(Index c, Index j) const {
    auto sum = static_cast<double>(start[c * features + j]);
    for (Index r = 0; r < rows; ++r) sum += static_cast<double>(residual[c * ld + r]) * number(r, j);
    return sum;
  }
};

// All sums are of eighths, below 2^21: exact in any order.
template <typename T>
void expect_exact(Index rows, Index features, Index classes, bool mapped) {
  SCOPED_TRACE(testing::Message() << rows << "×" << features << "×" << classes << (mapped ? ", mapped" : ""));
  const Case<T> data(rows, features, classes, mapped);
  std::vector<float> z(classes * data.ld, float{-1}), product = data.start;
  dense_scores(data.block, data.weights.data(), data.bias.data(), classes, data.ld, z.data());
  add_dense_product(data.block, data.residual.data(), classes, data.ld, product.data());
  for (Index c = 0; c < classes; ++c) {
    for (Index r = 0; r < data.ld; ++r)
      ASSERT_EQ(static_cast<double>(z[c * data.ld + r]), data.score(c, r)) << c << ", " << r;
    for (Index j = 0; j < features; ++j) {
      ASSERT_EQ(static_cast<double>(product[c * features + j]), data.product(c, j)) << c << ", " << j;
    }
  }
}

template <typename T>
void expect_exact_in_all_sizes() {
  on_every_target([] {
    for (const bool mapped : {false, true}) {
      if (!has_dense_kernels(number_type<T>(), mapped)) continue;
      for (Index classes = 1; classes <= 33; ++classes) expect_exact<T>(7, 41, classes, mapped);
      for (const Index rows : {0, 1, 2, 3, 8, 17, 48}) expect_exact<T>(rows, 33, 4, mapped);
      for (const Index features : {16, 17, 31, 32, 64, 130, 1025, 2063}) {
        for (const Index classes : {1, 2, 10}) expect_exact<T>(5, features, classes, mapped);
      }
    }
  });
}

TEST(DenseKernels, OfWholeNumbersAreExact) {
  expect_exact_in_all_sizes<std::uint8_t>();
  expect_exact_in_all_sizes<std::int16_t>();
  expect_exact_in_all_sizes<float>();
}

// |fl(Σ a b) − Σ a b| ≤ γ Σ |a b|, γ ≈ count·u, in any order.
TEST(DenseKernels, AreAsExactAsTheirSums) {
  on_every_target([] {
    const Index rows = 48, d = 777, classes = 10;
    std::vector<float> x, w, residual;
    for (std::uint64_t i = 0; i < 48 * 777; ++i) x.push_back(static_cast<float>(random_uniform(1, i) - 0.5));
    for (std::uint64_t i = 0; i < 10 * 777; ++i) w.push_back(static_cast<float>(random_uniform(2, i) - 0.5));
    for (std::uint64_t i = 0; i < 10 * 48; ++i) residual.push_back(static_cast<float>(random_uniform(3, i) - 0.5));
    const StoredBlock block{reinterpret_cast<const std::byte*>(x.data()), NumberType::kFloat32, 4 * d, rows, d};
    const std::vector<float> bias(classes);
    std::vector<float> z(classes * rows), product(classes * d);
    dense_scores(block, w.data(), bias.data(), classes, rows, z.data());
    add_dense_product(block, residual.data(), classes, rows, product.data());
    const auto expect_sum = [](float found, Index count, const auto& a, const auto& b) {
      double sum = 0, size = 0;
      for (Index i = 0; i < count; ++i) {
        const double term = static_cast<double>(a(i)) * static_cast<double>(b(i));
        sum += term, size += std::abs(term);
      }
      const double bound = static_cast<double>(count) * 0.5 * std::numeric_limits<float>::epsilon() * size;
      ASSERT_NEAR(static_cast<double>(found), sum, bound);
    };
    for (Index c = 0; c < classes; ++c) {
      for (Index r = 0; r < rows; ++r) {
        expect_sum(
            z[c * rows + r], d, [&](Index j) { return x[r * d + j]; }, [&](Index j) { return w[c * d + j]; });
      }
      for (Index j = 0; j < d; ++j) {
        expect_sum(
            product[c * d + j], rows, [&](Index r) { return x[r * d + j]; },
            [&](Index r) { return residual[c * rows + r]; });
      }
    }
  });
}

// Class c has the weight 1 for feature 3c + 1 alone, so that its scores are x̃ there, to the bit.
TEST(DenseKernels, NumbersAreThoseOfLoadedRows) {
  const Index rows = 16, d = 40, classes = 13;
  std::vector<float> values;
  ColumnMap map;
  for (std::uint64_t i = 0; i < 16 * 40; ++i) {
    values.push_back(static_cast<float>((random_uniform(1, i) - 0.3) * std::ldexp(1.0, static_cast<int>(i % 60) - 30)));
  }
  for (std::uint64_t j = 0; j < 40; ++j) {
    const double size = std::ldexp(1.0, static_cast<int>(j * 3 % 60) - 30);
    map.center.push_back(static_cast<double>(static_cast<float>((random_uniform(2, j) - 0.5) * size)));
    map.gain.push_back(std::ldexp(1.0, static_cast<int>(j % 40) - 20));
  }
  ASSERT_TRUE(maps_in_float32(map));
  std::vector<float> expected(values.size());
  load_rows(Features::from_values(values, rows, d), map, Index{0}, rows, expected.data(), d);
  const std::vector<float> center(map.center.begin(), map.center.end()), gain(map.gain.begin(), map.gain.end());
  const StoredBlock block{reinterpret_cast<const std::byte*>(values.data()),
                          NumberType::kFloat32,
                          4 * d,
                          rows,
                          d,
                          center.data(),
                          gain.data()};
  std::vector<float> weights(classes * d), bias(classes), z(classes * rows);
  for (Index c = 0; c < classes; ++c) weights[c * d + 3 * c + 1] = 1;
  on_every_target([&] {
    dense_scores(block, weights.data(), bias.data(), classes, rows, z.data());
    for (Index c = 0; c < classes; ++c) {
      for (Index r = 0; r < rows; ++r) ASSERT_EQ(z[c * rows + r], expected[r * d + 3 * c + 1]) << c << ", " << r;
    }
  });
}

TEST(DenseKernels, MapsThatFloat32DoesNotHoldAreKnown) {
  EXPECT_TRUE(maps_in_float32({{0.5, -3}, {0x1p-20, 0x1p30}}));
  EXPECT_FALSE(maps_in_float32({{0.1, -3}, {1, 1}}));
  EXPECT_FALSE(maps_in_float32({{0, 0x1p200}, {1, 1}}));
  EXPECT_FALSE(maps_in_float32({{0, 0}, {1, 0x1p-100}}));
}

/// The first columns as bytes, the others as float64.
Features mixed_records(const std::vector<double>& x, Index rows, Index cols, Index bytes) {
  DenseRows records;
  records.stride = bytes + 8 * (cols - bytes);
  records.runs = {{NumberType::kUint8, 0, bytes, 0}, {NumberType::kFloat64, bytes, cols - bytes, bytes}};
  auto storage = std::make_shared<std::vector<std::byte>>(rows * records.stride);
  for (Index r = 0; r < rows; ++r) {
    std::byte* const to = storage->data() + r * records.stride;
    for (Index j = 0; j < bytes; ++j) to[j] = static_cast<std::byte>(x[r * cols + j]);
    std::memcpy(to + bytes, x.data() + r * cols + bytes, 8 * (cols - bytes));
  }
  records.data = storage->data();
  return Features::from_records(storage, records, rows);
}

template <typename T>
Features columns_in_a_row(const std::vector<double>& x, Index rows, Index cols) {  // Fortran's order
  auto storage = std::make_shared<std::vector<T>>(rows * cols);
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < cols; ++j) (*storage)[j * rows + r] = static_cast<T>(x[r * cols + j]);
  }
  const auto size = static_cast<Index>(sizeof(T));
  DenseRows records{
      reinterpret_cast<const std::byte*>(storage->data()), size, {{number_type<T>(), 0, cols, 0, rows * size}}};
  return Features::from_records(storage, records, rows);
}

template <typename T>
Features array_of(const std::vector<double>& x, Index rows, Index cols) {
  return Features::from_values(std::vector<T>(x.begin(), x.end()), rows, cols);
}

/// X̃ᵀX̃W̃ by a pass whose kernel leaves the scores as they are, against plain loops; all whole numbers of halves.
template <typename Real>
void expect_pass(const Features& x, const std::vector<double>& numbers, bool mapped, Index classes) {
  const Index n = x.rows(), d = x.cols();
  Problem problem;
  problem.features = x;
  problem.classes = classes;
  for (Index j = 0; mapped && j < d; ++j) {
    problem.units.center.push_back(static_cast<double>(j % 3) - 1);
    problem.units.gain.push_back(j % 2 == 0 ? 0.5 : 1);
  }
  const auto number = [&](Index r, Index j) {
    const double value = numbers[r * d + j];
    return mapped ? (value - problem.units.center[j]) * problem.units.gain[j] : value;
  };
  Parameters w(d + 1, classes), product;
  for (Index j = 0; j <= d; ++j) {
    for (Index c = 0; c < classes; ++c) w(j, c) = whole_number<double>(9, static_cast<std::uint64_t>(j * 40 + c), 2);
  }
  const PassEngine engine(problem, 2);
  product = engine.run<Real>({.first = &w, .product = true}, [](const ScoreBlock<Real>&) {}).root().product;
  Parameters expected = Parameters::Zero(d + 1, classes);
  for (Index r = 0; r < n; ++r) {
    for (Index c = 0; c < classes; ++c) {
      double z = w(d, c);
      for (Index j = 0; j < d; ++j) z += w(j, c) * number(r, j);
      for (Index j = 0; j < d; ++j) expected(j, c) += number(r, j) * z;
      expected(d, c) += z;
    }
  }
  ASSERT_EQ(product, expected);
}

TEST(DenseKernels, PassesOverRowsHoweverStoredAreExact) {
  for (const Index d : {3, 31, 32, 45}) {
    const Index n = 50;
    const std::vector<double> x = [&] {
      const auto bytes = whole_numbers<std::uint8_t>(n * d, 11, 9);
      return std::vector<double>(bytes.begin(), bytes.end());
    }();
    const Features all[] = {array_of<std::uint8_t>(x, n, d), array_of<std::int16_t>(x, n, d),
                            array_of<std::int32_t>(x, n, d), array_of<float>(x, n, d),
                            array_of<double>(x, n, d),       mixed_records(x, n, d, 2),
                            columns_in_a_row<float>(x, n, d)};
    for (const Features& features : all) {
      for (const bool mapped : {false, true}) {
        for (const Index classes : {1, 2, 10, 11, 16, 17}) {
          SCOPED_TRACE(testing::Message() << storage_name(features) << ", " << d << ", " << mapped << ", " << classes);
          expect_pass<float>(features, x, mapped, classes);
          expect_pass<double>(features, x, mapped, classes);
        }
      }
    }
  }
}

}  // namespace
}  // namespace poise
