// Which type holds the numbers of a column of a table.
#pragma once

#include <vector>

#include "data/table/parse.h"
#include "rows/narrow.h"

namespace poise::inline data {

/// Of every number column of a chunk; missing values (NaN) do not count.
std::vector<Fineness> chunk_fineness(const TableChunk& chunk, Index columns);

}  // namespace poise::inline data
