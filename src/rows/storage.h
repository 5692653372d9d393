// What others want to know of the way rows are stored, and what they have done to it: nobody else looks.
#pragma once

#include <string>

#include "poise/rows.h"
#include "rows/load.h"

namespace poise::inline rows {

/// Numbers that are stored: n·d of dense rows, without the zeros that sparse rows leave out.
Index stored_entries(const Features& x);

/// The most numbers stored of a row.
Index longest_row(const Features& x);

/// Whether float32 holds every number by the types of the columns alone.
bool stored_within_float32(const Features& x);

/// "float32", "sparse float32", or the types of the columns of records: "uint8, float64".
std::string storage_name(const Features& x);

/// Sparse rows as the numbers that `map` makes of them; columns with a center become full.
Features mapped_sparse(const Features& x, const ColumnMap& map);

/// Whether the rows are dense and all columns of this type, in whatever order they lie.
bool holds_only(const Features& x, NumberType type);

/// Whether the rows are dense and in one piece: no gaps between columns or rows.
bool is_compact(const Features& x);

/// Dense rows whose columns lie apart, copied so that they do not; others as they are. For who takes single rows from
/// all over: in Fortran's order every number of a row is a miss of the cache.
Features with_rows_together(const Features& x);

/// Batches take rows from all over dense data: with pages of 4 KiB a row of an image costs a miss of the page table.
void ask_for_large_pages(const Features& x);

}  // namespace poise::inline rows
