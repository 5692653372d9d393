#include "data/table_head.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "data/number.h"

namespace poise {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kSampleRows = 1000;
constexpr std::ptrdiff_t kSampleBytes = 1 << 20;
constexpr std::size_t kRowsForTextHeader = 10;

std::vector<Row> sample_rows(const TableText& text, std::size_t most) {
  std::vector<Row> rows;
  const char* p = text.find_row(text.begin);
  while (p != text.end && rows.size() < most && p - text.begin < kSampleBytes) {
    rows.push_back(text.row_cells(p));
    p = text.find_row(text.next_line(text.find_row_end(p)));
  }
  return rows;
}

/// The number of cells that most rows have, and how many rows have it.
std::pair<std::size_t, std::size_t> usual_size(const std::vector<Row>& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const Row& row : rows) ++counts[row.size()];
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (const auto& [size, count] : counts) {
    if (count > best.second) best = {size, count};
  }
  return best;
}

/// Of the delimiters that split the rows evenly, the one that makes most cells; runs of blanks only if no other does
/// (", " is a comma). If none splits evenly, the one that comes closest: the error will name the odd row.
char infer_delimiter(TableText text, const std::string& file) {
  char best = ',';
  std::size_t best_columns = 1;
  double best_share = 0;
  for (const char delimiter : {'\t', ';', '|', ',', ' '}) {
    if (delimiter == text.dialect.comment || (delimiter == ' ' && best_share == 1)) continue;
    text.dialect.delimiter = delimiter;
    std::vector<Row> rows;
    try {
      rows = sample_rows(text, 100);
    } catch (const Error&) {
      continue;  // quotes that do not fit this delimiter
    }
    const auto [columns, count] = usual_size(rows);
    const double share = rows.empty() ? 0 : static_cast<double>(count) / static_cast<double>(rows.size());
    if (columns < 2 || share < best_share) continue;
    if (share > best_share || columns > best_columns) {
      best = delimiter;
      best_share = share;
      best_columns = columns;
    }
  }
  if (best_columns > 1 || !file.ends_with(".tsv")) return best;
  return '\t';
}

enum class Look { kNumber, kMissing, kText };

Look look_of(const std::string& cell) {
  double value = 0;
  switch (parse_number(cell, value)) {
    case NumberStatus::kText:
      return Look::kText;
    case NumberStatus::kMissing:
      return Look::kMissing;
    default:
      return Look::kNumber;
  }
}

/// How the sampled rows behind the first look, a column.
struct ColumnLook {
  std::size_t numbers = 0, texts = 0;
  bool first_appears_again = false;

  bool numeric() const { return static_cast<double>(texts) <= kTextShare * static_cast<double>(numbers + texts); }
};

std::vector<ColumnLook> look_at(const std::vector<Row>& rows, std::size_t columns) {
  std::vector<ColumnLook> looks(columns);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].size() != columns) continue;
    for (std::size_t j = 0; j < columns; ++j) {
      const Look look = look_of(rows[i][j]);
      looks[j].numbers += look == Look::kNumber;
      looks[j].texts += look == Look::kText;
      looks[j].first_appears_again |= j < rows[0].size() && rows[i][j] == rows[0][j];
    }
  }
  return looks;
}

/// A header: a label's name that is no value of its column; or text over at least half of the numeric columns; or, in
/// a table of text alone, cells that are all different and none of which is a value of its column.
bool infer_header(const std::vector<Row>& rows, const std::vector<ColumnLook>& looks) {
  const Row& first = rows.front();
  if (first.size() != looks.size()) return false;
  std::size_t numeric = 0, text_over_numeric = 0, rank = 0;
  bool all_new = rows.size() > kRowsForTextHeader, label_name = false;
  for (std::size_t j = 0; j < first.size(); ++j) {
    const bool text = look_of(first[j]) == Look::kText;
    const bool column_numeric = looks[j].numbers > 0 && looks[j].numeric();
    numeric += column_numeric;
    text_over_numeric += column_numeric && text;
    label_name |= text && !looks[j].first_appears_again && is_label_name(first[j], rank);
    all_new = all_new && text && !looks[j].first_appears_again;
  }
  if (label_name || (numeric > 0 && 2 * text_over_numeric >= numeric)) return true;
  return numeric == 0 && all_new && std::set<std::string>(first.begin(), first.end()).size() == first.size();
}

