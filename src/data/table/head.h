// What the first rows of a table tell: delimiter, number of columns, header, what the columns look like.
#pragma once

#include <string>
#include <vector>

#include "data/table/column_look.h"
#include "data/table/missing_values.h"
#include "data/table/parse.h"
#include "data/table/text.h"
#include "poise/read.h"

namespace poise::inline data {

/// A table, opened. `names` has one name a column: from the header, or "column 0", "column 1", …
struct TableHead {
  TableText text;
  const char* data = nullptr;  ///< where the rows behind the header begin
  bool has_header = false;
  std::vector<std::string> names;
  std::vector<bool> unnamed;      ///< by a header that leaves the name out, or has one that pandas made up
  std::vector<ColumnLook> looks;  ///< of the first rows
  MissingValues missing;
  Index comments = 0;  ///< lines skipped before the first row
  std::vector<std::string> notices;

  Index columns() const { return static_cast<Index>(names.size()); }
  /// For messages: "column 'age'", or "column 3 (from 0)" if there is no header.
  std::string title(Index column) const;
  std::string short_title(Index column) const;  ///< without "(from 0)"
  /// The column as an option names it, to be pasted into a shell: "age", "'column 0'", "3".
  std::string option_word(Index column) const;
};

/// Looks at the first rows. `expected_names`: of a trained model's columns; a first row that holds one is a header, and
/// so is one that holds a name which an option gives. `missing`: what stands for a missing value. Error(kData) if the
/// header has a name twice or is of another length than the rows.
TableHead open_table(const Bytes& bytes, const std::string& file, const ReadOptions& options,
                     const std::vector<std::string>& expected_names, const MissingValues& missing);

/// The column an option names: by header name, else by index from 0, negative from the end. −1 if there is none.
Index find_column(const TableHead& head, const std::string& name);

/// Whether the text is an integer, which names a column by its place.
bool read_index(const std::string& text, Index& index);

}  // namespace poise::inline data
