#include "convex/units.h"

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "rows/storage.h"

namespace poise::inline convex {
namespace {

// A column further from 0 than this many deviations, or with a size outside of 2^±20, is not left as it is: float32
// would lose more than a few of its 24 bits.
constexpr double kFewDeviations = 16, kSparseDeviations = 8;
constexpr int kModerate = 20;
// Rows of next to no weight may lie far outside of the deviation. They stay finite in float32, also squared.
constexpr double kFarthest = 0x1p60;
// In its square times λ. A feature so far below its unit has the weight 0 as good as exactly.
constexpr double kLargestUnit = 0x1p300;

bool is_moderate(double size) { return size >= std::ldexp(1.0, -kModerate) && size <= std::ldexp(1.0, kModerate); }

/// The power of two next to 1/size; smaller if `reach`, the largest number there is, would become too large, or the
/// penalty of a weight that λ counts per `unit`.
double gain_for(double size, double reach, double unit) {
  double gain = size > 0 ? std::exp2(-std::round(std::log2(size))) : 1;
  gain = std::clamp(gain, 0x1p-1000, 0x1p1000);
  if (unit * gain > kLargestUnit) gain = std::exp2(std::floor(std::log2(kLargestUnit / unit)));
  if (reach * gain > kFarthest) gain = std::exp2(std::floor(std::log2(kFarthest / reach)));
  return gain;
}

/// `mean` in steps of an eighth of the deviation or finer: few digits, so that x − center is exact for numbers of few
/// digits.
double short_center(double mean, double deviation) {
  if (!(deviation > 0)) return mean;
  const double step = std::exp2(std::floor(std::log2(deviation)) - 3);
  const double steps = mean / step;
  return step > 0 && std::abs(steps) < 0x1p52 ? std::nearbyint(steps) * step : mean;
}

double reach_of(const ColumnMoments& moments, std::size_t j, double center) {
  return std::max(moments.high[j] - center, center - moments.low[j]);
}

bool may_stay(const Features& x, const ColumnMoments& moments) {
  if (!holds_only(x, NumberType::kFloat32) && !holds_only(x, NumberType::kUint8)) return false;
  for (std::size_t j = 0; j < moments.mean.size(); ++j) {
    const double mean = std::abs(moments.mean[j]), deviation = moments.deviation[j];
    if (deviation == 0 ? mean > 0 : mean > kFewDeviations * deviation || !is_moderate(deviation)) return false;
    if (reach_of(moments, j, 0) > kFarthest) return false;
  }
  return true;
}

ColumnMap dense_units(const ColumnMoments& moments, const Vector& unit) {
  ColumnMap units;
  for (std::size_t j = 0; j < moments.mean.size(); ++j) {
    const double mean = moments.mean[j], deviation = moments.deviation[j];
    const double center = std::abs(mean) > deviation ? short_center(mean, deviation) : 0;
    units.center.push_back(center);
    units.gain.push_back(gain_for(deviation, reach_of(moments, j, center), unit[static_cast<Index>(j)]));
  }
  return units;
}

/// Empty if the columns may stay as they are.
ColumnMap sparse_units(const ColumnMoments& moments, const Vector& unit) {
  ColumnMap units;
  bool scale = false, center = false;
  for (std::size_t j = 0; j < moments.mean.size(); ++j) {
    scale = scale || (moments.size[j] > 0 && !is_moderate(moments.size[j])) || reach_of(moments, j, 0) > kFarthest;
    center = center || std::abs(moments.mean[j]) > kSparseDeviations * moments.deviation[j];
  }
  if (!scale && !center) return units;
  for (std::size_t j = 0; j < moments.mean.size(); ++j) {
    const double mean = moments.mean[j], deviation = moments.deviation[j];
    const bool centered = std::abs(mean) > kSparseDeviations * deviation;
    units.center.push_back(centered ? short_center(mean, deviation) : 0);
    const double size = centered ? deviation : scale ? moments.size[j] : 0;
    units.gain.push_back(gain_for(size, reach_of(moments, j, units.center.back()), unit[static_cast<Index>(j)]));
  }
  return units;
}

}  // namespace

void choose_units(Problem& problem, const ColumnMoments& moments, const Vector& unit) {
  if (problem.features.is_sparse()) {
    problem.units = sparse_units(moments, unit);
    if (!problem.units.identity()) problem.features = mapped_sparse(problem.features, problem.units);
  } else if (!may_stay(problem.features, moments)) {
    problem.units = dense_units(moments, unit);
  }
}

}  // namespace poise::inline convex
