// From the text of a table to typed columns, in parallel over chunks of rows.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "data/array/packed_rows.h"
#include "data/table/dictionary.h"
#include "data/table/missing_values.h"
#include "data/table/text.h"
#include "poise/watcher.h"

namespace poise::inline data {

/// How a column of the file is parsed.
enum class CellMode : std::uint8_t {
  kNumber,  ///< to doubles; what is no number is counted
  kText,    ///< to numbers of strings
  kSkip     ///< not at all
};

/// How one column of the file is read.
struct ColumnReading {
  CellMode mode = CellMode::kSkip;
  NumberForm form;      ///< kNumber only
  std::string example;  ///< a cell that is why the form is not plain; empty if it is

  bool same(const ColumnReading& other) const { return mode == other.mode && form == other.form; }
};

/// How the rows of a table are read.
struct TableReading {
  std::vector<ColumnReading> columns;  ///< one a column of the file
  MissingValues missing;
  Index needed = -1;  ///< a text column without which a row is left out, such as the label; −1: none

  /// Numbers in the plain way, and text.
  static TableReading plain(const std::vector<CellMode>& modes);
};

/// What a chunk (or the whole file) has in a number column beside finite numbers; pointers to the first of each.
struct OddCells {
  Index missing = 0, text = 0;
  Index unsure = 0;  ///< of those missing: "-" and the like, which are so beside numbers only
  const char* first_missing = nullptr;
  const char* first_text = nullptr;
  const char* first_infinite = nullptr;

  void add(const OddCells& later);
};

/// A chunk of rows as parsed.
struct TableChunk {
  Index rows = 0;
  PackedRows numbers;                             ///< rows × number columns, NaN where there is no number
  std::vector<OddCells> odd;                      ///< one a number column
  std::vector<std::vector<std::uint32_t>> texts;  ///< one a text column: a string's number in `dictionaries`, a row
  std::vector<Dictionary> dictionaries;           ///< one a text column, of this chunk; emptied by the merge
  std::deque<std::string> unescaped;              ///< strings that are not literally in the text
  std::vector<Index> left_out;                    ///< rows without the needed cell, as counted in the file's chunk
  const char* first_left_out = nullptr;
  Index comments = 0;  ///< lines
};

/// The distinct strings of a text column over all chunks, in the order of their appearance.
struct TextColumn {
  std::vector<Dictionary::Entry> entries;
  std::vector<std::vector<std::uint32_t>> numbers;  ///< a chunk: from its own string number to the index in `entries`
};

/// What a table is parsed from.
struct TableSource {
  const TableText* text = nullptr;
  TableReading reading;
  std::vector<const char*> starts;  ///< of the chunks, and the end
};

/// The table as parsed. Slot k of the number (text) columns is the k-th column in that mode.
struct ParsedTable {
  std::vector<CellMode> modes;     ///< one a column of the file
  std::vector<Index> slots;        ///< one a column of the file: its slot, −1 if skipped
  std::vector<TableChunk> chunks;  ///< if the file may not stay in memory without their cells
  TableSource source;              ///< empty if it was parsed from no text
  std::vector<Index> first_row;    ///< of each chunk, and the number of all rows at the end
  std::vector<OddCells> odd;       ///< one a number column
  std::vector<TextColumn> texts;   ///< one a text column

  Index rows() const { return first_row.back(); }
  Index left_out() const;              ///< rows without the needed cell
  Index comments() const;              ///< lines
  const char* first_left_out() const;  ///< the place of the first such cell; null if there is none
  /// The row's number in the file, which also has the rows that were left out. Both from 0.
  Index file_row(Index row) const;
  Index number_columns() const { return static_cast<Index>(odd.size()); }

  /// use(chunk), with its cells: as they were kept, or parsed anew.
  template <typename Use>
  void with_chunk(Index number, const Use& use) const {
    keeps_cells() ? use(chunks[number]) : use(parse(number));
  }
  bool keeps_cells() const { return !source.text || !source.text->pages; }
  TableChunk parse(Index number) const;
};

/// Parses all rows from `data` on; tells `watcher` (may be null) how far it is. Error(kData) at a row whose number of
/// cells is not that of the columns.
ParsedTable parse_table(const TableText& text, const char* data, const TableReading& reading, int threads,
                        Watcher* watcher = nullptr);

/// The cell at a place that parse_table remembers.
std::string cell_at(const TableText& text, const char* place);

}  // namespace poise::inline data
