// A line of progress that a terminal writes over; a file gets a new one, less often.
#pragma once

#include <cstdio>
#include <string>

namespace poise::inline run {

class TerminalLine {
 public:
  /// `stream` null keeps silent.
  explicit TerminalLine(std::FILE* stream);
  ~TerminalLine() { clear(); }
  TerminalLine(const TerminalLine&) = delete;
  TerminalLine& operator=(const TerminalLine&) = delete;

  /// Whether a line is due `seconds` into the run: every tenth of a second on a terminal, else every 5 s.
  bool is_due(double seconds) const;
  /// On a terminal cut to its width: what went on in a second line would stay. `more` is left out there if it does not
  /// fit as a whole.
  void show(double seconds, const std::string& text, const std::string& more = {});

  /// What goes on now, on a terminal only; it stays until the next line.
  void show_on_terminal(const std::string& text);

  /// A message, which stays.
  void say(const std::string& text);

  /// Takes the line away.
  void clear();

 private:
  std::FILE* stream_;
  bool terminal_, shown_ = false;
  double last_shown_ = 0;
};

}  // namespace poise::inline run
