// Inflating gzip whose size is not known beforehand.
#pragma once

#include <string>
#include <string_view>

#include "data/bytes/bytes.h"

namespace poise::inline data {

bool is_gzip(std::string_view bytes);

/// All members of a gzip file, one after the other; errors as of unpack(). (Deflate reaches at most 1032:1.)
Bytes inflate_gzip(std::string_view compressed, const std::string& file);

}  // namespace poise::inline data
