#include "data/table/chunk_parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "data/bytes/number.h"
#include "data/bytes/written_number.h"

namespace poise::inline data {
namespace {

constexpr std::ptrdiff_t kLongDecimal = 17;  // characters
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Parses the rows of one chunk.
class ChunkParser {
 public:
  ChunkParser(const TableText& text, const TableReading& reading, const ParsedTable& table)
      : text_(text), reading_(reading), table_(table) {
    long_.resize(table.modes.size(), 0);
    run_end_.resize(table.modes.size(), 0);
    for (const ColumnReading& column : reading.columns) {
      slow_.push_back(column.form.decimal == ',' || reading.missing.has_numbers());
    }
    for (std::size_t k = run_end_.size(); k-- > 0;) {
      const bool plain = table.modes[k] == CellMode::kNumber && slow_[k] == 0;
      run_end_[k] = plain && k + 1 < run_end_.size() ? std::max(k + 1, run_end_[k + 1]) : k;
    }
    chunk_.odd.resize(table.odd.size());
    chunk_.texts.resize(table.texts.size());
    chunk_.dictionaries.resize(table.texts.size());
  }

  TableChunk run(const char* p, const char* stop) {
    chunk_.numbers = PackedRows(table_.number_columns());
    numbers_.resize(kBatch + table_.odd.size());
    const char* const begin = p;
    while ((p = text_.find_row(p, stop, chunk_.comments)) < stop) {
      p = text_.next_line(parse_row(p));
      end_row();
      if (used_ < kBatch) continue;
      const bool first = chunk_.rows == batch_rows();
      pack();
      if (first) reserve(static_cast<double>(stop - begin) / static_cast<double>(p - begin));
    }
    pack();
    return std::move(chunk_);
  }

 private:
  /// Numbers that are packed at once: they stay in the first-level cache.
  static constexpr std::size_t kBatch = 1024;

  /// The row counts, unless the cell that it needs is missing: then it leaves no trace.
  void end_row() {
    if (needed_is_missing_) [[unlikely]] {
      leave_out();
    } else {
      ++chunk_.rows;
      if (odd_in_row_.empty()) [[likely]]
        return;
      for (const auto& [slot, odd] : odd_in_row_) chunk_.odd[slot].add(odd);
    }
    odd_in_row_.clear();
  }

  void leave_out() {
    needed_is_missing_ = false;
    chunk_.left_out.push_back(chunk_.rows + static_cast<Index>(chunk_.left_out.size()));
    used_ -= table_.odd.size();
    for (std::size_t slot = 0; slot < chunk_.texts.size(); ++slot) {
      chunk_.dictionaries[slot].remove(chunk_.texts[slot].back());
      chunk_.texts[slot].pop_back();
    }
  }

  Index batch_rows() const { return static_cast<Index>(used_ / table_.odd.size()); }

  void pack() {
    chunk_.numbers.append({numbers_.data(), used_}, narrow_);
    used_ = 0;
    narrow_ = true;
  }

  /// Room for the whole chunk, which has `share` times the rows of the first batch: growing would touch all pages anew.
  void reserve(double share) {
    const auto rows = static_cast<std::size_t>(1.05 * share * static_cast<double>(chunk_.rows)) + 1;
    chunk_.numbers.reserve(rows * table_.odd.size());
    for (auto& text : chunk_.texts) text.reserve(rows);
  }

  const char* parse_row(const char* p) {
    const char* const row = p;
    const std::size_t columns = table_.modes.size();
    for (std::size_t column = 0;; ++column) {
      take_numbers(p, column);
      switch (table_.modes[column]) {
        case CellMode::kNumber:
          take_number(p, column);
          break;
        case CellMode::kText:
          take_text(p, column);
          break;
        case CellMode::kSkip:
          text_.read_cell(p);
          break;
      }
      const bool more = text_.next_cell(p);
      if (more == (column + 1 < columns)) {
        if (!more) return p;
      } else {
        fail_ragged(text_, row, static_cast<Index>(columns));
      }
    }
  }

