// What progress leaves in a file, and on a terminal (a pseudo-terminal here).
#include "run/terminal_line.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace poise {
namespace {

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

TEST(TerminalLine, GivesAFileALineEveryFiveSeconds) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  {
    TerminalLine line(file);
    EXPECT_FALSE(line.is_due(4.9));  // a short run needs no lines
    EXPECT_TRUE(line.is_due(5));
    line.show(6, "first");
    EXPECT_FALSE(line.is_due(10.9));
    EXPECT_TRUE(line.is_due(11));
    line.say("message");
    line.show(11, "second");
  }
  EXPECT_EQ(contents(file), "first\nmessage\nsecond\n");
  std::fclose(file);
}

TEST(TerminalLine, WritesOverItsLineOnATerminalAndLeavesNothingButMessages) {
  // What is missing where this skips is a mounted /dev/pts, as in some containers.
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) GTEST_SKIP() << "no pseudo-terminals here";
  std::FILE* stream = std::fopen(::ptsname(terminal), "w");
  ASSERT_NE(stream, nullptr);
  {
    TerminalLine line(stream);
    EXPECT_FALSE(line.is_due(0.05));
    EXPECT_TRUE(line.is_due(0.1));
    line.show(0.1, "first");
    line.show(0.2, "second");
    line.say("message");
    line.show(0.3, "third");
  }
  std::fflush(stream);
  const std::string over = "\r\033[K";
  const std::string expected = over + "first" + over + "second" + over + "message\r\n" + over + "third" + over;
  // A terminal hands out what has arrived so far, which on a busy machine may be a part.
  std::string text;
  pollfd ready{terminal, POLLIN, 0};
  while (text.size() < expected.size() && ::poll(&ready, 1, 10000) == 1) {
    char part[1000];
    const auto count = ::read(terminal, part, sizeof part);
    ASSERT_GT(count, 0);
    text.append(part, static_cast<std::size_t>(count));
  }
  EXPECT_EQ(text, expected);
  std::fclose(stream);
  ::close(terminal);
}

// What went on in a second line would stay there.
TEST(TerminalLine, FitsTheWidthOfTheTerminal) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) GTEST_SKIP() << "no pseudo-terminals here";
  std::FILE* stream = std::fopen(::ptsname(terminal), "w");
  ASSERT_NE(stream, nullptr);
  std::string expected;
  for (const auto& [columns, dots] : {std::pair(6, 0), std::pair(20, 12), std::pair(0, 72)}) {  // unknown: 80
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    ASSERT_EQ(::ioctl(terminal, TIOCSWINSZ, &size), 0);
    TerminalLine(stream).show(0.1, "gap ≤ 1" + std::string(200, '.'));
    const std::string cut = columns == 6 ? "gap ≤" : "gap ≤ 1" + std::string(static_cast<std::size_t>(dots), '.');
    expected += "\r\033[K" + cut + "\r\033[K";
    TerminalLine(stream).show(0.1, "gap", "  2k rows/s");
    expected += "\r\033[Kgap" + std::string(columns == 6 ? "" : "  2k rows/s") + "\r\033[K";
  }
  std::fflush(stream);
  std::string text;
  pollfd ready{terminal, POLLIN, 0};
  while (text.size() < expected.size() && ::poll(&ready, 1, 10000) == 1) {
    char part[1000];
    const auto count = ::read(terminal, part, sizeof part);
    ASSERT_GT(count, 0);
    text.append(part, static_cast<std::size_t>(count));
  }
  EXPECT_EQ(text, expected);
  std::fclose(stream);
  ::close(terminal);
}

TEST(TerminalLine, IsSilentWithoutAStream) {
  TerminalLine line(nullptr);
  EXPECT_FALSE(line.is_due(100));
  line.show(100, "nothing");
  line.say("nothing");
}

}  // namespace
}  // namespace poise
