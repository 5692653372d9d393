// What the watcher of the command line shows, of one solve, of a path of them, and of a network.
#include "run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/words.h"
#include "run/short_number.h"

namespace poise {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Progress at(int iteration, double seconds, double gap) {
  Progress progress;
  progress.iteration = iteration;
  progress.seconds = seconds;
  progress.gap = gap;
  return progress;
}

/// Work goes on for two seconds from one event to the next.
double seconds_at(const Event& event, double before) {
  if (event.iteration) return event.iteration->seconds;
  if (event.epoch) return event.epoch->seconds;
  return event.kind == Event::Kind::kWork ? before + 2 : before;
}

/// The lines shown in a file, of which those of progress come every 5 s.
std::vector<std::string> shown(const std::vector<Event>& events, double tolerance = 1e-8) {
  std::FILE* file = std::tmpfile();
  {
    double now = 0;
    ProgressLine line(file, tolerance, [&now] { return now; });
    for (const Event& event : events) {
      now = seconds_at(event, now);
      EXPECT_EQ(line.on_event(event), Answer::kGoOn);
    }
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

TEST(ProgressLine, SaysHowManyRowsPassASecond) {
  TrainingResult result;
  result.rows = 30'000;
  const Event begin{.kind = Event::Kind::kBegin, .result = &result};
  const Epoch epoch = epoch_of(4, 6);
  const auto of_network = shown({begin, {.kind = Event::Kind::kEpoch, .epoch = &epoch, .epochs = 60}});
  ASSERT_EQ(of_network.size(), 1u);
  EXPECT_THAT(of_network[0], EndsWith("84 s left  20.0k rows/s"));  // 4 times 30,000 in 6 s

  // Of a solve from its first iteration on: what came before that is set-up, or another solve.
  Progress first = at(1, 2, 1e-2), second = at(2, 8, 1e-3), of_next = at(1, 20, 1e-2), last = at(2, 26, 1e-3);
  first.passes = 10, second.passes = 610, of_next.passes = 2, last.passes = 5;
  std::vector<Event> events{begin};
  for (const Progress* each : {&first, &second, &of_next, &last})
    events.push_back({.kind = Event::Kind::kIteration, .iteration = each});
  const auto of_path = shown(events);
  ASSERT_EQ(of_path.size(), 3u);
  EXPECT_THAT(of_path[0], EndsWith("  3.00M rows/s"));  // 600 times 30,000 in 6 s
  EXPECT_THAT(of_path[1], Not(HasSubstr("rows/s")));
  EXPECT_THAT(of_path[2], EndsWith("  15.0k rows/s"));
}

TEST(ShortNumber, HasThreeDigitsAndAPrefix) {
  EXPECT_EQ(with_prefix(7), "7");
  EXPECT_EQ(with_prefix(999.4), "999");
  EXPECT_EQ(with_prefix(999.5), "1.00k");
  EXPECT_EQ(with_prefix(9994), "9.99k");
  EXPECT_EQ(with_prefix(9996), "10.0k");
  EXPECT_EQ(with_prefix(99'960), "100k");
  EXPECT_EQ(with_prefix(1.2e9), "1.20G");
  EXPECT_EQ(with_prefix(4.56e15), "4560T");
}

Event work(const char* what, std::optional<double> done) {
  return {.kind = Event::Kind::kWork, .text = what, .done = done};
}

TEST(ProgressLine, SaysHowFarWorkIsAndHowLongItTakes) {
  const auto lines = shown({work("reading a.csv", 0), work("reading a.csv", 0.2), work("reading a.csv", 0.4),
                            work("reading a.csv", 0.75), work("reading a.csv", 1)});
  EXPECT_THAT(lines, ElementsAre("reading a.csv: 40 %, about 6 s left"));  // 4 s for two fifths; 5 s to the next line
}

TEST(ProgressLine, CountsTheTimeOfEveryPieceOfWorkAnew) {
  const auto lines =
      shown({work("measuring", 0.5), work("measuring", 1), work("measuring", 0), work("measuring", 0.25)});
  EXPECT_THAT(lines, ElementsAre("measuring: 25 %, about 6 s left"));  // 2 s for a quarter
}

TEST(ProgressLine, ShowsWorkOfUnknownLengthAsItIs) {
  const auto lines = shown({work("penalty 1, fold 1 of 5", {}), work("penalty 1, fold 2 of 5", {}),
                            work("penalty 1, fold 3 of 5", {}), work("penalty 1, fold 4 of 5", {})});
  EXPECT_THAT(lines, ElementsAre("penalty 1, fold 3 of 5"));
}

TEST(ProgressLine, OfAPathNamesThePenalty) {
  const Progress progress = at(3, 6, 1e-3);
  const auto lines = shown({{.kind = Event::Kind::kIteration, .iteration = &progress, .l2 = 0.01}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("λ = 0.01"));
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
