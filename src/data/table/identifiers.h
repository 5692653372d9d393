// Columns that tell rows apart and say nothing about others: row numbers and other keys.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/table/head.h"
#include "data/table/parse.h"

namespace poise::inline data {

/// Integer columns that number the rows, with what tells it: "with a different integer in each row, from 1 to 5000".
/// More than 20 rows n, all integers, no two alike, and one of
///   - they lie within 20 n of each other, and R = largest − smallest + 1 values had by chance hardly been all
///   different:
///     n draws of R are so with a probability of about exp(−n²/2R), which must be below exp(−10). So in any order, and
///     if a part of the rows was split off;
///   - the name of the column is id, ends with _id, " id", Id or ID.
std::map<Index, std::string> numbering_columns(const TableHead& head, const ParsedTable& parsed,
                                               const std::vector<Index>& positions);

/// What makes a text column an identifier: "40 different strings in 40 rows", of more than 20 rows more than nine
/// tenths. Nothing for other columns.
std::string identifying_text(const TextColumn& texts, Index rows);

}  // namespace poise::inline data
