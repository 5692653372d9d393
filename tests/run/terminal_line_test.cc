// What progress leaves in a file, and on a terminal (a pseudo-terminal here).
#include "run/terminal_line.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

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
  std::string text(1000, '\0');
  const auto count = ::read(terminal, text.data(), text.size());
  ASSERT_GT(count, 0);
  text.resize(static_cast<std::size_t>(count));
  const std::string over = "\r\033[K";
  EXPECT_EQ(text, over + "first" + over + "second" + over + "message\r\n" + over + "third" + over);
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
