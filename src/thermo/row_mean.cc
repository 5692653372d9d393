#include "thermo/row_mean.h"

#include <cmath>
#include <limits>

#include "base/statistics.h"

namespace poise::thermo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

Estimate mean_of_rows(const Vector& weight, const Vector& figures, const Sampling& sampling) {
  Estimate mean;
  mean.value = weight.dot(figures);
  const auto n = static_cast<double>(figures.size());
  mean.row_error = kInfinity;
  if (n > 1) {
    const double squares = weight.cwiseProduct((figures.array() - mean.value).matrix()).squaredNorm();
    mean.row_error = std::sqrt(n / (n - 1) * squares);
  }
  if (sampling.variance.size() == 0) return mean;
  const Vector share = weight.cwiseAbs2().cwiseProduct(sampling.variance);
  mean.error = std::sqrt(share.sum());
  if (mean.error > 0) mean.degrees = sampling.degrees * share.sum() * share.sum() / share.squaredNorm();
  return mean;
}

Estimate mean_of_repetitions(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 2) return {mean_of(values), kInfinity, 0, 0};
  return {mean_of(values), deviation_of(values) / std::sqrt(n), n - 1, 0};
}

Estimate scaled(const Estimate& estimate, double factor) {
  return {factor * estimate.value, std::abs(factor) * estimate.error, estimate.degrees,
          std::abs(factor) * estimate.row_error};
}

}  // namespace poise::thermo
