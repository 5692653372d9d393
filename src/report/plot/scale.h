// From values to places on a drawing.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace poise::report {

/// [low, high] onto [from, to], linear or in the logarithm.
class Scale {
 public:
  Scale(double low, double high, bool log, double from, double to)
      : low_(log ? std::log10(low) : low), high_(log ? std::log10(high) : high), log_(log), from_(from), to_(to) {}

  double operator()(double value) const {
    const double at = log_ ? std::log10(value) : value;
    return high_ > low_ ? from_ + (to_ - from_) * (at - low_) / (high_ - low_) : (from_ + to_) / 2;
  }

 private:
  double low_, high_;
  bool log_;
  double from_, to_;
};

/// What is seen so far.
struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value), high = std::max(high, value);
  }
  bool any() const { return low <= high; }
};

}  // namespace poise::report
