#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "poise/run.h"
#include "report/facts/sections.h"
#include "report/live/earlier_events.h"
#include "report/live/live_document.h"
#include "report/live/live_page.h"
#include "report/live/live_run.h"

namespace poise::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// Tells a LiveRun all, and keeps what it was at some moments.
class Shown : public Watcher {
 public:
  explicit Shown(const TrainingRequest& request) : run(request) {}

  Answer on_event(const Event& event) override {
    run.on_event(event);
    if (event.kind == Event::Kind::kBegin) begun = run.state();
    if (event.kind == Event::Kind::kIteration) iterations.push_back(*event.iteration);
    if (event.kind == Event::Kind::kEpoch && event.epoch->number == 2) after_two = run.state();
    if (event.kind == Event::Kind::kIteration || event.kind == Event::Kind::kEpoch) last = run.state();
    if (event.kind == Event::Kind::kMeasuring) measuring = run.state();
    return Answer::kGoOn;
  }

  LiveRun run;
  LiveState begun, after_two, last, measuring;
  std::vector<Progress> iterations;
};

const Section* section_of(const Document& document, const std::string& id) {
  const auto found = std::ranges::find(document.sections, id, &Section::id);
  return found == document.sections.end() ? nullptr : &*found;
}

TEST(Live, ASolveHasItsCurvesAndTheBestBound) {
  const TrainingRequest request{.data = {.path = "digits"}, .objective = {.l2 = 1e-2}};
  Shown shown(request);
  const TrainingResult result = train(request, shown);
  EXPECT_EQ(shown.begun.stage, Stage::kTraining);
  EXPECT_EQ(shown.begun.run.rows, result.rows);
  EXPECT_EQ(shown.begun.run.command.substr(0, 19), "poise train digits ");
  std::vector<Progress> all;
  double bound = -INFINITY;
  for (const Progress& one : shown.iterations) {
    if (one.on_part_of_rows) continue;
    all.push_back(one);
    if (one.gap) bound = std::max(bound, one.objective - *one.gap);
  }
  ASSERT_FALSE(all.empty());
  ASSERT_EQ(shown.last.run.iterations_of_solve.size(), all.size());
  EXPECT_EQ(shown.last.run.iterations_of_solve.back().objective, all.back().objective);
  EXPECT_EQ(shown.last.run.certificate->dual_value, bound);
  const Document document = live_document_of(shown.last);
  EXPECT_EQ(document.status, "training");
  EXPECT_THAT(document.verdict, HasSubstr("proven within"));
  ASSERT_TRUE(section_of(document, "course"));
  EXPECT_TRUE(std::holds_alternative<Charts>(section_of(document, "course")->blocks.front()));
  EXPECT_EQ(section_of(document, "course")->heading, "How it goes");
  EXPECT_TRUE(section_of(document, "repeat") && section_of(document, "data"));
}

TEST(Live, APathShowsItsSolves) {
  const TrainingRequest request{.data = {.path = "digits"}, .l2_path = {1, 0.1, 0.01}};
  Shown shown(request);
  train(request, shown);
  ASSERT_EQ(shown.last.solves.size(), 3U);
  EXPECT_EQ(shown.last.solves[0].l2, 1);
  EXPECT_EQ(shown.last.solves[2].l2, 0.01);
  EXPECT_EQ(shown.last.run.iterations_of_solve.front().iteration, 1);
  const Section* section = section_of(live_document_of(shown.last), "penalty");
  EXPECT_TRUE(section);
}

TEST(Live, ANetworkHasItsEpochsAndTheTimeLeft) {
  NetworkOptions options;
  options.hidden = {8}, options.epochs = 4;
  const TrainingRequest request{.data = {.path = "digits"}, .network = options};
  Shown shown(request);
  train(request, shown);
  EXPECT_EQ(shown.after_two.run.history.size(), 2U);
  EXPECT_EQ(shown.after_two.epochs, 4);
  EXPECT_GE(shown.after_two.seconds_left, 0);
  const Document document = live_document_of(shown.after_two);
  EXPECT_THAT(document.verdict, HasSubstr("epoch 2 of 4"));
  EXPECT_GE(document.done, 0);
  EXPECT_LE(document.done, 1);
  EXPECT_TRUE(section_of(document, "balance"));
  EXPECT_EQ(shown.measuring.stage, Stage::kMeasuring);
}

TEST(Live, OnlyWhatHasChangedIsTold) {
  const TrainingRequest request{.data = {.path = "digits"}};
  LiveRun run(request);
  LivePage page(run);
  EXPECT_THAT(page.whole(), HasSubstr("<noscript>"));
  const LivePage::Update all = page.since(0);
  EXPECT_TRUE(json::parse(all.json)["parts"].contains("header"));
  EXPECT_FALSE(all.is_last);
  EXPECT_EQ(page.since(all.version).json, "");
  page.end_early();
  const LivePage::Update end = page.since(all.version);
  EXPECT_TRUE(end.is_last);
  EXPECT_TRUE(json::parse(end.json).contains("ended"));
}

TEST(Live, TheEndIsTheReport) {
  const std::string directory = testing::TempDir() + "live_report";
  std::filesystem::remove_all(directory);
  const TrainingRequest request{.data = {.path = "digits"}, .objective = {.l2 = 0.1}, .directory = directory};
  LiveRun run(request);
  LivePage page(run);
  train(request);
  page.end(directory);
  const LivePage::Update end = page.since(0);
  EXPECT_TRUE(end.is_last);
  const std::string told = json::parse(end.json)["page"];
  EXPECT_EQ(told, page.whole());
  const RunRecord record = read_run(directory);
  for (const PagePart& part : parts_of(document_of({&record, 1}))) EXPECT_THAT(told, HasSubstr(part.html));
  EXPECT_THAT(told, Not(HasSubstr("EventSource")));
}

TEST(Live, ARunThatGoesOnHasWhatCameBefore) {
  const std::string directory = testing::TempDir() + "live_resumed";
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/metrics.jsonl")
      << R"({"event":"start","rows":10})" << '\n'
      << R"({"epoch":1,"event":"epoch","seconds":1,"train":{"accuracy":0.5,"loss":2}})" << '\n'
      << R"({"epoch":2,"event":"epoch","seconds":2,"train":{"accuracy":0.6,"loss":1}})" << '\n'
      << R"({"event":"resume","rows":10})" << '\n'
      << R"({"epoch":3,"event":"epoch","seconds":3,"train":{"accuracy":0.7,"loss":0.5}})" << '\n';
  RunRecord now;
  now.history.emplace_back().number = 3;
  add_earlier(earlier_events(directory, now), now);
  ASSERT_EQ(now.history.size(), 3U);
  EXPECT_EQ(now.history[0].train.loss, 2);
  EXPECT_EQ(now.history[1].number, 2);
  EXPECT_EQ(now.history[2].number, 3);
  EXPECT_TRUE(earlier_events(directory + "-not-there", now).history.empty());
}

}  // namespace
}  // namespace poise::report
