// A run that is stopped and resumed leaves what an undisturbed one leaves; a checkpoint of other data or options, or a
// damaged one, is refused.
#include "run/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "poise/error.h"
#include "poise/run.h"
#include "run/checkpoint/tensor_file.h"

namespace poise {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  TrainingRequest request(const char* run) const {
    TrainingRequest asked;
    asked.data.path = "digits";
    asked.solve.threads = 1;
    asked.directory = (folder_ / run).string();
    asked.checkpoint_every = 1e-9;
    return asked;
  }
  TrainingRequest network(const char* run) const {
    TrainingRequest asked = request(run);
    asked.network.hidden = {16};
    asked.network.epochs = 8;
    return asked;
  }
  fs::path file(const char* run, const char* name) const { return folder_ / run / name; }
  fs::path checkpoint() const { return file("run", "checkpoint.safetensors"); }

  /// Without times, and what says where the run began or went on.
  std::vector<json> events(const char* run) const {
    std::vector<json> all;
    std::ifstream lines(file(run, "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      json event = json::parse(line);
      event.erase("seconds");
      if (event["event"] != "start" && event["event"] != "resume") all.push_back(std::move(event));
    }
    return all;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("checkpoint-" + std::to_string(::getpid()));
};

/// Says kStop at the event of this number among those that it counts.
class StopAt : public Watcher {
 public:
  explicit StopAt(int number) : left_(number) {}
  Answer on_event(const Event& event) override {
    const bool counts = event.kind == Event::Kind::kEpoch || event.kind == Event::Kind::kIteration ||
                        event.kind == Event::Kind::kMeasuring;
    if (counts) --left_;
    return left_ < 0 ? Answer::kStop : Answer::kGoOn;
  }
  bool has_stopped() const { return left_ < 0; }

 private:
  int left_;
};

class ResumeTest : public CheckpointTest, public testing::WithParamInterface<int> {
 protected:
  /// The kinds of trainings.
  TrainingRequest kind(const char* run) const {
    TrainingRequest asked = request(run);
    switch (GetParam()) {
      case 0:
        asked.objective.l2 = 1e-4;
        return asked;
      case 1:
        asked.l2_path = {1e-1, 1e-2, 1e-3};
        asked.validation_share = 0.2;
        return asked;
      case 2:
        asked.choose_l2 = true;
        return asked;
      case 3:
        asked.choose_l2 = true, asked.validation_share = 0.2;
        return asked;
      case 4:
        return network(run);
      case 5:
        asked = network(run);
        asked.calibrate = true, asked.telemetry = Telemetry::kFull;
        return asked;
      default:
        asked = network(run);
        asked.network.target = Target::kFeatures;
        return asked;
    }
  }
};

TEST_P(ResumeTest, StoppedAnywhereAndResumedItLeavesTheSame) {
  const TrainingResult whole = train(kind("whole"));
  EXPECT_FALSE(fs::exists(file("whole", "checkpoint.safetensors")));
  const std::vector<json> wanted = events("whole");
  const int step = 1 + static_cast<int>(wanted.size()) / 6;
  for (int number = 0;; number += step) {
    SCOPED_TRACE(number);
    fs::remove_all(folder_ / "run");
    StopAt watcher(number), again(1);
    TrainingRequest asked = kind("run");
    const TrainingResult stopped = train(asked, watcher);
    if (!watcher.has_stopped()) break;
    asked.resume = true;
    train(asked, again);  // and stopped once more
    asked.solve.threads = 2;
    const TrainingResult resumed = train(asked);
    EXPECT_EQ(resumed.status, whole.status);
    EXPECT_EQ(bytes_of(file("run", "model.onnx")), bytes_of(file("whole", "model.onnx")));
    EXPECT_EQ(events("run"), wanted);
    EXPECT_FALSE(fs::exists(checkpoint()));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, ResumeTest, testing::Range(0, 7));

TEST_F(CheckpointTest, ARunThatHasEndedIsLeftAsItIs) {
  TrainingRequest asked = network("run");
  const TrainingResult first = train(asked);
  const std::string model = bytes_of(file("run", "model.onnx")), run = bytes_of(file("run", "run.json"));
  asked.resume = true;
  const TrainingResult second = train(asked);
  EXPECT_TRUE(second.ended_before);
  EXPECT_EQ(second.status, first.status);
  EXPECT_EQ(second.why, first.why);
  EXPECT_EQ(bytes_of(file("run", "model.onnx")), model);
  EXPECT_EQ(bytes_of(file("run", "run.json")), run);
  asked.network.epochs = 9;
  EXPECT_THROW(train(asked), Error);
}

TEST_F(CheckpointTest, WhatWasLeftByAKillAtTheVeryEndIsTakenAway) {
  StopAt watcher(3), other_watcher(3);
  TrainingRequest asked = network("run"), other = network("other");
  train(asked, watcher);
  fs::copy_file(checkpoint(), folder_ / "own");
  other.seed = 2;
  train(other, other_watcher);
  asked.resume = true;
  train(asked);
  std::ofstream(file("run", "run.json.12-0.tmp")) << "half";
  fs::copy_file(folder_ / "own", checkpoint());
  EXPECT_TRUE(train(asked).ended_before);
  EXPECT_FALSE(fs::exists(checkpoint()));
  EXPECT_FALSE(fs::exists(file("run", "run.json.12-0.tmp")));
  fs::copy_file(file("other", "checkpoint.safetensors"), checkpoint());
  EXPECT_TRUE(train(asked).ended_before);
  EXPECT_TRUE(fs::exists(checkpoint()));  // of another run, which may still be gone on with
}

TEST_F(CheckpointTest, WhereNothingIsTrainingBegins) {
  TrainingRequest asked = network("run");
  asked.resume = true;
  const TrainingResult result = train(asked);
  EXPECT_EQ(result.status, "finished");
  EXPECT_THAT(result.notices, testing::Contains(HasSubstr("nothing to resume")));
}

TEST_F(CheckpointTest, OfOtherDataOrOptionsItIsRefusedWithTheReason) {
  StopAt watcher(3);
  train(network("run"), watcher);
  ASSERT_TRUE(fs::exists(checkpoint()));
  const std::string before = bytes_of(checkpoint());
  const auto reason = [&](auto&& change) {
    TrainingRequest asked = network("run");
    asked.resume = true;
    change(asked);
    try {
      train(asked);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kUsage ? std::string(error.what()) : "another error";
    }
    return std::string("no error");
  };
  EXPECT_THAT(reason([](auto& asked) { asked.network.learning_rate = 0.5; }),
              HasSubstr("learning_rate is 0.5, and was"));
  EXPECT_THAT(reason([](auto& asked) { asked.network.hidden = {17}; }), HasSubstr("hidden/0 is 17, and was 16"));
  EXPECT_THAT(reason([](auto& asked) { asked.seed = 2; }), HasSubstr("rows"));
  EXPECT_THAT(reason([](auto& asked) { asked.objective.label_smoothing = 0.1; }), HasSubstr("label_smoothing is 0.1"));
  EXPECT_THAT(reason([](auto& asked) { asked.data.path = "digits:test"; }), HasSubstr("fingerprint"));
  EXPECT_THAT(reason([](auto& asked) { asked.directory = ""; }), HasSubstr("--out"));
  EXPECT_EQ(bytes_of(checkpoint()), before);
  EXPECT_EQ(reason([](auto& asked) { asked.solve.time_limit = 1000, asked.checkpoint_every = 5; }), "no error");
}

TEST_F(CheckpointTest, ADamagedOneIsRefused) {
  StopAt watcher(3);
  train(network("run"), watcher);
  const std::string whole = bytes_of(checkpoint());
  TrainingRequest asked = network("run");
  asked.resume = true;
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 97) {
    std::string bit = whole;
    bit[at] = static_cast<char>(bit[at] ^ 4);
    for (const std::string& damaged : {bit, whole.substr(0, at)}) {
      try {
        const Checkpoint read = parse_checkpoint(damaged, "file");
        EXPECT_NE(serialize(read), whole) << at;  // within the text of an option, say: then it is of others
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
  std::ofstream(checkpoint(), std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() / 2);
  EXPECT_THROW(train(asked), Error);
}

TEST_F(CheckpointTest, ItHoldsTheStateExactly) {
  StopAt watcher(5);
  train(network("run"), watcher);
  const std::string whole = bytes_of(checkpoint());
  const Checkpoint read = parse_checkpoint(whole, "file");
  ASSERT_TRUE(read.network);
  EXPECT_EQ(read.network->epoch, static_cast<int>(read.network->history.size()));
  EXPECT_EQ(serialize(read), whole);
}

/// As after a later run without --resume: its events must not be taken for those of the checkpoint.
TEST_F(CheckpointTest, EventsOfAnotherRunAreNotGoneOnWith) {
  StopAt watcher(3);
  train(network("run"), watcher);
  fs::copy_file(checkpoint(), folder_ / "kept");
  StopAt other(5);
  TrainingRequest asked = network("run");
  asked.seed = 4;
  train(asked, other);
  fs::copy_file(folder_ / "kept", checkpoint(), fs::copy_options::overwrite_existing);
  asked.seed = 1, asked.resume = true;
  const TrainingResult result = train(asked);
  EXPECT_EQ(result.status, "finished");
  for (const json& event : events("run")) EXPECT_TRUE(event["event"] != "epoch" || event["epoch"] > 3) << event;
}

TEST_F(CheckpointTest, ANewRunWithoutResumeTakesItsPlace) {
  StopAt watcher(3);
  train(network("run"), watcher);
  TrainingRequest asked = network("run");
  asked.checkpoint_every = 0;
  EXPECT_EQ(train(asked).status, "finished");
  EXPECT_FALSE(fs::exists(checkpoint()));
}

TEST(TensorFileTest, RoundTrips) {
  const TensorFile file{{{"a", "b\n\"c\""}},
                        {{"x", {"F32", {2, 1}, std::string("12345678")}},
                         {"empty", {"F64", {0}, ""}},
                         {"one", {"I64", {}, std::string(8, '\1')}}}};
  const std::string bytes = serialize(file);
  const TensorFile read = parse_tensor_file(bytes, "file");
  EXPECT_EQ(read.metadata, file.metadata);
  ASSERT_EQ(read.tensors.size(), 3U);
  EXPECT_EQ(read.tensors.at("x").bytes, "12345678");
  EXPECT_EQ(read.tensors.at("x").shape, (std::vector<Index>{2, 1}));
  EXPECT_TRUE(read.tensors.at("one").shape.empty());
}

TEST(TensorFiles, NamesAreUnderTheChecksumToo) {
  TensorFile file;
  file.tensors["a"] = {"U8", {1}, "x"};
  file.tensors["b"] = {"U8", {1}, "y"};
  std::string bytes = serialize(file);
  EXPECT_EQ(parse_tensor_file(bytes, "f").tensors.at("a").bytes, "x");
  std::swap(bytes[bytes.find("\"a\"") + 1], bytes[bytes.find("\"b\"") + 1]);
  EXPECT_THROW(parse_tensor_file(bytes, "f"), Error);
}

}  // namespace
}  // namespace poise
