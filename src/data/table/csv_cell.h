// Text as a cell of a CSV file.
#pragma once

#include <string>
#include <string_view>

namespace poise::inline data {

/// RFC 4180: in quotes where it has to be, a quote inside written twice. It has to be where it holds a quote, a line
/// break or one of `delimiters`, begins or ends with a blank, or begins with # (which would make a comment of the row).
inline std::string csv_cell(std::string_view text, std::string_view delimiters = ",") {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  const bool plain = text.empty() || !(text[0] == '#' || blank(text[0]) || blank(text.back()) ||
                                       text.find_first_of("\"\r\n") != std::string_view::npos ||
                                       text.find_first_of(delimiters) != std::string_view::npos);
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace poise::inline data
