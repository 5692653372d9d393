#include "run/run_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <thread>

#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

namespace fs = std::filesystem;

Network sample_network() {
  return random_network(array_schema(2, {"a", "b"}), {3}, Activation::kTanh, Head::kSoftmax, 1);
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RunDirectoryTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return (folder_ / "run").string(); }
  fs::path file(const char* name) const { return folder_ / "run" / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  /// A whole run of before; its files begin with "old" but the model.
  void leave_an_old_run() const {
    fs::create_directories(path());
    for (const char* name : {"model.onnx", "run.json", "metrics.jsonl"}) std::ofstream(file(name)) << "old " << name;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("run-directory-" + std::to_string(::getpid()));
};

const std::vector<std::string> kWhole = {"metrics.jsonl", "model.onnx", "run.json"};

TEST_F(RunDirectoryTest, AModelSavedBeforeAnyEventStays) {
  for (const bool again : {false, true}) {
    RunDirectory run(path(), "data");
    run.announce({{"event", "start"}});
    run.save_model(sample_network());
    EXPECT_EQ(names(), (std::vector<std::string>{"metrics.jsonl", "model.onnx"})) << again;
    run.write_summary({{"again", again}});
    run.append_event({{"event", "end"}});
    EXPECT_EQ(names(), kWhole);
    EXPECT_EQ(load_model(path()).layers.size(), sample_network().layers.size());
    EXPECT_EQ(nlohmann::json::parse(text_of(file("run.json"))), (nlohmann::json{{"again", again}}));
    EXPECT_EQ(text_of(file("metrics.jsonl")), "{\"event\":\"start\"}\n{\"event\":\"end\"}\n");
  }
}

TEST_F(RunDirectoryTest, AnEarlierRunStaysUntilThereIsANewModel) {
  leave_an_old_run();
  RunDirectory run(path(), "data");
  run.append_event({{"event", "epoch"}});
  for (const std::string& name : kWhole) EXPECT_EQ(text_of(file(name.c_str())), "old " + name);
  EXPECT_EQ(text_of(file("metrics.new.jsonl")), "{\"event\":\"epoch\"}\n");
  run.save_model(sample_network());
  EXPECT_EQ(names(), (std::vector<std::string>{"metrics.jsonl", "model.onnx"}));  // no old run.json beside a new model
  EXPECT_NO_THROW(load_model(path()));
  run.append_event({{"event", "end"}});
  EXPECT_EQ(text_of(file("metrics.jsonl")), "{\"event\":\"epoch\"}\n{\"event\":\"end\"}\n");
}

TEST_F(RunDirectoryTest, ASummaryWithoutAModelEndsAnEarlierRunToo) {
  leave_an_old_run();
  RunDirectory run(path(), "data");
  run.append_event({{"event", "end"}});
  run.write_summary({{"a", 1}});
  EXPECT_EQ(names(), (std::vector<std::string>{"metrics.jsonl", "run.json"}));
  EXPECT_EQ(text_of(file("metrics.jsonl")), "{\"event\":\"end\"}\n");
}

/// Writing into a pipe waits for the reader, who looks what is there at that moment.
TEST_F(RunDirectoryTest, AnEarlierRunsFilesAreGoneBeforeTheNewModelIsThere) {
  leave_an_old_run();
  fs::remove(file("model.onnx"));
  ASSERT_EQ(::mkfifo(file("model.onnx").c_str(), 0600), 0);
  bool had_summary = true, had_events = true;
  std::thread reader([&] {
    std::ifstream pipe(file("model.onnx"));
    had_summary = fs::exists(file("run.json")), had_events = fs::exists(file("metrics.jsonl"));
    while (pipe.get() != EOF) continue;
  });
  RunDirectory run(path(), "data");
  run.append_event({{"event", "epoch"}});
  // More bytes than a pipe holds.
  run.save_model(random_network(array_schema(2, {"a", "b"}), {200, 200}, Activation::kTanh, Head::kSoftmax, 1));
  reader.join();
  EXPECT_FALSE(had_summary);
  EXPECT_FALSE(had_events);
  EXPECT_EQ(text_of(file("metrics.jsonl")), "{\"event\":\"epoch\"}\n");
}

TEST_F(RunDirectoryTest, WhereNoneCanBeIsAnIoError) {
  const std::string too_long(300, 'n');
  fs::create_directories(folder_);
  fs::create_symlink("loop", folder_ / "loop");
  for (const fs::path& place : {fs::path(too_long), folder_ / too_long, folder_ / "loop", folder_ / "loop" / "run"}) {
    try {
      const RunDirectory run(place.string(), "data");
      ADD_FAILURE() << place;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
    }
  }
}

TEST_F(RunDirectoryTest, NamesThatAreNotUtf8AreWrittenAllTheSame) {
  RunDirectory run(path(), "data");
  run.append_event({{"name", "x\xe9"}});
  run.write_summary({{"name", "x\xe9"}});
  const nlohmann::json expected = {{"name", "x\uFFFD"}};
  EXPECT_EQ(nlohmann::json::parse(text_of(file("metrics.jsonl"))), expected);
  EXPECT_EQ(nlohmann::json::parse(text_of(file("run.json"))), expected);
}

TEST_F(RunDirectoryTest, WhatFailsBeforeTheFirstEventLeavesNoTrace) {
  { const RunDirectory run(path(), "data"); }
  EXPECT_FALSE(fs::exists(folder_));
  leave_an_old_run();
  { const RunDirectory run(path(), "data"); }
  EXPECT_EQ(names(), kWhole);
  for (const std::string& name : kWhole) EXPECT_EQ(text_of(file(name.c_str())), "old " + name);
}

TEST_F(RunDirectoryTest, AModelThatCannotBeWrittenLeavesTheEarlierRun) {
  leave_an_old_run();
  RunDirectory run(path(), "data");
  Network broken = sample_network();
  broken.layers.back().bias[0] = std::numeric_limits<double>::quiet_NaN();
  run.append_event({{"event", "epoch"}});
  EXPECT_THROW(run.save_model(broken), Error);
  for (const std::string& name : kWhole) EXPECT_EQ(text_of(file(name.c_str())), "old " + name);
}

}  // namespace
}  // namespace poise
