// Inflating gzip whose size is not known beforehand.
#pragma once

#include <string>
#include <string_view>

#include "data/bytes.h"

namespace poise {

bool is_gzip(std::string_view bytes);

/// All members of a gzip file, one after the other. Error(kData) if it is cut short, corrupt or followed by something
/// else. Deflate reaches at most 1032:1, and data worth training on stays far below: more than 1 GiB at more than
/// 400:1, or more than the machine's memory, is taken for a decompression bomb and refused with Error(kResource).
Bytes inflate_gzip(std::string_view compressed, const std::string& file);

}  // namespace poise
