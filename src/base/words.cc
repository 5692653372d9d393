#include "base/words.h"

#include <algorithm>

namespace poise::inline base {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

std::string counted(std::int64_t count, std::string_view singular, std::string_view plural) {
  std::string text = std::to_string(count) + " ";
  if (count == 1) return text.append(singular);
  return plural.empty() ? text.append(singular) + "s" : text.append(plural);
}

std::size_t width_of(std::string_view utf8) { return std::count_if(utf8.begin(), utf8.end(), begins_character); }

std::string_view first_characters(std::string_view utf8, std::size_t most) {
  std::size_t count = 0;
  const auto end =
      std::find_if(utf8.begin(), utf8.end(), [&](char byte) { return begins_character(byte) && ++count > most; });
  return utf8.substr(0, end - utf8.begin());
}

}  // namespace poise::inline base
