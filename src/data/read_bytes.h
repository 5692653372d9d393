// Reading from memory: what read_dataset does once the file is there.
#pragma once

#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// The file, unpacked. Error(kIo) as of load_file, Error(kData) for a model.
Bytes load_data(const std::string& path, std::uint64_t memory = 0);

/// The path as messages have it: "stdin" for "-".
std::string shown_name(const std::string& path);

/// What the readers take: text in UTF-8, whatever it was. Error(kData) for files of formats that are not read.
Bytes readable(const Bytes& bytes, const std::string& file);

/// By the content and the name's extension. Error(kData) if they disagree.
FileFormat choose_format(std::string_view bytes, const std::string& file);

/// Reads (inflated) bytes in the format that `file`'s name and the content tell. `schema` may be null.
Dataset read_bytes(const Bytes& bytes, const std::string& file, const ReadOptions& options, const Schema* schema);

}  // namespace poise::inline data
