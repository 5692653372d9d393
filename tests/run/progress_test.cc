// What the watcher of the command line shows, of one solve, of a path of them, and of a network.
#include "run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/words.h"

namespace poise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Progress at(int iteration, double seconds, double gap) {
  Progress progress;
  progress.iteration = iteration;
  progress.seconds = seconds;
  progress.gap = gap;
  return progress;
}

/// The lines shown in a file, of which those of progress come every 5 s.
std::vector<std::string> shown(const std::vector<Event>& events, double tolerance = 1e-8) {
  std::FILE* file = std::tmpfile();
  {
    ProgressLine line(file, tolerance);
    for (const Event& event : events) EXPECT_EQ(line.on_event(event), Answer::kGoOn);
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

std::vector<std::string> shown(const std::vector<Progress>& iterations, double time_limit) {
  std::vector<Event> events;
  for (const Progress& progress : iterations)
    events.push_back({.kind = Event::Kind::kIteration, .iteration = &progress, .time_limit = time_limit});
  return shown(events);
}

TEST(ProgressLine, TheTimeLeftFollowsFromTheDecadesOfThisSolve) {
  const std::vector<std::string> lines = shown({at(1, 0, 1e-2), at(2, 6, 1e-4), at(1, 20, 1e-2), at(2, 26, 1e-5)}, 0.0);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("about 12 s left"));  // two decades in 6 s, four are left
  EXPECT_THAT(lines[1], Not(HasSubstr("left")));        // the first gap of a solve has no rate
  EXPECT_THAT(lines[2], HasSubstr("about 6 s left"));   // three decades in 6 s, three are left
}

TEST(ProgressLine, ALimitIsThatOfThePath) {
  const auto lines = shown({at(1, 6, 1e-2), at(1, 20, 1e-2)}, 30.0);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("about 24 s left"));
  EXPECT_THAT(lines[1], HasSubstr("about 10 s left"));
}

TEST(ProgressLine, NotesAreShownAndOfMessagesTheFirstAndTheirNumber) {
  std::vector<Event> events{{.kind = Event::Kind::kNote, .text = "odd"}};
  for (const char* text : {"one", "two", "three", "four", "five"})
    events.push_back({.kind = Event::Kind::kMessage, .text = text});
  EXPECT_THAT(shown(events),
              ElementsAre("note: odd", "one", "two", "three", "and 2 more such messages: metrics.jsonl"));
}

/// The line of an epoch in a file.
std::string line_of(const Epoch& epoch, int epochs, double time_limit) {
  return shown({{.kind = Event::Kind::kEpoch, .epoch = &epoch, .epochs = epochs, .time_limit = time_limit}}).front();
}

Epoch epoch_of(int number, double seconds) {
  Epoch epoch;
  epoch.number = number;
  epoch.seconds = seconds;
  epoch.train = {.loss = 0.123456, .accuracy = 0.98765};
  return epoch;
}

TEST(ProgressLine, SaysHowFarANetworkIsAndHowLongItTakes) {
  EXPECT_EQ(line_of(epoch_of(4, 6), 60, 0),
            "   6.0 s  epoch 4/60  loss 0.1235  accuracy 98.77 %  84 s left");  // 1.5 s an epoch
  EXPECT_THAT(line_of(epoch_of(4, 6), 60, 30), HasSubstr("  24 s left"));
  EXPECT_THAT(line_of(epoch_of(60, 6), 60, 30), Not(HasSubstr("left")));
}

TEST(ProgressLine, FitsEightyColumns) {
  Epoch epoch = epoch_of(100, 1234.5);
  epoch.validation.emplace();
  epoch.validation->loss = 0.23456;
  epoch.validation->accuracy = 0.9;
  const std::string line = line_of(epoch, 200, 0);
  EXPECT_THAT(line, HasSubstr("epoch 100/200  loss 0.1235  validation 0.2346, 90.00 %  21 min left"));
  EXPECT_LE(width_of(line), 80u) << line;
}

}  // namespace
}  // namespace poise
