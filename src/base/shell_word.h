// Words that can be pasted into a shell, and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

/// The words of a command that shell_word has quoted.
inline std::vector<std::string> shell_words(const std::string& command) {
  std::vector<std::string> words;
  bool quoted = false, in_word = false;
  for (std::size_t k = 0; k < command.size(); ++k) {
    const char c = command[k];
    if (!quoted && c == ' ') {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'') {
      quoted = !quoted;
    } else {
      words.back() += !quoted && c == '\\' && k + 1 < command.size() ? command[++k] : c;
    }
  }
  return words;
}

}  // namespace poise::inline base
