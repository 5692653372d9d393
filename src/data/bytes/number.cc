#include "data/bytes/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace poise::inline data {
namespace {

bool is_infinity(std::string_view text) { return text.find_first_not_of("infINFtyTY") == std::string_view::npos; }

/// As programs spell it: "nan(7)" and other cases are text.
bool is_nan(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text == "NaN" || text == "nan" || text == "NAN";
}

/// Of a number that from_chars puts out of range: whether it is too small rather than too large.
bool is_tiny(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos && e + 1 < text.size() && text[e + 1] == '-') return true;
  if (e != std::string_view::npos) return false;
  return text.find_first_not_of("-+0.") > text.find('.');  // 0.000…0001 written out
}

}  // namespace

NumberStatus parse_number(std::string_view cell, double& value) {
  const char* p = cell.data();
  const char* const end = p + cell.size();
  if (parse_short_decimal(p, end, value) && p == end) return NumberStatus::kNumber;
  if (cell.empty() || is_nan(cell)) return NumberStatus::kMissing;
  std::string_view text = cell;
  if (text.front() == '+') {
    text.remove_prefix(1);
    if (text.empty() || text.front() == '-') return NumberStatus::kText;
  }
  double parsed = 0;
  const auto [stop, code] = std::from_chars(text.data(), end, parsed);
  if (stop != end || code == std::errc::invalid_argument) return NumberStatus::kText;
  if (code == std::errc::result_out_of_range) {
    value = 0;
    return is_tiny(text) ? NumberStatus::kNumber : NumberStatus::kInfinite;
  }
  if (!std::isfinite(parsed)) {
    text.remove_prefix(text.front() == '-' ? 1 : 0);
    return is_infinity(text) ? NumberStatus::kInfinite : NumberStatus::kText;  // "nan(7)" and the like
  }
  value = parsed;
  return NumberStatus::kNumber;
}

std::string number_text(double value) {
  std::array<char, 32> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace poise::inline data