  /// Takes cells that are numbers, blanks around them or not, up to the end of this run of number columns or the
  /// table's last column: that one and what else there is are left to take_number. Cells are found 64 bytes at a time,
  /// so that none has to wait for the one before.
  void take_numbers(const char*& p, std::size_t& column) {
    constexpr std::ptrdiff_t kBlock = 64, kBehind = 4;
    if (text_.dialect.runs() || p - text_.begin < kBeforePlain) return;
    double* const first = numbers_.data() + used_;
    double* const stop = first + (run_end_[column] - column);
    double* out = first;
    while (out != stop && text_.end - p >= kBlock + kBehind) {
      const char* const block = p;
      std::uint64_t delimiters = bytes_equal(block, text_.dialect.delimiter);
      const std::uint64_t points = bytes_equal(block, '.');
      if (delimiters == 0) break;
      if (points == 0) take_digits(p, block, delimiters, out, stop);
      if (out == stop || delimiters == 0) continue;
      narrow_ = false;
      if (!take_decimals(p, block, delimiters, points, out, stop)) break;
    }
    used_ += out - first;
    column += out - first;
  }

  /// Takes cells of one to four digits, the ends of which are in `delimiters`, a bit a byte of the block.
  static void take_digits(const char*& p, const char* block, std::uint64_t& delimiters, double*& out, double* stop) {
    const char* from = p;  // copies, for the loop to keep in registers
    double* to = out;
    std::uint64_t ends = delimiters;
    for (; ends != 0 && to != stop; ends &= ends - 1) {
      const char* const end = block + std::countr_zero(ends);
      if (!parse_digits(from, end - from, *to)) break;
      from = end + 1;
      ++to;
    }
    p = from;
    out = to;
    delimiters = ends;
  }

  /// Takes any numbers; false at a cell that is none. `points` has the decimal points of the block.
  bool take_decimals(const char*& p, const char* block, std::uint64_t delimiters, std::uint64_t points, double*& out,
                     double* stop) const {
    const char* from = p;
    double* to = out;
    bool numbers = true;
    for (; delimiters != 0 && to != stop; delimiters &= delimiters - 1) {
      const char* const end = block + std::countr_zero(delimiters);
      const std::uint64_t inside = points & (delimiters ^ (delimiters - 1));  // of this cell: the others are gone
      const char* const point = inside == 0 ? end : block + std::countr_zero(inside);
      points ^= inside;
      numbers = parse_plain(from, end, point, *to) || parse_any(from, end, *to);
      if (!numbers) break;
      from = end + 1;
      ++to;
    }
    p = from;
    out = to;
    return numbers;
  }

  /// Whether [p, end) is a finite number with nothing but blanks around it.
  bool parse_any(const char* p, const char* end, double& value) const {
    p = text_.skip_blanks(p);
    while (end > p && text_.is_blank(end[-1])) --end;
    // Both ways give the same bits. Trying the first on long decimals too costs a third.
    const char* q = p;
    if (end - p <= kLongDecimal && parse_short_decimal(q, end, value)) return q == end;
    const auto [stop, code] = std::from_chars(p, end, value);
    return code == std::errc{} && stop == end && std::isfinite(value);
  }

  void take_number(const char*& p, std::size_t column) {
    // A single digit, such as the zeros of a column that also has decimals.
    const bool slow = slow_[column] != 0;
    if (!slow && text_.end - p > 1 && p[1] == text_.dialect.delimiter && p[0] >= '0' && p[0] <= '9') {
      numbers_[used_++] = *p++ - '0';
      return;
    }
    const double value = slow ? odd_number(p, column) : read_number(p, column);
    narrow_ = narrow_ && value >= -32768 && value <= 32767 && value == static_cast<std::int16_t>(value);
    numbers_[used_++] = value;
  }

