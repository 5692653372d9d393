// Tables: CSV, TSV and relatives.
#pragma once

#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// Reads a table from memory. `schema` may be null: then it is inferred.
Dataset read_table(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema);

}  // namespace poise::inline data
