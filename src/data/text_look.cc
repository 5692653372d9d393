#include "data/text_look.h"

#include <fmt/core.h>

#include <algorithm>

#include "data/number.h"

namespace poise {
namespace {

constexpr double kNearlyAll = 0.95;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t from) {
  std::size_t p = from;
  while (p < text.size() && is_digit(text[p])) ++p;
  return p - from;
}

/// [+-] digits, groups of a point and three digits, a comma, digits.
bool is_decimal_comma(std::string_view cell) {
  std::size_t p = !cell.empty() && (cell[0] == '-' || cell[0] == '+') ? 1 : 0;
  const std::size_t whole = digits_at(cell, p);
  p += whole;
  while (whole > 0 && whole <= 3 && p < cell.size() && cell[p] == '.' && digits_at(cell, p + 1) == 3) p += 4;
  if (p >= cell.size() || cell[p] != ',') return false;
  const std::size_t decimals = digits_at(cell, p + 1);
  return whole + decimals > 0 && p + 1 + decimals == cell.size();
}

/// Three numbers with the same mark between them, a year first or last; then nothing, or a T or a blank and a time.
bool is_date(std::string_view cell) {
  const std::size_t first = digits_at(cell, 0);
  if (first == 0 || first >= cell.size()) return false;
  const char mark = cell[first];
  const std::size_t second = digits_at(cell, first + 1), behind = first + 1 + second;
  if ((mark != '-' && mark != '/' && mark != '.') || behind >= cell.size() || cell[behind] != mark) return false;
  const std::size_t third = digits_at(cell, behind + 1), end = behind + 1 + third;
  const bool year_first = first == 4 && third >= 1 && third <= 2;
  const bool year_last = first <= 2 && (third == 4 || (third == 2 && mark == '/'));  // 1.2.34 may be a version
  if (second < 1 || second > 2 || !(year_first || year_last)) return false;
  if (end == cell.size()) return true;
  return (cell[end] == ' ' || cell[end] == 'T') && digits_at(cell, end + 1) >= 1;
}

}  // namespace

bool may_have_thousands(std::string_view cell) {
  std::size_t p = !cell.empty() && (cell[0] == '-' || cell[0] == '+') ? 1 : 0;
  const std::size_t whole = digits_at(cell, p);
  if (whole < 1 || whole > 3 || cell[p] == '0') return false;  // 0,125 is no count
  p += whole;
  if (p >= cell.size() || cell[p] != ',') return false;
  while (p < cell.size() && cell[p] == ',' && digits_at(cell, p + 1) == 3) p += 4;
  if (p < cell.size() && cell[p] == '.') p += 1 + digits_at(cell, p + 1);
  return p == cell.size();
}

TextLook look_of(std::string_view cell) {
  if (is_decimal_comma(cell)) return TextLook::kDecimalComma;
  return is_date(cell) ? TextLook::kDate : TextLook::kOther;
}

TextLook look_of(const TextColumn& column) {
  double all = 0, commas = 0, thousands = 0, numbers = 0, dates = 0;
  bool decimals = false;
  for (const Dictionary::Entry& entry : column.entries) {
    double value = 0;
    const NumberStatus status = parse_number(entry.text, value);
    if (status == NumberStatus::kMissing) continue;
    const auto count = static_cast<double>(entry.count);
    const TextLook look = look_of(entry.text);
    all += count;
    numbers += status == NumberStatus::kNumber ? count : 0;  // "3" beside "3,5"
    commas += look == TextLook::kDecimalComma ? count : 0;
    dates += look == TextLook::kDate ? count : 0;
    const bool sets_off = may_have_thousands(entry.text);
    thousands += sets_off ? count : 0;
    decimals = decimals || (look == TextLook::kDecimalComma && !sets_off);
  }
  if (thousands > 0 && !decimals && thousands + numbers >= kNearlyAll * all) return TextLook::kThousands;
  if (commas > 0 && commas + numbers >= kNearlyAll * all) return TextLook::kDecimalComma;
  return dates > 0 && dates >= kNearlyAll * all ? TextLook::kDate : TextLook::kOther;
}

namespace {

bool has_look(std::string_view cell, TextLook look) {
  return look == TextLook::kThousands ? may_have_thousands(cell) : look_of(cell) == look;
}

}  // namespace

std::string describe(TextLook look, const TextColumn& column) {
  const auto first = std::find_if(column.entries.begin(), column.entries.end(),
                                  [&](const Dictionary::Entry& entry) { return has_look(entry.text, look); });
  const std::string_view example = first == column.entries.end() ? std::string_view() : first->text;
  const char* const what = look == TextLook::kDate        ? "dates"
                           : look == TextLook::kThousands ? "numbers with commas that set off thousands"
                                                          : "numbers with decimal commas";
  return fmt::format("{}, such as '{}'", what, example);
}

const char* hint_at(TextLook look) {
  if (look == TextLook::kThousands) return "remove the commas for them to be numbers";
  return look == TextLook::kDate ? "write what matters of them (a year, a day of the week) as numbers, or leave the "
                                   "column out with --ignore"
                                 : "write points for them to be numbers";
}

}  // namespace poise
