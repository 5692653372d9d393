// Arrays beyond the memory allowed: what lies in them, and how much of them is in memory.
#include "base/streamed_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "base/memory.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// MiB of pages of files, mapped, that are in memory; nothing where the system does not say.
std::optional<double> mapped_in_memory() {
  std::ifstream file("/proc/self/status");
  double sum = 0;
  bool found = false;
  for (std::string line; std::getline(file, line);) {
    for (const char* key : {"RssFile:", "RssShmem:"}) {
      if (!line.starts_with(key)) continue;
      sum += std::stod(line.substr(std::string(key).size())) / 1024;
      found = true;
    }
  }
  return found ? std::optional(sum) : std::nullopt;
}

/// An eighth of 200 MiB may stay, and what was touched since.
void expect_few(const std::optional<double>& before) {
  if (before) {
    EXPECT_LT(*mapped_in_memory() - *before, 27);
  }
}

std::uint8_t at(std::size_t k) { return static_cast<std::uint8_t>(k * 7 + k / 251); }

TEST(StreamedPages, KeepWhatIsWrittenAndStayOutOfMemory) {
  const std::size_t bytes = 300 * kMiB + 5, piece = kMiB;
  const Room room = make_room(bytes, 200 * kMiB);
  ASSERT_TRUE(room.pages);
  auto* const values = room.as<std::uint8_t>();
  const std::optional<double> before = mapped_in_memory();
  for (std::size_t begin = 0; begin < bytes; begin += piece) {
    const std::size_t end = std::min(bytes, begin + piece);
    for (std::size_t k = begin; k < end; ++k) values[k] = at(k);
    room.touched(values + begin, values + end);
  }
  expect_few(before);
  for (std::size_t begin = 0; begin < bytes; begin += piece) {
    const std::size_t end = std::min(bytes, begin + piece);
    for (std::size_t k = begin; k < end; ++k) ASSERT_EQ(values[k], at(k)) << k;
    room.touched(values + begin, values + end);
  }
  expect_few(before);
  // Single numbers all over: the system maps their neighbors with them.
  for (std::size_t k = 0; k < 20000; ++k) {
    const std::size_t place = k * 7919 * 7919 % bytes;
    ASSERT_EQ(values[place], at(place)) << place;
    room.touched(values + place, values + place + 1);
  }
  expect_few(before);
}

TEST(StreamedPages, AreForWhatIsLargerThanHalfOfTheMemory) {
  EXPECT_FALSE(make_room(100 * kMiB, 200 * kMiB).pages);
  EXPECT_TRUE(make_room(100 * kMiB + 1, 200 * kMiB).pages);
  EXPECT_FALSE(make_room(16 * kMiB, 1).pages);  // so little always stays
  EXPECT_FALSE(make_room(0, 1).pages);
}

TEST(StreamedPages, SayWhereThereIsNoRoom) {
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before ? before : "";
  ::setenv("TMPDIR", "/nowhere/at/all", 1);
  try {
    (void)make_room(100 * kMiB, 64 * kMiB);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
    EXPECT_NE(std::string(error.what()).find("TMPDIR"), std::string::npos) << error.what();
  }
  before ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
}

TEST(Memory, IsAsAskedOrHalfOfWhatIsFree) {
  EXPECT_GT(free_memory(), 0);
  EXPECT_LE(free_memory(), memory_of_machine());
  EXPECT_EQ(memory_allowed(12345), 12345);
  EXPECT_LE(memory_allowed(0), 0.5 * memory_of_machine());
}

}  // namespace
}  // namespace poise
