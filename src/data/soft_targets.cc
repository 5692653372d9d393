#include "data/soft_targets.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "poise/error.h"

namespace poise::inline data {
namespace {

constexpr double kFarthest = 1e-4;     // of a sum from 1: rounding to five digits
constexpr double kRounding = 1e-6;     // what sums of float32 shares are off by
constexpr double kSmallest = 0x1p-25;  // what a float16 below the normal ones is off by

}  // namespace

std::optional<MatrixF> within_float32(const Matrix& targets) {
  MatrixF narrow = targets.cast<float>();
  if (narrow.cast<double>() != targets) return std::nullopt;
  return narrow;
}

void check_distributions(const Matrix& targets, const std::string& name, double rounding) {
  const double farthest = std::max(kFarthest, rounding + kSmallest * static_cast<double>(targets.cols()));
  for (Index i = 0; i < targets.rows(); ++i) {
    const double sum = targets.row(i).sum();
    if (targets.row(i).minCoeff() >= 0 && std::abs(sum - 1) <= farthest) continue;
    throw Error(
        ErrorKind::kData,
        fmt::format("row {} of the targets sums to {}, its least value is {}", i + 1, sum, targets.row(i).minCoeff()),
        "non-negative numbers that sum to 1", "divide each row by its sum", {name});
  }
}

std::optional<std::string> to_distributions(Matrix& targets, const std::string& name, double rounding) {
  check_distributions(targets, name, rounding);
  Index rows = 0;
  double farthest = 0;
  for (Index i = 0; i < targets.rows(); ++i) {
    const double sum = targets.row(i).sum();
    if (std::abs(sum - 1) <= kRounding) continue;
    targets.row(i) /= sum;
    farthest = std::max(farthest, std::abs(sum - 1));
    ++rows;
  }
  if (rows == 0) return std::nullopt;
  return fmt::format("{} of {} rows of targets do not sum to 1 (by up to {:.1e}): each was divided by its sum", rows,
                     targets.rows(), farthest);
}

}  // namespace poise::inline data
