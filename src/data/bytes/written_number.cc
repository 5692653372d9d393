#include "data/bytes/written_number.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "data/bytes/characters.h"

namespace poise::inline data {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLongestUnit = 16;  // bytes

// Longer ones first where one begins another.
constexpr std::array kCurrencies{"US$"sv, "CA$"sv, "AU$"sv, "A$"sv,  "C$"sv,  "R$"sv,  "HK$"sv, "NT$"sv, "S$"sv,
                                 "NZ$"sv, "$"sv,   "€"sv,   "£"sv,   "¥"sv,   "₹"sv,   "₽"sv,   "₩"sv,   "₺"sv,
                                 "฿"sv,   "₫"sv,   "₦"sv,   "₪"sv,   "₱"sv,   "USD"sv, "EUR"sv, "GBP"sv, "CHF"sv,
                                 "JPY"sv, "CNY"sv, "INR"sv, "CAD"sv, "AUD"sv, "Rs."sv, "Rs"sv};
// A space, a tab, and U+00A0, U+2009, U+202F.
constexpr std::array kBlanks{" "sv, "\t"sv, "\xC2\xA0"sv, "\xE2\x80\x89"sv, "\xE2\x80\xAF"sv};
constexpr std::array kApostrophes{"'"sv, "\xE2\x80\x99"sv};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// The length of whichever of the texts `text` begins with; 0 if none.
template <std::size_t N>
std::size_t begins_with(std::string_view text, const std::array<std::string_view, N>& any) {
  for (const std::string_view one : any) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

void skip_blanks(std::string_view& text) {
  while (const std::size_t length = begins_with(text, kBlanks)) text.remove_prefix(length);
}

bool take_sign(std::string_view& text, bool& negative) {
  constexpr std::string_view kMinus = "\xE2\x88\x92";  // U+2212
  const std::size_t length = text.starts_with('-') || text.starts_with('+') ? 1 : text.starts_with(kMinus) ? 3 : 0;
  if (length > 0) negative = text[0] != '+';
  text.remove_prefix(length);
  return length > 0;
}

/// The length of the mark between two digits that `text` begins with; 0 if it begins with none.
std::size_t mark_length(std::string_view text) {
  if (text.starts_with('.') || text.starts_with(',')) return 1;
  const std::size_t apostrophe = begins_with(text, kApostrophes);
  return apostrophe > 0 ? apostrophe : begins_with(text, kBlanks);
}

/// Digits and single marks between them; a point or comma may also come first or last.
std::size_t digits_length(std::string_view text) {
  std::size_t p = 0;
  const auto digits = [&] {
    while (p < text.size() && is_digit(text[p])) ++p;
  };
  digits();
  while (p < text.size()) {
    const std::size_t mark = mark_length(text.substr(p));
    const bool at_end = p + mark == text.size() && p > 0 && (text[p] == '.' || text[p] == ',');
    const bool before_digit = p + mark < text.size() && is_digit(text[p + mark]) && (p > 0 || mark == 1);
    if (mark == 0 || !(at_end || before_digit)) break;
    p += mark;
    digits();
  }
  if (p + 1 < text.size() && p > 0 && (text[p] | 0x20) == 'e') {
    std::size_t q = p + 1;
    if (text[q] == '+' || text[q] == '-') ++q;
    if (q < text.size() && is_digit(text[q])) {
      for (p = q; p < text.size() && is_digit(text[p]);) ++p;
    }
  }
  return p;
}

/// Letters and what stands among them in units: "km/h", "sq ft", "m2", "°C", "%".
bool is_unit(std::string_view text) {
  if (text.empty() || text.size() > kLongestUnit) return false;
  if (!is_letter(text[0]) && text[0] != '%' && text[0] != '$') return false;
  for (std::size_t k = 1; k < text.size(); ++k) {
    const char c = text[k];
    const bool power = (c == '2' || c == '3') && (is_letter(text[k - 1]) || text[k - 1] == '^');
    const bool inside = "/.^* "sv.find(c) != std::string_view::npos && k + 1 < text.size();
    if (!is_letter(c) && c != '%' && !power && !inside && !(c == '.' && k + 1 == text.size())) return false;
  }
  return true;
}

/// Splits off the exponent, if there is one.
std::string_view take_exponent(std::string_view& digits) {
  const std::size_t e = digits.find_first_of("eE");
  if (e == std::string_view::npos) return {};
  const std::string_view exponent = digits.substr(e);
  digits = digits.substr(0, e);
  return exponent;
}

/// Groups of digits without the marks between them.
bool join_groups(std::string_view whole, char decimal, std::string& plain, bool& grouped) {
  std::string_view mark;
  std::size_t size = 0, groups = 1;
  bool of_two = false;
  const auto group_fits = [&] { return size == 3 || (size == 2 && mark == ","); };
  for (std::size_t p = 0; p < whole.size();) {
    if (is_digit(whole[p])) {
      plain += whole[p++];
      ++size;
      continue;
    }
    const std::string_view next = whole.substr(p, mark_length(whole.substr(p)));
    if (next.empty() || next[0] == decimal || (groups > 1 && next != mark)) return false;
    mark = next;
    if (groups == 1 ? size < 1 || size > 3 || whole[0] == '0' : !group_fits()) return false;  // 0,125 is no count
    of_two = of_two || (groups > 1 && size == 2);
    size = 0;
    ++groups;
    p += next.size();
  }
  grouped = groups > 1;
  return !grouped || (size == 3 && !(of_two && groups < 3));
}

}  // namespace

std::optional<NumberParts> take_apart(std::string_view cell) {
  NumberParts parts;
  std::string_view rest = cell;
  skip_blanks(rest);
  const bool signed_first = take_sign(rest, parts.negative);
  if (const std::size_t currency = begins_with(rest, kCurrencies)) {
    parts.before = rest.substr(0, currency);
    rest.remove_prefix(currency);
    skip_blanks(rest);
    if (!signed_first) take_sign(rest, parts.negative);
  }
  const std::size_t length = digits_length(rest);
  parts.digits = rest.substr(0, length);
  if (std::none_of(parts.digits.begin(), parts.digits.end(), is_digit)) return std::nullopt;
  rest.remove_prefix(length);
  skip_blanks(rest);
  while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t')) rest.remove_suffix(1);
  if (!rest.empty() && !is_unit(rest)) return std::nullopt;
  parts.after = rest;
  return parts;
}

bool plain_digits(std::string_view digits, char decimal, std::string& plain, bool& grouped) {
  plain.clear();
  grouped = false;
  const std::string_view exponent = take_exponent(digits);
  const std::size_t point = digits.find(decimal);
  if (!join_groups(digits.substr(0, point), decimal, plain, grouped)) return false;
  if (point != std::string_view::npos) {
    const std::string_view fraction = digits.substr(point + 1);
    if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return false;
    plain += '.';
    plain += fraction;
  }
  plain += exponent;
  return true;
}

bool is_factor(std::string_view unit) {
  constexpr std::array kFactors{"k"sv,  "K"sv, "m"sv, "M"sv,   "b"sv,   "B"sv,
                                "bn"sv, "G"sv, "T"sv, "mio"sv, "Mio"sv, "Mio."sv};
  return std::find(kFactors.begin(), kFactors.end(), unit) != kFactors.end();
}

NumberStatus parse_written(std::string_view cell, const NumberForm& form, double& value) {
  const NumberStatus as_is = parse_number(cell, value);
  const bool bare = !is_factor(form.after);
  if (form.decimal == '.' && bare && as_is != NumberStatus::kText) return as_is;
  if (as_is == NumberStatus::kInfinite || as_is == NumberStatus::kMissing) return as_is;
  const std::optional<NumberParts> parts = take_apart(cell);
  if (!parts || (!parts->before.empty() && parts->before != form.before)) return NumberStatus::kText;
  if (parts->after.empty() ? !bare : parts->after != form.after) return NumberStatus::kText;
  std::string plain;
  bool grouped = false;
  if (!plain_digits(parts->digits, form.decimal, plain, grouped) || (grouped && !form.grouped)) {
    return NumberStatus::kText;
  }
  const NumberStatus status = parse_number(plain, value);
  if (parts->negative) value = -value;
  return status;
}

}  // namespace poise::inline data
