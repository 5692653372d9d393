// From parsed columns to the columns of a schema: kinds, categories, what fills a gap; or a check against a schema.
#pragma once

#include <string>
#include <vector>

#include "data/table/head.h"
#include "data/table/parse.h"
#include "data/table/roles.h"
#include "poise/read.h"

namespace poise::inline data {

/// Where the values of a schema's column come from.
struct ColumnSource {
  Index slot = 0;                         ///< of the parsed number (or text) columns
  std::vector<std::int32_t> category_of;  ///< categorical: of each distinct string; −1: no category, all zeros
};

/// Columns and, beside each, its source.
struct TableColumns {
  std::vector<Column> columns;
  std::vector<ColumnSource> sources;
  std::vector<Index> missing;  ///< how many values are missing
  std::vector<std::string> notices;
};

/// Training: kinds, categories and fills as found; identifiers and columns without a value are left out.
TableColumns infer_columns(const TableHead& head, const ParsedTable& parsed, const TableReading& reading,
                           const TableRoles& roles, const ReadOptions& options);

/// Predicting: the schema's columns, checked against the file. Error(kUsage) if missing values are asked to be treated
/// otherwise than in training: the schema knows nothing else.
TableColumns match_columns(const TableHead& head, const ParsedTable& parsed, const TableRoles& roles,
                           const ReadOptions& options, const Schema& schema);

}  // namespace poise::inline data
