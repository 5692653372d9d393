#include "data/table/text_look.h"

#include "data/bytes/characters.h"

namespace poise::inline data {
namespace {

constexpr double kNearlyAll = 0.95;

std::size_t digits_at(std::string_view text, std::size_t from) {
  std::size_t p = from;
  while (p < text.size() && is_digit(text[p])) ++p;
  return p - from;
}

}  // namespace

// Three numbers with the same mark between them, a year first or last; then nothing, or a T or a blank and a time.
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

std::string example_of_dates(const TextColumn& column, const MissingValues& missing) {
  double all = 0, dates = 0;
  std::string example;
  for (const Dictionary::Entry& entry : column.entries) {
    if (missing.holds(entry.text)) continue;
    const auto count = static_cast<double>(entry.count);
    all += count;
    if (!is_date(entry.text)) continue;
    dates += count;
    if (example.empty()) example = entry.text;
  }
  return dates >= kNearlyAll * all ? example : "";
}

}  // namespace poise::inline data
