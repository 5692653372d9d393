// One chunk of the rows of a table, from text to numbers and strings.
#pragma once

#include "data/table/parse.h"

namespace poise::inline data {

/// Parses the rows from `begin` to `end`, as `reading` and the slots of `table` say. Numbers come out as the nearest
/// doubles. Error(kData) at a row whose number of cells is not that of the columns.
TableChunk parse_chunk(const TableText& text, const TableReading& reading, const ParsedTable& table, const char* begin,
                       const char* end);

}  // namespace poise::inline data
