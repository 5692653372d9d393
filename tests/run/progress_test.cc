// What the observer of the softmax layer shows and writes, of one solve and of a path of them.
#include "run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace poise {
namespace {

using testing::HasSubstr;
using testing::Not;

Progress at(int iteration, double seconds, double gap) {
  Progress progress;
  progress.iteration = iteration;
  progress.seconds = seconds;
  progress.gap = gap;
  return progress;
}

/// The lines shown in a file, which come every 5 s.
std::vector<std::string> shown(const std::vector<std::vector<Progress>>& solves, const SolveOptions& options) {
  std::FILE* file = std::tmpfile();
  ProgressReporter reporter(nullptr, file, nullptr, options);
  for (const auto& solve : solves) {
    reporter.on_penalty(0.1);
    for (const Progress& progress : solve) reporter.on_iteration(progress);
  }
  std::rewind(file);
  std::vector<std::string> lines(1);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back().push_back(static_cast<char>(c));
    }
  }
  std::fclose(file);
  lines.pop_back();
  return lines;
}

TEST(ProgressReporter, TheTimeLeftFollowsFromTheDecadesOfThisSolve) {
  const std::vector<std::string> lines =
      shown({{at(1, 0, 1e-2), at(2, 6, 1e-4)}, {at(1, 20, 1e-2), at(2, 26, 1e-5)}}, {.tolerance = 1e-8});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("about 12 s left"));  // two decades in 6 s, four are left
  EXPECT_THAT(lines[1], Not(HasSubstr("left")));        // the first gap of a solve has no rate
  EXPECT_THAT(lines[2], HasSubstr("about 6 s left"));   // three decades in 6 s, three are left
}

TEST(ProgressReporter, ALimitIsThatOfThePath) {
  const auto lines = shown({{at(1, 6, 1e-2)}, {at(1, 20, 1e-2)}}, {.tolerance = 1e-8, .time_limit = 30});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("about 24 s left"));
  EXPECT_THAT(lines[1], HasSubstr("about 10 s left"));
}

TEST(ProgressReporter, EventsOfAPathSayThePenalty) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("progress-" + std::to_string(::getpid()));
  {
    RunDirectory run(folder.string(), "data");
    ProgressReporter reporter(&run, nullptr, nullptr, {});
    reporter.on_iteration(at(1, 0, 1));
    for (const double l2 : {0.5, 0.25}) {
      reporter.on_penalty(l2);
      reporter.on_iteration(at(1, 0, 1));
    }
  }
  std::ifstream file(folder / "metrics.jsonl");
  std::vector<nlohmann::json> found;
  for (std::string line; std::getline(file, line);) found.push_back(nlohmann::json::parse(line));
  std::filesystem::remove_all(folder);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_FALSE(found[0].contains("l2"));
  EXPECT_EQ(found[1]["l2"], 0.5);
  EXPECT_EQ(found[2]["l2"], 0.25);
}

}  // namespace
}  // namespace poise
