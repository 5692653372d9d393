// The exponent of a tail, of distributions for which it is known.
#include <gtest/gtest.h>

#include <cmath>

#include "experiments/thermodynamics.h"

namespace poise::experiments {
namespace {

constexpr int kCount = 200000;

/// The quantile function at the middles of equal shares.
template <typename Quantile>
std::vector<double> sample_of(Quantile quantile) {
  std::vector<double> values;
  for (int k = 0; k < kCount; ++k) values.push_back(quantile((k + 0.5) / kCount));
  return values;
}

// P(X > x) = x^−γ from 1 on: ln(X/x_min) of the tail is exponential with mean 1/γ, whatever the share.
TEST(TailExponent, OfAPowerLawIsTheSameForEveryShare) {
  for (const double gamma : {0.5, 2.0}) {
    std::vector<double> values = sample_of([&](double u) { return std::pow(1 - u, -1 / gamma); });
    for (const double share : {0.1, 0.01, 0.001}) EXPECT_NEAR(tail_exponent(values, share), gamma, 0.02 * gamma);
  }
}

// P(X > x) = e^−x: 1/γ = E ln(1 + Y/a) = e^a E_1(a) with Y exponential and a = −ln share.
TEST(TailExponent, OfAnExponentialGrowsAsTheShareFalls) {
  std::vector<double> values = sample_of([](double u) { return -std::log(1 - u); });
  double before = 0;
  for (const double share : {0.1, 0.01, 0.001}) {
    const double exponent = tail_exponent(values, share);
    const double a = -std::log(share);
    EXPECT_NEAR(1 / exponent, -std::exp(a) * std::expint(-a), 0.02 / exponent);
    EXPECT_GT(exponent, 1.2 * before);
    before = exponent;
  }
}

TEST(TailExponent, OfTooFewIsNone) {
  std::vector<double> values{1, 2, 3};
  EXPECT_TRUE(std::isnan(tail_exponent(values, 0.1)));
}

}  // namespace
}  // namespace poise::experiments
