// Characters of text formats, whatever the locale.
#pragma once

namespace poise::inline data {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace poise::inline data
