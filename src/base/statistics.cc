#include "base/statistics.h"

#include <cmath>
#include <initializer_list>
#include <numbers>
#include <numeric>

namespace poise::inline base {
namespace {

/// Continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method; converges in O(√max(a, b))
/// steps for x < (a + 1)/(a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 10000; ++m) {
    double change = 1;
    for (const double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                              -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      change = c * d;
      fraction *= change;
    }
    if (std::abs(change - 1) < 1e-16) break;
  }
  return fraction;
}

/// I_x(a, b), the regularized incomplete beta function; y = 1 − x given apart, so that neither loses digits.
double incomplete_beta(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, y) / b;
}

/// q ≥ 0 with probability(q) = confidence, of an increasing function.
template <typename Probability>
double quantile(double confidence, Probability probability) {
  double low = 0, high = 1;
  while (probability(high) < confidence && high < 1e300) high *= 2;
  for (int k = 0; k < 100; ++k) {
    const double middle = (low + high) / 2;
    (probability(middle) < confidence ? low : high) = middle;
  }
  return high;
}

}  // namespace

double student_probability(double t, double degrees) {
  const double sum = degrees + t * t;
  return incomplete_beta(0.5, degrees / 2, t * t / sum, degrees / sum);
}

double student_quantile(double confidence, double degrees) {
  return quantile(confidence, [=](double t) { return student_probability(t, degrees); });
}

double normal_quantile(double confidence) {
  return quantile(confidence, [](double z) { return std::erf(z / std::numbers::sqrt2); });
}

double mean_of(const std::vector<double>& sample) {
  if (sample.empty()) return 0;
  return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double deviation_of(const std::vector<double>& sample) {
  if (sample.size() < 2) return 0;
  const double mean = mean_of(sample);
  double squares = 0;
  for (double value : sample) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(sample.size() - 1));
}

}  // namespace poise::inline base
