// Numbers for people.
#pragma once

#include <fmt/core.h>

#include <cmath>
#include <string>

namespace poise {

/// With so many digits after the point; of numbers from a million on five in all: "0.12345", "1.2e+30".
inline std::string short_number(double value, int digits) {
  return std::abs(value) < 1e6 ? fmt::format("{:.{}f}", value, digits) : fmt::format("{:.5g}", value);
}

}  // namespace poise
