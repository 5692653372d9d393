// From typed columns to standardized float32 features.
#pragma once

#include <functional>

#include "data/table_columns.h"
#include "data/table_parse.h"
#include "poise/dataset.h"
#include "poise/error.h"

namespace poise {

/// Where the cell of a row and a column (of the schema) is in the file: for errors.
using PlaceOfCell = std::function<Location(Index row, Index column)>;

/// Fills features, offset and scale of `data`: each feature, one-hot ones too, is stored as (value − mean) / standard
/// deviation, both of this file's rows (divisor n; with row weights s: mean Σsx/Σs, variance Σs(x − mean)²/Σs), all
/// in float64 before the one rounding to float32. Constant features have scale 1 and are stored as 0; their names are
/// appended to `constant`. `infer_fill`: numeric columns are filled by, and remember, their own mean.
void build_features(const ParsedTable& parsed, TableColumns& columns, bool infer_fill, int threads,
                    const std::string& file, const PlaceOfCell& where, Dataset& data, std::vector<Index>& constant);

}  // namespace poise
