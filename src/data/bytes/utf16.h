// Text in UTF-16, as spreadsheets and Windows programs save it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/bytes/bytes.h"

namespace poise::inline data {

enum class ByteOrder { kLittle, kBig };

/// The order of bytes if this is text in UTF-16: by the byte-order mark, else by zeros in nearly every other byte of
/// the first thousand, as any table has them.
std::optional<ByteOrder> utf16_order(std::string_view bytes);

/// The same text in UTF-8, without a byte-order mark. Error(kData) at half of a surrogate pair or half of a unit.
Bytes utf16_to_utf8(std::string_view bytes, ByteOrder order, const std::string& file);

}  // namespace poise::inline data
