// Numbers for people.
#pragma once

#include <fmt/core.h>

#include <cmath>
#include <string>
#include <string_view>

namespace poise::inline run {

/// With so many digits after the point; of numbers from a million on five in all: "0.12345", "1.2e+30".
inline std::string short_number(double value, int digits) {
  return std::abs(value) < 1e6 ? fmt::format("{:.{}f}", value, digits) : fmt::format("{:.5g}", value);
}

/// Three digits with the prefix of a power of a thousand: "950", "52.1k", "1.20M".
inline std::string with_prefix(double value) {
  constexpr std::string_view kPrefixes = " kMGT";
  std::size_t power = 0;
  while (value >= 999.5 && power + 1 < kPrefixes.size()) value /= 1000, ++power;
  if (power == 0) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}{}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, kPrefixes[power]);
}

/// "84 s", "21 min", "3.5 h": rounded up, as time that is left.
inline std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", std::ceil(seconds));
  if (seconds < 6000) return fmt::format("{:.0f} min", std::ceil(seconds / 60));
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace poise::inline run
