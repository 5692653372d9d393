#include "data/table/header.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "data/bytes/number.h"
#include "data/bytes/written_number.h"

namespace poise::inline data {
namespace {

constexpr double kChance = 0.05;
constexpr std::size_t kFewestCounted = 3;  // cells 0, 1, 2

/// Whether a cell is text where the column's other cells are numbers.
bool is_text(const std::string& cell, const NumberForm& form, const MissingValues& missing) {
  double value = 0;
  return !missing.holds(cell) && !missing.holds_beside_numbers(cell) &&
         parse_written(cell, form, value) == NumberStatus::kText;
}

/// The cells of a column behind the first row, counted.
std::map<std::string, std::size_t> values_of(const std::vector<TextRow>& rows, std::size_t column) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (column < rows[i].size()) ++counts[rows[i][column]];
  }
  return counts;
}

/// The chance that one row of data has a value of its own in this column: as many values occur once as are new.
double chance_of_new(const std::map<std::string, std::size_t>& counts) {
  std::size_t once = 1, all = 1;
  for (const auto& [value, count] : counts) {
    once += count == 1 ? 1 : 0;
    all += count;
  }
  return static_cast<double>(once) / static_cast<double>(all);
}

/// "0, 1, 2" of a first row 0, 1, 2 (behind an empty cell or not); else nothing.
std::string counted(const TextRow& first) {
  const std::size_t begin = first[0].empty() ? 1 : 0;
  if (first.size() < begin + kFewestCounted) return {};
  std::string list;
  for (std::size_t j = begin; j < first.size(); ++j) {
    if (first[j] != std::to_string(j - begin)) return {};
    if (j > begin) list += ", ";
    list += first[j];
  }
  return list;
}

/// A column that has not one integer in many rows: then neither 0 nor 1 is one of its values.
bool has_column_of_decimals(const std::vector<TextRow>& rows) {
  for (std::size_t j = 0; j < rows[0].size(); ++j) {
    std::size_t decimals = 0, others = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
      double value = 0;
      const bool number = j < rows[i].size() && parse_number(rows[i][j], value) == NumberStatus::kNumber;
      (number && std::nearbyint(value) != value ? decimals : others) += 1;
    }
    if (decimals > 4 && others == 0) return true;
  }
  return false;
}

HeaderGuess guess_by_counting(const std::vector<TextRow>& rows) {
  const std::string list = counted(rows[0]);
  if (list.empty()) return {};
  if (has_column_of_decimals(rows)) {
    return {true, fmt::format("the first row is {}: taken for names of the columns; --no-header makes it a row of data",
                              list)};
  }
  return {false, fmt::format("the first row is {}, and read as data; if it names the columns: --header", list)};
}

}  // namespace

HeaderGuess guess_header(const std::vector<TextRow>& rows, const std::vector<ColumnLook>& looks,
                         const MissingValues& missing) {
  const TextRow& first = rows.front();
  if (first.size() != looks.size()) return {};
  std::size_t numeric = 0, text_over_numeric = 0, rank = 0;
  bool all_new = rows.size() > 1, label_name = false;
  double chance = 1;
  for (std::size_t j = 0; j < first.size(); ++j) {
    const ColumnReading reading = looks[j].decide(0);
    const bool column_numeric = looks[j].numbers() > 0 && reading.mode == CellMode::kNumber;
    const bool text = is_text(first[j], reading.form, missing);
    numeric += column_numeric;
    text_over_numeric += column_numeric && text;
    const std::map<std::string, std::size_t> values = values_of(rows, j);
    const bool is_new = text && !values.contains(first[j]);
    label_name = label_name || (is_new && is_label_name(first[j], rank));
    all_new = all_new && is_new;
    chance *= chance_of_new(values);
  }
  if (label_name || (numeric > 0 && 2 * text_over_numeric >= numeric)) return {true, {}};
  if (numeric > 0) return guess_by_counting(rows);
  return {all_new && chance < kChance && std::set<std::string>(first.begin(), first.end()).size() == first.size(), {}};
}

bool is_label_name(const std::string& name, std::size_t& rank) {
  static constexpr std::array<std::string_view, 4> kNames = {"label", "class", "target", "y"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto found = std::find(kNames.begin(), kNames.end(), lower);
  rank = found - kNames.begin();
  return found != kNames.end();
}

}  // namespace poise::inline data
