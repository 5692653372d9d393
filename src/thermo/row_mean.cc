#include "thermo/row_mean.h"

#include <cmath>

#include "base/infinity.h"
#include "base/statistics.h"

namespace poise::thermo {
Estimate mean_of_rows(const Vector& weight, const Vector& figures, const Sampling& sampling) {
  Estimate mean;
  mean.value = weight.dot(figures);
  const auto n = static_cast<double>(figures.size());
  mean.row_error = kInfinity;
  if (n > 1) {
    const Vector influence = weight.cwiseProduct((figures.array() - mean.value).matrix());
    const double squares = influence.squaredNorm();
    mean.row_error = std::sqrt(n / (n - 1) * squares);
    const double largest = influence.cwiseAbs().maxCoeff();  // cubes of small numbers would be 0
    if (largest > 0)
      mean.row_skewness = (influence / largest).array().cube().sum() / std::pow(squares / (largest * largest), 1.5);
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

void raise_skewness(Estimate& estimate, double skewness) {
  if (std::abs(skewness) > std::abs(estimate.row_skewness)) estimate.row_skewness = skewness;
}

Estimate scaled(const Estimate& estimate, double factor) {
  return {factor * estimate.value, std::abs(factor) * estimate.error, estimate.degrees,
          std::abs(factor) * estimate.row_error, factor < 0 ? -estimate.row_skewness : estimate.row_skewness};
}

}  // namespace poise::thermo
