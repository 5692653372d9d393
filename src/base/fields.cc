#include "base/fields.h"

#include <cmath>

namespace poise::inline base {

std::string alternatives(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k) {
    text += (k == 0 ? "'" : k + 1 == names.size() ? " or '" : ", '") + names[k] + "'";
  }
  return text;
}

bool Range::allows(double value) const {
  return std::isfinite(value) && (without_low ? value > low : value >= low) &&
         (without_high ? value < high : value <= high);
}

std::string Range::text(bool whole) const {
  const std::string number = whole ? "a whole number" : "a number";
  if (std::isfinite(low) && std::isfinite(high)) {
    return fmt::format("{} in {}{:g}, {:g}{}", number, without_low ? '(' : '[', low, high, without_high ? ')' : ']');
  }
  if (std::isfinite(high)) return fmt::format("{}, {:g} or less", number, high);
  if (!std::isfinite(low)) return whole ? number : "a finite number";
  if (without_low) return fmt::format("{} above {:g}", number, low);
  return whole ? fmt::format("{} from {:g}", number, low) : fmt::format("{}, {:g} or more", number, low);
}

}  // namespace poise::inline base
