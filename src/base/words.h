// Words for people: numbers of things, and text that has to fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace poise::inline base {

/// "1 feature", "2 features": with an s, or the plural given.
std::string counted(std::int64_t count, std::string_view singular, std::string_view plural = {});

/// How many characters a terminal shows of UTF-8.
std::size_t width_of(std::string_view utf8);

/// The first `most` characters, none of them cut in two.
std::string_view first_characters(std::string_view utf8, std::size_t most);

}  // namespace poise::inline base
