// Data sets known by name.
#pragma once

#include <optional>
#include <string>

#include "poise/read.h"

namespace poise::inline data {

/// A name taken apart: "mnist:test" → {"mnist", "test"}; the part is "train" where none is given.
struct NamedSource {
  std::string set;
  std::string part;
};

/// Nothing if `source` is not a known name (then it is a path). A name wins over a file of that name ("./digits").
std::optional<NamedSource> parse_name(const std::string& source);

/// The path of a named set's images. Error(kIo) that says where it was looked for.
std::string find_images(const NamedSource& source, const ReadOptions& options);

/// The embedded digits: bytes of 0 to 16, 8×8.
Dataset read_digits(const NamedSource& source, const ReadOptions& options, const Schema* schema);

}  // namespace poise::inline data
