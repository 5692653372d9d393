// What the first rows of a table tell: delimiter, number of columns, header, which columns look numeric.
#pragma once

#include <string>
#include <vector>

#include "data/table_parse.h"
#include "data/table_text.h"
#include "poise/read.h"

namespace poise {

/// A table, opened. `names` has one name a column: from the header, or "column 0", "column 1", …
struct TableHead {
  TableText text;
  const char* data = nullptr;  ///< where the rows behind the header begin
  bool has_header = false;
  std::vector<std::string> names;
  std::vector<CellMode> modes;  ///< by the first rows: kNumber or kText

  Index columns() const { return static_cast<Index>(names.size()); }
  /// For messages: "column 'age'", or "column 3" (from 0) if there is no header.
  std::string title(Index column) const;
};

/// Text cells of a column that is otherwise numeric are errors up to this share; above it the column is categorical.
constexpr double kTextShare = 0.05;

/// Looks at the first rows. `expected_names`: of a trained model's columns; a first row that holds one is a header.
/// Error(kData) if the header has a name twice or there is only one column.
TableHead open_table(const Bytes& bytes, const std::string& file, const ReadOptions& options,
                     const std::vector<std::string>& expected_names);

/// Whether a name is one that a label column usually has; `rank` is its place among them.
bool is_label_name(const std::string& name, std::size_t& rank);

}  // namespace poise
