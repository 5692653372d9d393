// From typed columns to features: rows of the file's numbers, and of indicators of its categories.
#pragma once

#include <functional>

#include "data/table/columns.h"
#include "data/table/parse.h"
#include "poise/dataset.h"
#include "poise/error.h"
#include "poise/read.h"

namespace poise::inline data {

/// Where the cell of a row and a column (of the schema) is in the file: for errors.
using PlaceOfCell = std::function<Location(Index row, Index column)>;

/// Fills `data.features`: every number exactly as parsed, each column in the narrowest type that holds it, and 0 or 1
/// for every category and for missing values. Rows are dense, or sparse where nearly all of them would be zeros of
/// categories. Names of constant features are appended to `constant`. `infer_fill`: numeric columns are filled by, and
/// remember, their own mean (under `data.sample_weight`), rounded to float32 where the column's numbers are no finer.
/// Dense rows that may not stay in memory (`options.memory`) are kept in a file.
void build_features(const ParsedTable& parsed, TableColumns& columns, bool infer_fill, const ReadOptions& options,
                    const std::string& file, const PlaceOfCell& where, Dataset& data, std::vector<Index>& constant);

}  // namespace poise::inline data
