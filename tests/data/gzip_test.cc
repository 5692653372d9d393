#include "data/bytes/gzip.h"

#include "helpers.h"

namespace poise {
namespace {

std::string inflated(const std::string& compressed) { return std::string(inflate_gzip(compressed, "t.gz").view()); }

TEST(Gzip, InflatesAnySize) {
  for (const std::size_t size : {1U, 100U, 5000U, 3000000U}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 23);
    EXPECT_EQ(inflated(gzip(text)), text);
  }
}

TEST(Gzip, JoinsMembersAndAllowsPadding) {
  EXPECT_EQ(inflated(gzip("one, ") + gzip("two")), "one, two");
  EXPECT_EQ(inflated(gzip("one") + std::string(600, '\0')), "one");
}

TEST(Gzip, RefusesWhatIsCutShortAtAnyByte) {
  const std::string whole = gzip("some text that is long enough to be cut, some text that is long enough");
  for (std::size_t size = 2; size < whole.size(); ++size) {
    expect_error([&] { inflated(whole.substr(0, size)); }, ErrorKind::kData, "cut short");
  }
}

TEST(Gzip, RefusesCorruptionAndGarbage) {
  std::string flipped = gzip("some text that is long enough to be hit");
  flipped[20] = static_cast<char>(flipped[20] ^ 0x55);
  expect_error([&] { inflated(flipped); }, ErrorKind::kData, "corrupt");
  std::string sum = gzip("text");
  sum[sum.size() - 6] = static_cast<char>(sum[sum.size() - 6] ^ 1);
  expect_error([&] { inflated(sum); }, ErrorKind::kData, "corrupt");
  expect_error([&] { inflated(gzip("text") + "more"); }, ErrorKind::kData, "something else follows");
}

TEST(Gzip, RefusesBombs) {  // 1.2 GB of zeros in 1.2 MB
  std::string bomb;
  const std::string member = gzip(std::string(100 << 20, '\0'));
  for (int k = 0; k < 12; ++k) bomb += member;
  expect_error([&] { inflated(bomb); }, ErrorKind::kResource, "bomb");
}

TEST(Gzip, RefusesANameWithoutContent) {
  const TempDir dir;
  expect_error([&] { read_dataset(dir.write("t.csv.gz", "a,label\n1,x\n2,y\n")); }, ErrorKind::kData,
               "not packed, in spite of the name's .gz");
  expect_error([&] { read_dataset(dir.write("u.csv.gz", gzip("a,label\n1,x\n2,y\n").substr(0, 25))); },
               ErrorKind::kData, "cut short");
  expect_error([&] { read_dataset(dir.write("v.csv.gz", gzip(""))); }, ErrorKind::kData, "empty once unpacked");
}

}  // namespace
}  // namespace poise
