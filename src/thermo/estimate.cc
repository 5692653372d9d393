#include "poise/estimate.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "base/statistics.h"
#include "poise/error.h"

namespace poise {
namespace {

void check(double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    throw Error(ErrorKind::kUsage, fmt::format("the confidence is {}", confidence), "a number between 0 and 1");
  }
}

constexpr Bounds kEverything{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

/// Nothing is known of a value that is no number, nor of one whose error is no finite one.
Bounds about(double value, double reach) {
  if (std::isnan(value) || !(reach >= 0) || std::isinf(reach)) return kEverything;
  return {value - reach, value + reach};
}

}  // namespace

Bounds confidence_interval(const Estimate& estimate, double confidence) {
  check(confidence);
  if (estimate.error == 0) return about(estimate.value, 0);
  const double quantile =
      estimate.degrees > 0 ? student_quantile(confidence, estimate.degrees) : normal_quantile(confidence);
  return about(estimate.value, quantile * estimate.error);
}

bool is_rough(const Estimate& estimate) {
  return std::isinf(estimate.row_error) || std::abs(estimate.row_skewness) > kMostSkewness;
}

Bounds source_interval(const Estimate& estimate, double confidence) {
  check(confidence);
  return about(estimate.value, normal_quantile(confidence) * std::hypot(estimate.error, estimate.row_error));
}

}  // namespace poise
