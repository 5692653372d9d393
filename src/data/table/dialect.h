// How a table is written: where its rows begin, and what is between its cells.
#pragma once

#include <string>
#include <vector>

#include "data/table/text.h"
#include "poise/read.h"

namespace poise::inline data {

using TextRow = std::vector<std::string>;

/// The first rows from text.rows on, as text: at most `most` of them, from the first MiB.
std::vector<TextRow> sample_rows(const TableText& text, std::size_t most);

/// The number of cells that most rows have, and how many rows have it.
std::pair<std::size_t, std::size_t> usual_size(const std::vector<TextRow>& rows);

/// Fills dialect, quotes, rows and end of a text whose begin and end are known. Without --comment, lines at the top
/// that begin with # are comments, unless the last of them look like rows of data. Returns how many were skipped.
Index infer_dialect(TableText& text, const ReadOptions& options);

}  // namespace poise::inline data
