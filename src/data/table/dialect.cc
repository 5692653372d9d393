#include "data/table/dialect.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "data/table/column_look.h"

namespace poise::inline data {
namespace {

constexpr std::ptrdiff_t kSampleBytes = 1 << 20;
constexpr std::size_t kRowsForDelimiter = 100;

/// Of the delimiters that split the rows evenly, the one that makes most cells; runs of blanks only if no other does
/// (", " is a comma). If none splits evenly, the one that comes closest: the error will name the odd row.
char infer_delimiter(TableText text) {
  char best = ',';
  std::size_t best_columns = 1;
  double best_share = 0;
  for (const char delimiter : {'\t', ';', '|', ',', ' '}) {
    if (delimiter == text.dialect.comment || (delimiter == ' ' && best_share == 1)) continue;
    text.dialect.delimiter = delimiter;
    std::vector<TextRow> rows;
    try {
      rows = sample_rows(text, kRowsForDelimiter);
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
  if (best_columns > 1 || !without_packing(text.file).ends_with(".tsv")) return best;
  return '\t';
}

/// Lines at the top that begin with the character, and where the first other one is.
std::vector<const char*> lines_of_comment(const TableText& text, char comment, const char*& behind) {
  std::vector<const char*> lines;
  for (behind = text.find_row(text.begin); behind != text.end && *behind == comment; behind = text.find_row(behind)) {
    lines.push_back(behind);
    behind = text.next_line(std::find(behind, text.end, '\n'));
  }
  return lines;
}

/// Whether a line that begins with # is a row like the others, which tell which columns are numeric: a comment, or a
/// header that is commented out, has text there, or a blank behind the #. In a table without numbers, others must begin
/// with # as well.
bool looks_like_row(const TableText& text, const char* line, const std::vector<TextRow>& others) {
  if (line + 1 == text.end || text.is_blank(line[1])) return false;
  TextRow cells;
  try {
    cells = text.row_cells(line);
  } catch (const Error&) {
    return false;
  }
  const std::size_t columns = cells.size();
  if (columns < 2 || (!others.empty() && usual_size(others).first != columns)) return false;
  const MissingValues missing;
  bool numeric = false, begins_alike = others.empty();
  for (const TextRow& other : others) begins_alike = begins_alike || other[0].starts_with('#');
  for (std::size_t j = 0; j < columns; ++j) {
    ColumnLook look, own;
    for (const TextRow& other : others) look.add(j < other.size() ? other[j] : "", missing);
    own.add(cells[j], missing);
    if (look.numbers() == 0 || look.decide(0).mode != CellMode::kNumber) continue;
    numeric = true;
    if (own.decide(0).mode != CellMode::kNumber) return false;
  }
  return numeric || begins_alike;
}

/// A table of one column has a row in every line but for empty ones at its end.
const char* without_blank_lines(const TableText& text) {
  const char* end = text.end;
  for (const char* p = end; p != text.begin && (std::isspace(static_cast<unsigned char>(p[-1])) != 0); --p) {
    if (p[-1] == '\n') end = p;
  }
  return end;
}

/// Spreadsheets' first line "sep=;" says the delimiter of the others: it is passed over. 0 if there is none.
char take_separator_line(TableText& text) {
  constexpr std::string_view kBegin = "sep=";
  const std::string_view all(text.begin, text.end - text.begin), line = all.substr(0, all.find('\n'));
  const bool cut = line.ends_with('\r');
  if (!line.starts_with(kBegin) || line.size() != kBegin.size() + 1 + (cut ? 1 : 0) || line.size() == all.size())
    return 0;
  text.rows = text.begin + line.size() + 1;
  return line[kBegin.size()];
}

}  // namespace

std::vector<TextRow> sample_rows(const TableText& text, std::size_t most) {
  std::vector<TextRow> rows;
  const char* p = text.find_row(text.rows);
  while (p != text.end && rows.size() < most && p - text.rows < kSampleBytes) {
    rows.push_back(text.row_cells(p));
    p = text.find_row(text.next_line(text.find_row_end(p)));
  }
  return rows;
}

std::pair<std::size_t, std::size_t> usual_size(const std::vector<TextRow>& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const TextRow& row : rows) ++counts[row.size()];
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (const auto& [size, count] : counts) {
    if (count > best.second) best = {size, count};
  }
  return best;
}

Index infer_dialect(TableText& text, const ReadOptions& options) {
  text.dialect = {',', options.comment.value_or('\0'), options.quote};
  text.quotes = options.quote != 0 && (text.quotes || options.quote != '"');
  text.end = without_blank_lines(text);
  text.rows = text.begin;
  const char named = take_separator_line(text);
  std::vector<const char*> comments;
  if (!options.comment && named == 0) comments = lines_of_comment(text, '#', text.rows);
  const auto find_delimiter = [&] {
    const char known = options.delimiter != 0 ? options.delimiter : named;
    text.dialect.delimiter = known != 0 ? known : infer_delimiter(text);
  };
  if (text.rows == text.end && !comments.empty()) text.rows = comments.front();
  find_delimiter();
  if (comments.empty()) return 0;
  const std::vector<TextRow> others =
      text.rows == comments.front() ? std::vector<TextRow>{} : sample_rows(text, kRowsForDelimiter);
  text.rows = others.empty() ? text.end : text.rows;
  while (!comments.empty() && looks_like_row(text, comments.back(), others)) {
    text.rows = comments.back();
    comments.pop_back();
  }
  return static_cast<Index>(comments.size());
}

}  // namespace poise::inline data
