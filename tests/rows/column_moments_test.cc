#include "rows/column_moments.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "poise/error.h"
#include "rows/load.h"

namespace poise {
namespace {

std::vector<double> weights_of(Index n, std::uint64_t seed) {
  std::vector<double> weight;
  double sum = 0;
  for (Index i = 0; i < n; ++i) sum += weight.emplace_back(random_uniform(seed, static_cast<std::uint64_t>(i)));
  for (double& s : weight) s /= sum;
  return weight;
}

/// One column in long double, by definition.
struct Expected {
  long double mean = 0, deviation = 0, size = 0;
  Expected(const std::vector<double>& x, const std::vector<double>& weight) {
    long double there = 0, total = 0;
    for (const double s : weight) total += static_cast<long double>(s);
    const long double origin = x[1];  // x − origin is exact
    for (std::size_t i = 0; i < x.size(); ++i)
      mean += static_cast<long double>(weight[i]) / total * (static_cast<long double>(x[i]) - origin);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const long double apart = static_cast<long double>(x[i]) - origin - mean,
                        s = static_cast<long double>(weight[i]) / total;
      deviation += s * apart * apart;
      if (x[i] != 0) there += s;
      size += s * static_cast<long double>(x[i]) * static_cast<long double>(x[i]);
    }
    mean += origin;
    deviation = std::sqrt(deviation);
    size = there > 0 ? std::sqrt(size / there) : 0;
  }
};

// Offsets up to 10¹² deviations cost digits only as they cost them in the numbers themselves.
TEST(ColumnMoments, DenseAndSparseAreTheDefinition) {
  const Index n = 5000;
  const std::vector<double> weight = weights_of(n, 1);
  for (const double offset : {0.0, 1.0, 1e6, 1e12}) {
    for (const bool gaps : {false, true}) {
      std::vector<double> x;
      CsrMatrix sparse;
      sparse.cols = 1;
      for (Index i = 0; i < n; ++i) {
        const bool zero = gaps && i % 3 == 0;
        x.push_back(zero ? 0 : offset + std::round(100 * random_uniform(2, static_cast<std::uint64_t>(i))));
        if (!zero) sparse.columns.push_back(0), sparse.doubles.push_back(x.back());
        sparse.row_start.push_back(std::ssize(sparse.columns));
      }
      const Expected expected(x, weight);
      for (const Features& features : {Features::from_values(x, n, 1), Features::from_sparse(sparse)}) {
        const ColumnMoments found = column_moments(features, weight, 2);
        EXPECT_NEAR(found.mean[0], static_cast<double>(expected.mean), 1e-13 * (100 + offset));
        EXPECT_NEAR(found.deviation[0] / static_cast<double>(expected.deviation), 1, 1e-9) << offset << gaps;
        EXPECT_NEAR(found.size[0] / static_cast<double>(expected.size), 1, 1e-12);
        EXPECT_EQ(found.stored[0], features.is_sparse() ? std::ssize(sparse.columns) : n);
      }
    }
  }
}

// 2¹⁸ and 2¹⁸ + 1, 399 rows of equal weight: the weights do not add up to 1 in float64, and the square of the mean is
// 2³⁶.
TEST(ColumnMoments, AFullSparseColumnHasNoAbsentWeight) {
  const Index n = 399;
  CsrMatrix sparse;
  sparse.cols = 1;
  for (Index i = 0; i < n; ++i) {
    sparse.columns.push_back(0), sparse.doubles.push_back(0x1p18 + static_cast<double>(i % 2));
    sparse.row_start.push_back(i + 1);
  }
  const std::vector<double> weight(399, 1.0 / 399);
  const double share = 199.0 / 399;
  EXPECT_NEAR(column_moments(Features::from_sparse(sparse), weight, 1).deviation[0], std::sqrt(share * (1 - share)),
              1e-12);
}

TEST(ColumnMoments, ScaleWithTheUnitFrom1em300To1e300) {
  const std::vector<double> weight(4, 0.25);
  for (const double unit : {1e-300, 1e-160, 1.0, 1e150, 1e300}) {
    const Features x = Features::from_values(std::vector<double>{unit, 3 * unit, 2 * unit, 1.5 * unit}, 4, 1);
    EXPECT_NEAR(column_moments(x, weight, 1).deviation[0] / unit, std::sqrt(0.546875), 1e-12) << unit;
  }
}

TEST(ColumnMoments, DeviationIsZeroForRowsThatAgreeAndForThemAlone) {
  const std::vector<double> weight = {0.5, 0.5, 0};
  const auto deviation = [&](double a, double b, double c) {
    return column_moments(Features::from_values(std::vector<double>{a, b, c}, 3, 1), weight, 1).deviation[0];
  };
  EXPECT_EQ(deviation(0.1, 0.1, 7), 0);
  EXPECT_GT(deviation(0.1, std::nextafter(0.1, 1), 7), 0);
  EXPECT_EQ(deviation(8388608, 8388609, 0), 0.5);
}

TEST(ColumnMoments, TheSameForAnyThreads) {
  std::vector<float> values;
  for (std::uint64_t k = 0; k < 30000; ++k) values.push_back(static_cast<float>(random_uniform(7, k)));
  const Features x = Features::from_values(values, 10000, 3);
  const std::vector<double> weight = weights_of(10000, 3);
  const ColumnMoments one = column_moments(x, weight, 1), three = column_moments(x, weight, 3);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.deviation, three.deviation);
  EXPECT_EQ(mean_absolute(x, {}, weight, 1), mean_absolute(x, {}, weight, 3));
}

TEST(ColumnMoments, RefusesARangeBeyondFloat64) {
  const Features x = Features::from_values(std::vector<double>{-1.7e308, 1.7e308}, 2, 1);
  EXPECT_THROW(column_moments(x, std::vector<double>{0.5, 0.5}, 1), Error);
}

}  // namespace
}  // namespace poise
