#include "run/terminal_line.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/words.h"

namespace poise::inline run {
namespace {

// A line that cannot be written, to a terminal that is gone, is no reason to end a run.
void print(std::FILE* stream, const std::string& text) { std::fputs(text.c_str(), stream); }

/// Columns of the terminal, 80 where it does not say. The last one stays free: some terminals begin a new line there.
std::size_t columns_of(std::FILE* stream) {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  const bool known = ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return (known ? size.ws_col : kUsual) - 1;
}

constexpr double kTerminalInterval = 0.1, kLineInterval = 5;  // seconds

}  // namespace

TerminalLine::TerminalLine(std::FILE* stream) : stream_(stream), terminal_(stream && ::isatty(::fileno(stream)) == 1) {}

bool TerminalLine::is_due(double seconds) const {
  return stream_ && seconds - last_shown_ >= (terminal_ ? kTerminalInterval : kLineInterval);
}

void TerminalLine::show(double seconds, const std::string& text, const std::string& more) {
  if (!stream_) return;
  last_shown_ = seconds;
  if (terminal_) {
    const std::size_t columns = columns_of(stream_);
    const std::string all = width_of(text) + width_of(more) <= columns ? text + more : text;
    print(stream_, fmt::format("\r\033[K{}", first_characters(all, columns)));
  } else {
    print(stream_, text + more + "\n");
  }
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

}  // namespace poise::inline run
