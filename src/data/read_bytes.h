// Reading from memory: what read_dataset does once the file is there.
#pragma once

#include "data/bytes.h"
#include "poise/read.h"

namespace poise {

/// Reads (inflated) bytes in the format that `file`'s name and the content tell. `schema` may be null.
Dataset read_bytes(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema);

}  // namespace poise