  double read_number(const char*& p, std::size_t column) {
    const char* q = text_.skip_blanks(p);
    double value = 0;
    // Both ways give the same bits. Columns of long decimals keep to the second: trying the first too costs a third.
    if (!long_[column] && parse_short_decimal(q, text_.end, value) && ends_cell(q)) {
      p = q;
      return value;
    }
    q = text_.skip_blanks(p);
    const auto [stop, code] = std::from_chars(q, text_.end, value);  // a long decimal
    long_[column] = stop - q > kLongDecimal;
    if (code == std::errc{} && std::isfinite(value) && ends_cell(q = stop)) {
      p = q;
      return value;
    }
    return odd_number(p, column);
  }

  /// Whether nothing but blanks is left in the cell; moves q to its end.
  bool ends_cell(const char*& q) const {
    if (text_.at_cell_end(q)) return true;
    if (!text_.dialect.runs()) q = text_.skip_blanks(q);
    return text_.at_cell_end(q);
  }

  /// The cell at p if it is not a plain number.
  double odd_number(const char*& p, std::size_t column) {
    const char* const place = p;
    const Cell cell = text_.read_cell(p);
    double value = kNoNumber;
    const std::string_view content = cell.raw();
    const bool unsure = reading_.missing.holds_beside_numbers(content);
    OddCells odd;
    if (unsure || reading_.missing.holds(content)) {
      odd = {1, 0, unsure ? 1 : 0, place, nullptr, nullptr};
    } else {
      const NumberStatus status =
          cell.escaped ? NumberStatus::kText : parse_written(content, reading_.columns[column].form, value);
      if (status == NumberStatus::kNumber && !reading_.missing.holds_number(value)) return value;
      if (status == NumberStatus::kNumber) {
        odd.missing = 1;
        odd.first_missing = place;
      } else if (status == NumberStatus::kInfinite) {
        odd.first_infinite = place;
      } else {
        odd.text = 1;
        odd.first_text = place;
      }
    }
    odd_in_row_.emplace_back(table_.slots[column], odd);
    return kNoNumber;
  }

  void take_text(const char*& p, std::size_t column) {
    const char* const place = p;
    const Index slot = table_.slots[column];
    const Cell cell = text_.read_cell(p);
    std::string_view content = cell.raw();
    if (cell.escaped) content = chunk_.unescaped.emplace_back(cell.text(text_.dialect.quote));
    const std::uint32_t number = chunk_.dictionaries[slot].add(content, place);
    chunk_.texts[slot].push_back(number);
    if (static_cast<Index>(column) == reading_.needed) note_needed(number, content, place);
  }

  /// `number`: of the content in its dictionary, which is asked about each just once.
  void note_needed(std::uint32_t number, std::string_view content, const char* place) {
    if (number == missing_needed_.size()) missing_needed_.push_back(reading_.missing.holds(content));
    needed_is_missing_ = missing_needed_[number];
    if (needed_is_missing_ && chunk_.first_left_out == nullptr) chunk_.first_left_out = place;
  }

  const TableText& text_;
  const TableReading& reading_;
  const ParsedTable& table_;
  TableChunk chunk_;
  // One a column:
  std::vector<char> long_;  ///< whether its cell before was a long decimal
  std::vector<char> slow_;  ///< whether a plain decimal may be something else: with decimal commas, or a missing value
  std::vector<std::size_t> run_end_;  ///< the first behind it that is no number column, or the table's last
  std::vector<double> numbers_;
  std::size_t used_ = 0;
  bool narrow_ = true;  ///< whether all of them are known to be integers of 16 bits
  // Of the row at hand:
  std::vector<std::pair<std::size_t, OddCells>> odd_in_row_;  ///< slot, and what is there
  bool needed_is_missing_ = false;
  std::vector<bool> missing_needed_;  ///< one a string of the needed column: whether it stands for a missing value
};

}  // namespace

TableChunk parse_chunk(const TableText& text, const TableReading& reading, const ParsedTable& table, const char* begin,
                       const char* end) {
  return ChunkParser(text, reading, table).run(begin, end);
}

}  // namespace poise::inline data
