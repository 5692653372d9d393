// A data set as it is in memory, in a safetensors file, which is mapped and used in place: nothing is parsed.
//
// Tensors: `features` n×d, of one type, or `rows` n×stride bytes, records of columns of several types; or of sparse
// rows `row_start`, `columns`, `values`. Beside them `labels` (class ids), or `targets`, and `sample_weight`. The
// metadata hold the schema and what else a Dataset has (docs/data.md#row-files).
#pragma once

#include <string>

#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// Whether a safetensors file is one.
bool is_rows_file(const Bytes& bytes, const std::string& file);

/// With the schema of a model, the file's own has to be the same. Error(kData) if its parts do not fit together.
Dataset read_rows_file(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema);

void write_rows_file(const Dataset& data, const std::string& path);

}  // namespace poise::inline data
