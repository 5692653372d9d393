// Whether the first row of a table names its columns.
#pragma once

#include <string>
#include <vector>

#include "data/table/column_look.h"
#include "data/table/dialect.h"

namespace poise::inline data {

/// What the first row is, and what is to be said about it.
struct HeaderGuess {
  bool is_header = false;
  std::string notice;  ///< empty, or a sentence about a first row 0, 1, 2, …
};

/// A header: a label's name that is no value of its column; or text over at least half of the numeric columns; or, in
/// a table of text alone, cells that are all different and that a row of data would hardly have: by the number of
/// values that occur once in each column, a first row would be as new as this one with a chance below 5 %; or 0, 1, 2,
/// … over numbers with decimals. `rows`: the first rows, `looks`: of those behind the first, one a column.
HeaderGuess guess_header(const std::vector<TextRow>& rows, const std::vector<ColumnLook>& looks,
                         const MissingValues& missing);

/// Whether a name is one that a label column usually has; `rank` is its place among them.
bool is_label_name(const std::string& name, std::size_t& rank);

}  // namespace poise::inline data
