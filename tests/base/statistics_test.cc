// Quantiles against tables, closed forms and quadrature of the density.
#include "base/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace poise {
namespace {

TEST(Statistics, StudentQuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(student_quantile(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 2), 4.30265, 1e-5);
  EXPECT_NEAR(student_quantile(0.95, 3), 3.18245, 1e-5);
  EXPECT_NEAR(student_quantile(0.95, 4), 2.77645, 1e-5);
  EXPECT_NEAR(student_quantile(0.99, 5), 4.03214, 1e-5);
  EXPECT_NEAR(student_quantile(0.99, 10), 3.16927, 1e-5);
  EXPECT_NEAR(student_quantile(0.95, 1000), 1.96234, 1e-5);
}

TEST(Statistics, StudentProbabilityOfOneAndTwoDegreesIsElementary) {
  for (double t : {1e-6, 0.1, 1.0, 4.0, 300.0}) {
    EXPECT_NEAR(student_probability(t, 1), 2 / std::numbers::pi * std::atan(t), 1e-14) << t;
    EXPECT_NEAR(student_probability(t, 2), t / std::sqrt(2 + t * t), 1e-14) << t;
  }
}

TEST(Statistics, StudentProbabilityIsTheIntegralOfTheDensity) {
  for (double degrees : {0.7, 2.5, 17.3, 4000.0}) {
    const double factor =
        std::exp(std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2)) / std::sqrt(degrees * std::numbers::pi);
    const auto density = [&](double t) { return factor * std::pow(1 + t * t / degrees, -(degrees + 1) / 2); };
    constexpr int kSteps = 2000;  // Simpson's rule over [0, 2]
    const double h = 2.0 / kSteps;
    double sum = density(0) + density(2);
    for (int k = 1; k < kSteps; ++k) sum += (k % 2 == 1 ? 4 : 2) * density(k * h);
    EXPECT_NEAR(student_probability(2, degrees), 2 * sum * h / 3, 1e-11) << degrees;
  }
}

TEST(Statistics, NormalQuantiles) {
  EXPECT_NEAR(normal_quantile(0.95), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.99), 2.575829303548901, 1e-12);
  const double z = normal_quantile(0.95);  // Student's is z + (z³ + z)/4ν + O(1/ν²)
  EXPECT_NEAR(student_quantile(0.95, 1e6), z + (z * z * z + z) / 4e6, 1e-9);
}

}  // namespace
}  // namespace poise
