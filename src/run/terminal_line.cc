#include "run/terminal_line.h"

#include <fmt/core.h>
#include <unistd.h>

namespace poise {
namespace {

// A line that cannot be written, to a terminal that is gone, is no reason to end a run.
void print(std::FILE* stream, const std::string& text) { std::fputs(text.c_str(), stream); }

constexpr double kTerminalInterval = 0.1, kLineInterval = 5;  // seconds

}  // namespace

TerminalLine::TerminalLine(std::FILE* stream) : stream_(stream), terminal_(stream && ::isatty(::fileno(stream)) == 1) {}

bool TerminalLine::is_due(double seconds) const {
  return stream_ && seconds - last_shown_ >= (terminal_ ? kTerminalInterval : kLineInterval);
}

void TerminalLine::show(double seconds, const std::string& text) {
  if (!stream_) return;
  last_shown_ = seconds;
  print(stream_, fmt::format("{}{}{}", terminal_ ? "\r\033[K" : "", text, terminal_ ? "" : "\n"));
  shown_ = terminal_;
  std::fflush(stream_);
}

void TerminalLine::show_on_terminal(const std::string& text) {
  if (terminal_) show(last_shown_, text);
}

void TerminalLine::say(const std::string& text) {
  if (!stream_) return;
  clear();
  print(stream_, text + "\n");
}

void TerminalLine::clear() {
  if (!shown_) return;
  print(stream_, "\r\033[K");
  std::fflush(stream_);
  shown_ = false;
}

}  // namespace poise
