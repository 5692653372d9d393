// Where an axis has its marks.
#pragma once

#include <string>
#include <vector>

namespace poise::report {

struct Ticks {
  std::vector<double> at;
  std::vector<std::string> labels;  ///< one a tick
};

/// Multiples of 1, 2 or 5 times a power of ten within [low, high], at most `most` ≥ 2 of them. Of one value, that.
Ticks linear_ticks(double low, double high, int most);

/// Powers of ten within [low, high], low > 0; where there are fewer than three of them also 2 and 5 times these; where
/// there are more than `most`, every second, third, … of them. linear_ticks where that makes fewer than three.
Ticks log_ticks(double low, double high, int most);

}  // namespace poise::report
