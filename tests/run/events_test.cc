#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "data/helpers.h"
#include "poise/read.h"
#include "run/events/tensorboard.h"

namespace poise {
namespace {

// RFC 3720, B.4
TEST(Events, TheChecksumIsThatOfTheStandard) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

// Eight bytes of length, four each of checksums before and behind.
TEST(Events, ARecordHasItsLengthAndItsChecksums) {
  const std::string record = event_record("abc");
  EXPECT_EQ(record.size(), 8 + 4 + 3 + 4U);
  EXPECT_EQ(record.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 3), "abc");
}

TEST(Events, ABucketEndsBeforeItsLimit) {
  const std::vector<double>& limits = bucket_limits();
  const auto by_search = [&](double number) {
    const std::ptrdiff_t above = std::ranges::upper_bound(limits, number) - limits.begin();
    return static_cast<std::size_t>(std::min(above, std::ssize(limits) - 1));
  };
  for (const double limit : limits) {
    for (const double number : {std::nextafter(limit, -1e300), limit, std::nextafter(limit, 1e300)})
      EXPECT_EQ(bucket_of(number), by_search(number)) << number;
  }
  for (const double number : {0.0, -0.0, 5e-324, -5e-324, 1e-300, 1e30, -1e30, 1e308, -1e308})
    EXPECT_EQ(bucket_of(number), by_search(number)) << number;
}

TEST(Events, ScalarsAreTheNumbersOfALine) {
  const auto line = nlohmann::json::parse(
      R"({"event":"epoch","epoch":3,"seconds":1,"train":{"loss":0.5,"rows":9},"gap":null,"layers":[{"x":1},{"x":2}],
          "list":[1,2],"right":true})");
  EXPECT_THAT(scalars_of(line, "p/"),
              testing::UnorderedElementsAre(std::pair("p/train/loss", 0.5), std::pair("p/train/rows", 9.0),
                                            std::pair("p/layers/1/x", 1.0), std::pair("p/layers/2/x", 2.0)));
}

std::vector<std::string> event_files(const std::string& directory) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) found.push_back(entry.path());
  }
  return found;
}

// TensorBoard's own reader reads them in tests/python/test_training.py.
TEST(Events, OneFileOfWholeRecordsIsLeftOfEveryRun) {
  const TempDir dir;
  TrainingRequest request;
  request.data.rows = read_dataset("digits");
  request.network.hidden = {8};
  request.network.epochs = 2;
  request.tensorboard = true;
  request.directory = dir.path("run");
  std::vector<std::string> files;
  for (int run = 0; run < 2; ++run) {
    train(request);
    files = event_files(dir.path("run"));
    ASSERT_EQ(files.size(), 1U);
  }
  std::ifstream file(files[0], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::size_t place = 0;
  while (place + 12 < bytes.size()) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + place, 8);
    ASSERT_LE(place + 16 + length, bytes.size());
    EXPECT_EQ(event_record(std::string_view(bytes).substr(place + 12, length)), bytes.substr(place, 16 + length));
    place += 16 + length;
  }
  EXPECT_EQ(place, bytes.size());
}

TEST(Events, GoOnBehindThoseThatAreKept) {
  const TempDir dir;
  const std::string folder = std::filesystem::path(dir.path("x")).parent_path();
  const auto tell = [&](std::optional<std::size_t> kept, std::int64_t step) {
    EventFile(folder, kept).summary(step, 1, {{{"a", 0.5}}, {{"b", Vector::Ones(2)}}});
    const std::vector<std::string> files = event_files(folder);
    EXPECT_EQ(files.size(), 1U);
    return slurp(files.at(0));
  };
  const std::string one = tell(std::nullopt, 1), two = tell(1, 2);
  EXPECT_EQ(two.substr(0, one.size()), one);
  EXPECT_EQ(two.size() - one.size(), one.size() - (8 + 4 + 9 + 15 + 4));  // but for the first, of a time and a text
  EXPECT_EQ(tell(1, 2), two);                                             // what came later is gone
  EXPECT_EQ(tell(5, 1).size(), one.size());                               // so many are not there: anew
}

TEST(Events, NeedADirectory) {
  TrainingRequest request;
  request.data.rows = read_dataset("digits");
  request.tensorboard = true;
  EXPECT_THROW(train(request), Error);
}

}  // namespace
}  // namespace poise
