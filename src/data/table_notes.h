// What is said about the columns of a table: those left out, text that became categories, missing values.
#pragma once

#include <string>
#include <vector>

#include "data/table_columns.h"

namespace poise {

inline const std::string kMissingCategory = "?";

/// How many values of a column are missing.
Index count_missing(const ParsedTable& parsed, Index position);

/// The reason to leave a column out, or nothing.
std::string reason_to_leave_out(const ParsedTable& parsed, Index position, const std::string& name);

/// Numeric feature columns that hold 0, 1, 2, … or 1, 2, 3, … in the order of the rows (more than 20), by position.
std::vector<Index> counting_columns(const ParsedTable& parsed, const std::vector<Index>& positions);

/// Where a text column looks like numbers or dates: a notice that it became categories all the same. True if so.
bool note_look(const std::string& name, const TextColumn& texts, std::size_t categories,
               std::vector<std::string>& notices);

/// One line for all text columns that became categories; `columns`: their names and numbers of categories.
void note_categories(const std::vector<std::string>& columns, std::vector<std::string>& notices);

/// Inspecting: the columns whose missing values training would refuse. (A literal ? in a text column is a category.)
void note_missing(TableColumns& columns);

}  // namespace poise
