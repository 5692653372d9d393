#include "report/plot/ticks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/words.h"

namespace poise::report {
namespace {

/// The smallest of 1, 2, 5 times a power of ten that is at least `size`.
double nice_step(double size) {
  const double power = std::pow(10, std::floor(std::log10(size)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= size * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string linear_label(double value, double step) {
  if (std::abs(value) < step / 2) return "0";
  const double size = std::max(std::abs(value), step);
  if (size >= 1e6 || step < 1e-5) return number(value, 2);
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  if (decimals == 0) text = count(std::round(std::abs(value)));
  return (value < 0 ? "−" : "") + text;
}

std::string log_label(double value) {
  const bool is_short = value >= 0.999e-4 && value < 0.999e5;
  if (is_short) return value < 1 ? fmt::format("{:g}", value) : count(std::round(value));
  std::string text = number(value, 1);
  return text.starts_with("1·") ? text.substr(std::string("1·").size()) : text;  // "10⁻⁶"
}

}  // namespace

Ticks linear_ticks(double low, double high, int most) {
  if (!(high > low)) return {{low}, {number(low, 3)}};
  double step = nice_step((high - low) / most);
  const auto first = [&] { return std::ceil(low / step - 1e-9); };
  const auto last = [&] { return std::floor(high / step + 1e-9); };
  while (last() - first() + 1 > most) step = nice_step(step * 1.01);
  Ticks ticks;
  for (double k = first(); k <= last(); ++k) {
    ticks.at.push_back(k * step);
    ticks.labels.push_back(linear_label(k * step, step));
  }
  return ticks;
}

Ticks log_ticks(double low, double high, int most) {
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int stride = std::max(1, (last - first + most) / most);
  Ticks ticks;
  for (int power = first - 1; power <= last; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const bool is_wanted = last - first < 2 || (factor == 1 && (power - last) % stride == 0);
      const double value = factor * std::pow(10, power);
      if (!is_wanted || value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      ticks.at.push_back(value);
      ticks.labels.push_back(log_label(value));
    }
  }
  return ticks.at.size() < 3 ? linear_ticks(low, high, most) : ticks;
}

}  // namespace poise::report