std::vector<std::string> column_names(const TableHead& head, const char* row, const Row& cells, std::size_t columns) {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> seen;
  for (std::size_t j = 0; j < columns; ++j) {
    const bool named = head.has_header && j < cells.size() && !cells[j].empty();
    names.push_back(named ? cells[j] : fmt::format("column {}", j));
    const auto [other, is_new] = seen.emplace(names.back(), j);
    if (is_new) continue;
    throw Error(
        ErrorKind::kData,
        fmt::format("the header names two columns '{}': numbers {} and {}, from 0", names.back(), other->second, j),
        "different names", "rename one of them", head.text.where(row, static_cast<Index>(j) + 1));
  }
  return names;
}

std::vector<CellMode> infer_modes(const std::vector<ColumnLook>& looks, const Row* first) {
  std::vector<CellMode> modes;
  for (std::size_t j = 0; j < looks.size(); ++j) {
    ColumnLook look = looks[j];
    if (first != nullptr && j < first->size()) {
      const Look own = look_of((*first)[j]);
      look.numbers += own == Look::kNumber;
      look.texts += own == Look::kText;
    }
    modes.push_back(look.numeric() ? CellMode::kNumber : CellMode::kText);
  }
  return modes;
}

bool holds_any(const Row& row, const std::vector<std::string>& names) {
  return std::any_of(row.begin(), row.end(), [&](const std::string& cell) {
    return std::find(names.begin(), names.end(), cell) != names.end();
  });
}

}  // namespace

bool is_label_name(const std::string& name, std::size_t& rank) {
  static constexpr std::array<std::string_view, 4> kNames = {"label", "class", "target", "y"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto found = std::find(kNames.begin(), kNames.end(), lower);
  rank = static_cast<std::size_t>(found - kNames.begin());
  return found != kNames.end();
}

std::string TableHead::title(Index column) const {
  const std::string& name = names[static_cast<std::size_t>(column)];
  return has_header ? fmt::format("column '{}'", name) : name;
}

TableHead open_table(const Bytes& bytes, const std::string& file, const ReadOptions& options,
                     const std::vector<std::string>& expected_names) {
  TableHead head;
  const bool quotes = check_text(bytes, file, options.threads);
  head.text = {bytes.data, bytes.data + bytes.size, {',', options.comment}, file, quotes};
  if (bytes.view().starts_with("\xEF\xBB\xBF")) head.text.begin += 3;
  head.text.dialect.delimiter =
      options.delimiter != 0 ? options.delimiter : infer_delimiter(head.text, without_packing(file));
  const std::vector<Row> rows = sample_rows(head.text, kSampleRows);
  if (rows.empty()) {
    throw Error(ErrorKind::kData, "no rows: only empty lines and comments", "rows of data", {}, {file});
  }
  const std::size_t columns = usual_size(rows).first;
  const std::vector<ColumnLook> looks = look_at(rows, columns);
  head.has_header = options.header.value_or(holds_any(rows[0], expected_names) || infer_header(rows, looks));
  const char* const first = head.text.find_row(head.text.begin);
  if (head.has_header && rows[0].size() != columns) {
    throw Error(ErrorKind::kData, fmt::format("the header has {} cells", rows[0].size()),
                fmt::format("{}, as in the other rows", columns), {}, head.text.where(first));
  }
  head.names = column_names(head, first, rows[0], columns);
  head.data = head.has_header ? head.text.next_line(head.text.find_row_end(first)) : first;
  head.modes = infer_modes(looks, head.has_header ? nullptr : &rows[0]);
  return head;
}

}  // namespace poise
