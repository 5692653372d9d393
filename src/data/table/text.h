// Walking through the text of a table: rows, cells, quotes (RFC 4180), comment lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/bytes/bytes.h"
#include "poise/dataset.h"

namespace poise::inline data {

/// How cells are written. Delimiter ' ' means runs of blanks (spaces and tabs).
struct Dialect {
  char delimiter = ',';
  char comment = 0;  ///< lines that begin with it are skipped; 0: none
  char quote = '"';  ///< 0: none

  bool runs() const { return delimiter == ' '; }
};

/// A cell without the blanks and quotes around it.
struct Cell {
  const char* begin = nullptr;
  const char* end = nullptr;
  bool escaped = false;  ///< holds doubled quotes

  std::string_view raw() const { return std::string_view(begin, end - begin); }
  std::string text(char quote = '"') const;  ///< doubled quotes undone
};

/// The text of a table, its dialect, and its file's name for errors. Positions are pointers into the text.
struct TableText {
  const char* begin = nullptr;  ///< behind a byte-order mark
  const char* end = nullptr;
  Dialect dialect;
  std::string file;
  bool quotes = true;          ///< whether there may be any: a hint
  const char* rows = nullptr;  ///< where the first row begins, behind comments at the top
  bool blank_rows = false;     ///< an empty line is a row: of a table of one column, a missing value
  std::shared_ptr<const StreamedPages> pages = nullptr;  ///< of a file that is not to stay in memory

  /// This much of it was read.
  void touched(const char* from, const char* to) const {
    if (pages) pages->touched(from, to);
  }
  bool is_blank(char c) const { return c == ' ' || (c == '\t' && dialect.delimiter != '\t'); }
  const char* skip_blanks(const char* p) const {
    while (p != end && is_blank(*p)) ++p;
    return p;
  }
  bool at_row_end(const char* p) const {
    return p == end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
  }
  bool at_cell_end(const char* p) const {
    return p == end || *p == dialect.delimiter || (dialect.runs() && *p == '\t') || at_row_end(p);
  }

  /// First byte of the next row at or behind p, which is at a line's start: skips empty and comment lines, and counts
  /// the latter. What lies behind `stop` is left alone; the answer is `stop` or a later line's start if there is no
  /// row.
  const char* find_row(const char* p, const char* stop, Index& comments) const;
  const char* find_row(const char* p) const {
    Index comments = 0;
    return find_row(p, end, comments);
  }
  /// Reads the cell at p and moves p to the delimiter or row end behind it.
  Cell read_cell(const char*& p) const;
  /// At the end of a cell: moves p behind the delimiter and returns true, or returns false at the row's end.
  bool next_cell(const char*& p) const {
    if (p == end || *p != dialect.delimiter || dialect.runs()) return next_cell_slow(p);
    ++p;
    return true;
  }
  /// At the end of a row: the start of the next line.
  const char* next_line(const char* p) const;
  /// From the start of a row to its end (which is not the line's end if a quoted cell holds line breaks).
  const char* find_row_end(const char* p) const;
  /// The row with this number, from 0, of those from `data` on. Reads all before it: for errors only.
  const char* row_at(const char* data, Index row) const;
  /// All cells of the row at p, as text.
  std::vector<std::string> row_cells(const char* p) const;

  /// Line of p and, where given, the number of the cell in its row (both from 1). Counts lines: for errors only.
  Location where(const char* p, Index cell = 0) const;

 private:
  Cell read_quoted(const char*& p) const;
  bool next_cell_slow(const char*& p) const;
};

/// Error(kData) at a row that does not have as many cells as the others.
[[noreturn]] void fail_ragged(const TableText& text, const char* row, Index columns);

/// Refuses what is not UTF-8 text: other encodings, NUL bytes, line ends of carriage returns alone. Whether there is a
/// quote in it.
bool check_text(const Bytes& bytes, const std::string& file, int threads);

/// Chunks of about 256 KiB (as numbers they fit into the second-level cache) that begin and end at rows: boundaries
/// depend on the text alone, so results do not depend on the number of threads. `data` is where the first row of data
/// begins; the last entry is the end of the text.
std::vector<const char*> chunk_rows(const TableText& text, const char* data);

}  // namespace poise::inline data
