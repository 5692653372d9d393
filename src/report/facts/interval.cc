#include "report/facts/interval.h"

#include <algorithm>
#include <cmath>

#include "base/statistics.h"

namespace poise::report {

Bounds wilson_interval(double share, double rows) {
  if (!(rows > 0) || std::isnan(share)) return {0, 1};
  static const double z = normal_quantile(0.95);
  const double z2 = z * z / rows;
  const double center = share + z2 / 2, half = std::sqrt(z2 * share * (1 - share) + z2 * z2 / 4);
  return {std::max(0.0, (center - half) / (1 + z2)), std::min(1.0, (center + half) / (1 + z2))};
}

}  // namespace poise::report
