// LIBSVM text: "label index:value index:value … # comment", indices from 1, ascending.
#pragma once

#include <string_view>

#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// Whether the first lines look like LIBSVM text.
bool looks_like_libsvm(std::string_view text);

/// Reads sparse rows, in parallel over chunks of lines. With a schema, indices beyond the model's are dropped, rows
/// may lack labels (all of them), and one label that the model does not know in every row means no labels.
Dataset read_libsvm(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema);

}  // namespace poise::inline data
