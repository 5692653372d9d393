#include "data/table/head.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/shell_word.h"
#include "data/table/dialect.h"
#include "data/table/header.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kSampleRows = 1000;

std::vector<ColumnLook> look_at(const std::vector<TextRow>& rows, std::size_t columns, const MissingValues& missing) {
  std::vector<ColumnLook> looks(columns);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].size() != columns) continue;
    for (std::size_t j = 0; j < columns; ++j) looks[j].add(rows[i][j], missing);
  }
  return looks;
}

/// The number of columns by the rows behind the first; the first row may end with a comma too many, or lack one that
/// all others end with.
std::size_t count_columns(std::vector<TextRow>& rows) {
  std::size_t columns = usual_size(rows).first;
  if (rows.size() < 2) return columns;
  columns = usual_size({rows.begin() + 1, rows.end()}).first;
  TextRow& first = rows.front();
  while (first.size() > columns && first.back().empty()) first.pop_back();
  const bool all_end_empty = std::all_of(
      rows.begin() + 1, rows.end(), [&](const TextRow& row) { return row.size() != columns || row.back().empty(); });
  if (first.size() + 1 == columns && all_end_empty) first.emplace_back();
  return columns;
}

bool is_unnamed(const std::string& name) { return name.empty() || name.starts_with("Unnamed: 0"); }

void name_columns(TableHead& head, const char* row, const TextRow& cells, std::size_t columns) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t j = 0; j < columns; ++j) {
    const bool named = head.has_header && j < cells.size() && !cells[j].empty();
    head.names.push_back(named ? cells[j] : fmt::format("column {}", j));
    head.unnamed.push_back(head.has_header && (!named || is_unnamed(cells[j])));
    const auto [other, is_new] = seen.emplace(head.names.back(), j);
    if (is_new) continue;
    throw Error(ErrorKind::kData,
                fmt::format("the header names two columns '{}': numbers {} and {}", head.names.back(),
                            other->second + 1, j + 1),
                "different names", "rename one of them", head.text.where(row, static_cast<Index>(j) + 1));
  }
}

/// Names that options give to columns; indices are none.
std::vector<std::string> names_in(const ReadOptions& options) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    Index index = 0;
    if (!read_index(name, index)) names.push_back(name);
  };
  if (options.label) add(*options.label);
  if (options.sample_weight) add(*options.sample_weight);
  for (const auto* list : {&options.ignore, &options.categorical, &options.numeric}) {
    for (const std::string& name : *list) add(name);
  }
  return names;
}

bool holds_any(const TextRow& row, const std::vector<std::string>& names) {
  return std::any_of(row.begin(), row.end(), [&](const std::string& cell) {
    return std::find(names.begin(), names.end(), cell) != names.end();
  });
}

bool find_header(TableHead& head, const std::vector<TextRow>& rows, const ReadOptions& options,
                 std::vector<std::string> known_names) {
  if (options.header) return *options.header;
  const std::vector<std::string> asked = names_in(options);
  known_names.insert(known_names.end(), asked.begin(), asked.end());
  if (holds_any(rows[0], known_names)) return true;
  const HeaderGuess guess = guess_header(rows, head.looks, head.missing);
  if (!guess.notice.empty()) head.notices.push_back(guess.notice);
  return guess.is_header;
}

}  // namespace

std::string TableHead::title(Index column) const { return short_title(column) + (has_header ? "" : " (from 0)"); }

std::string TableHead::short_title(Index column) const {
  const std::string& name = names[column];
  return has_header ? fmt::format("column '{}'", name) : name;
}

std::string TableHead::option_word(Index column) const {
  const std::string& name = names[column];
  const bool fits = has_header && name.find(',') == std::string::npos && !name.starts_with('-') &&
                    name.find_first_of("\r\n") == std::string::npos && !name.starts_with(' ') && !name.ends_with(' ');
  return fits ? shell_word(name) : std::to_string(column);
}

TableHead open_table(const Bytes& bytes, const std::string& file, const ReadOptions& options,
                     const std::vector<std::string>& expected_names, const MissingValues& missing) {
  TableHead head;
  head.missing = missing;
  const bool quotes = check_text(bytes, file, options.threads);
  head.text = {bytes.data, bytes.data + bytes.size, {}, file, quotes};
  head.text.pages = bytes.pages;
  if (bytes.view().starts_with("\xEF\xBB\xBF")) head.text.begin += 3;
  head.comments = infer_dialect(head.text, options);
  std::vector<TextRow> rows = sample_rows(head.text, kSampleRows);
  if (rows.empty()) {
    throw Error(ErrorKind::kData, "no rows: only empty lines and comments", "rows of data", {}, {file});
  }
  const std::size_t columns = count_columns(rows);
  head.looks = look_at(rows, columns, head.missing);
  head.has_header = find_header(head, rows, options, expected_names);
  const char* const first = head.text.find_row(head.text.rows, head.text.end, head.comments);
  if (head.has_header && rows[0].size() != columns) {
    throw Error(ErrorKind::kData, fmt::format("the header has {} cells", rows[0].size()),
                fmt::format("{}, as in the other rows", columns), {}, head.text.where(first));
  }
  name_columns(head, first, rows[0], columns);
  head.text.blank_rows = columns == 1;
  head.data = head.has_header ? head.text.next_line(head.text.find_row_end(first)) : first;
  for (std::size_t j = 0; !head.has_header && j < std::min(columns, rows[0].size()); ++j) {
    head.looks[j].add(rows[0][j], head.missing);
  }
  return head;
}

bool read_index(const std::string& text, Index& index) {
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  return code == std::errc{} && stop == text.data() + text.size();
}

Index find_column(const TableHead& head, const std::string& name) {
  if (head.has_header) {
    const auto found = std::find(head.names.begin(), head.names.end(), name);
    if (found != head.names.end()) return found - head.names.begin();
  }
  Index index = 0;
  if (!read_index(name, index)) return -1;
  if (index < 0) index += head.columns();
  return index >= 0 && index < head.columns() ? index : -1;
}

}  // namespace poise::inline data
