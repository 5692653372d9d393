// Words that can be pasted into a shell.
#pragma once

#include <string>

namespace poise::inline base {

/// The word as a POSIX shell takes it for one argument: in single quotes where it has to be. Hints hold commands, and
/// names of files and columns hold blanks.
inline std::string shell_word(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:@%+,-").find(c) != std::string_view::npos;
  };
  bool all_plain = !word.empty();
  for (const char c : word) all_plain = all_plain && plain(c);
  if (all_plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace poise::inline base
