// A run of training as one function: from files and from memory it is the same, its model tells which rows it was
// trained on, and a watcher sees and stops it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/watcher_link.h"
#include "paths.h"
#include "poise/error.h"
#include "poise/run.h"
#include "run/training/run_json.h"
#include "run/training/trained_rows.h"
#include "sample_models.h"

namespace poise {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder of the test's own, taken away at its end.
struct Folder {
  fs::path path = fs::path(testing::TempDir()) / ("training-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

/// Without what differs from one run to the next: seconds, where it was written, on which machine, and by which words.
json without_times(json run) {
  if (run.is_object()) {
    for (const char* key : {"seconds", "seconds_read", "seconds_write", "seconds_measure", "train_seconds",
                            "samples_per_second", "run", "threads", "environment", "command"})
      run.erase(key);
  }
  if (run.is_structured()) {
    for (json& part : run) part = without_times(std::move(part));
  }
  return run;
}

json run_of(const std::string& folder) { return without_times(json::parse(bytes_of(fs::path(folder) / "run.json"))); }

struct Case {
  const char* words;  ///< as the tool takes them
  TrainingRequest request;
};

std::vector<Case> cases() {
  NetworkOptions network;
  network.hidden = {8};
  network.epochs = 3;
  return {{"digits", {}},
          {"digits --l2-path 1,0.1,0.01 --validation 0.2 --telemetry light",
           {.validation_share = 0.2, .l2_path = {1, 0.1, 0.01}, .telemetry = Telemetry::kLight}},
          {"digits --hidden 8 --epochs 3 --validation 0.2 --calibrate --label-smoothing 0.1",
           {.validation_share = 0.2, .objective = {.label_smoothing = 0.1}, .network = network, .calibrate = true}}};
}

TEST(Train, LeavesWhatTheToolLeavesFromAFileAndFromMemory) {
  const Folder folder;
  const std::string tool = binary_dir() + "/bin/poise";
  for (Case& one : cases()) {
    SCOPED_TRACE(one.words);
    const std::string by_tool = folder / "tool", from_file = folder / "file", from_memory = folder / "memory";
    ASSERT_EQ(
        std::system(("'" + tool + "' train " + one.words + " --quiet --out '" + by_tool + "' > /dev/null").c_str()), 0);
    one.request.data.path = "digits";
    one.request.directory = from_file;
    train(one.request);
    one.request.data.rows = read_dataset("digits");
    one.request.test.rows = read_dataset("digits:test");  // which a file brings along
    one.request.directory = from_memory;
    const TrainingResult result = train(one.request);
    EXPECT_EQ(bytes_of(fs::path(by_tool) / "model.onnx"), bytes_of(fs::path(from_file) / "model.onnx"));
    EXPECT_EQ(bytes_of(fs::path(by_tool) / "model.onnx"), bytes_of(fs::path(from_memory) / "model.onnx"));
    EXPECT_EQ(run_of(by_tool), run_of(from_file));
    EXPECT_EQ(run_of(by_tool), run_of(from_memory));
    EXPECT_EQ(without_times(json::parse(result_json(result).dump())), run_of(from_memory)["result"]);
    EXPECT_EQ(result.directory, from_memory);
  }
}

/// Two classes of points about (±1, 0), which overlap.
Dataset points(Index rows, std::uint64_t seed) {
  std::vector<float> values;
  Dataset data;
  for (Index i = 0; i < rows; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    data.labels.push_back(static_cast<std::int32_t>(i % 2));
    values.push_back(static_cast<float>(random_normalish(seed, 2 * k) + (i % 2 ? 1 : -1)));
    values.push_back(static_cast<float>(random_normalish(seed, 2 * k + 1)));
  }
  data.features = Features::from_values(std::move(values), rows, 2);
  data.schema.format = FileFormat::kNpy;
  data.schema.array_features = 2;
  data.schema.classes = {"left", "right"};
  return data;
}

TEST(Train, TheModelTellsWhichRowsItWasTrainedOn) {
  const Dataset rows = points(200, 1);
  const TrainingResult result = train({.data = {.rows = rows}, .validation_share = 0.25});
  const auto& metadata = result.model.metadata;
  EXPECT_EQ(result.rows, 150);
  EXPECT_EQ(result.measured.validation->rows, 50);
  EXPECT_EQ(count_rows_trained_on(metadata, rows), 150);
  EXPECT_EQ(count_rows_trained_on(metadata, points(200, 2)), 0);
  const std::optional<Dataset> trained_on = rows_trained_on(metadata, rows);
  ASSERT_TRUE(trained_on);
  EXPECT_EQ(fingerprint(*trained_on), result.fingerprint);
  const SolveReport report = certify_softmax(result.model, *trained_on);
  EXPECT_EQ(report.status, Status::kCertified);
  EXPECT_EQ(report.objective, result.softmax->report.objective);
  EXPECT_TRUE(result.directory.empty());
}

TEST(Train, RowsInAnotherOrderAreTheSameRows) {
  const Dataset rows = points(100, 1);
  std::vector<Index> backwards;
  for (Index i = 99; i >= 0; --i) backwards.push_back(i);
  const TrainingResult result = train({.data = {.rows = rows}});
  EXPECT_EQ(count_rows_trained_on(result.model.metadata, select_rows(rows, backwards)), 100);
}

TEST(Train, RefusesRowsOfOtherClassesBesideThoseTrainedOn) {
  Dataset other = points(50, 2);
  other.schema.classes = {"left", "top"};
  EXPECT_THROW(train({.data = {.rows = points(50, 1)}, .validation = {.rows = other}}), Error);
  EXPECT_THROW(train({.data = {.rows = points(50, 1)}, .test = {.rows = other}}), Error);
  other = points(50, 2);
  other.labels.clear();
  EXPECT_THROW(train({.data = {.rows = points(50, 1)}, .test = {.rows = other}}), Error);
}

TEST(Train, RefusesRowsInMemoryThatContradictThemselves) {
  const auto refused = [](auto&& damage) {
    Dataset rows = points(50, 1);
    damage(rows);
    EXPECT_THROW(train({.data = {.rows = rows}}), Error);
    EXPECT_THROW(train({.data = {.rows = points(50, 1)}, .validation = {.rows = rows}}), Error);
  };
  refused([](Dataset& rows) { rows.labels.pop_back(); });
  refused([](Dataset& rows) { rows.labels[7] = 2; });
  refused([](Dataset& rows) { rows.labels[7] = -1; });
  refused([](Dataset& rows) { rows.labels.clear(); });
  refused([](Dataset& rows) { rows.schema.array_features = 3; });
  refused([](Dataset& rows) { rows.sample_weight = Vector::Ones(49); });
  refused([](Dataset& rows) { rows.sample_weight = -Vector::Ones(50); });
  refused([](Dataset& rows) { rows.sample_weight = Vector::Constant(50, std::nan("")); });
  refused([](Dataset& rows) { rows.labels.clear(), rows.targets = Matrix::Ones(50, 3); });
  refused([](Dataset& rows) { rows.labels.clear(), rows.targets = -Matrix::Ones(50, 2); });
}

/// Soft targets and row weights from memory; of weight 0 a row does not count.
TEST(Train, TakesTargetsAndWeightsFromMemory) {
  Dataset rows = points(100, 1);
  rows.targets = Matrix::Zero(100, 2);
  for (Index i = 0; i < 100; ++i) rows.targets(i, i % 2) = 0.9, rows.targets(i, 1 - i % 2) = 0.1;
  rows.labels.clear();
  rows.sample_weight = Vector::Ones(100);
  rows.sample_weight.tail(20).setZero();
  std::vector<Index> first(80);
  for (Index i = 0; i < 80; ++i) first[static_cast<std::size_t>(i)] = i;
  const TrainingResult all = train({.data = {.rows = rows}, .objective = {.l2 = 0.01, .scale = Scale::kNone}});
  const TrainingResult some =
      train({.data = {.rows = select_rows(rows, first)}, .objective = {.l2 = 0.01, .scale = Scale::kNone}});
  EXPECT_EQ(all.status, "certified");
  EXPECT_NEAR(all.softmax->report.objective, some.softmax->report.objective, 2e-8);
}

TEST(Train, BeginsWithAModelInMemoryAsWithItsFile) {
  const Folder folder;
  const Dataset rows = points(300, 1);
  const TrainingResult first = train({.data = {.rows = rows}, .objective = {.l2 = 0.1}, .directory = folder / "first"});
  const TrainingRequest next{.data = {.rows = rows}, .objective = {.l2 = 0.09}};
  TrainingRequest from_file = next, from_memory = next;
  from_file.start = folder / "first";
  from_memory.start_model = first.model;
  const TrainingResult by_file = train(from_file), by_memory = train(from_memory);
  EXPECT_EQ(by_memory.model.layers[0].weights, by_file.model.layers[0].weights);
  EXPECT_EQ(by_memory.softmax->report.passes, by_file.softmax->report.passes);
  EXPECT_LT(by_memory.softmax->report.passes, train(next).softmax->report.passes);
}

TEST(Train, LeavesOutWhatIsNotToBeMeasured) {
  const Dataset rows = points(300, 1);
  NetworkOptions network;
  network.hidden = {4};
  network.epochs = 2;
  for (const NetworkOptions& options : {NetworkOptions{}, network}) {
    const TrainingRequest request{.data = {.rows = rows}, .validation_share = 0.1, .network = options};
    TrainingRequest alone = request;
    alone.measure = false;
    const TrainingResult measured = train(request), not_measured = train(alone);
    EXPECT_EQ(not_measured.model.layers[0].weights, measured.model.layers[0].weights);
    EXPECT_EQ(not_measured.status, measured.status);
    EXPECT_TRUE(measured.measured.train && measured.measured.validation);
    EXPECT_FALSE(not_measured.measured.train || not_measured.measured.validation);
    EXPECT_EQ(not_measured.not_measured, "");
    EXPECT_TRUE(result_json(not_measured)["train"].is_null());
  }
}

TEST(Train, RefusesRequestsThatContradictThemselves) {
  NetworkOptions network;
  network.hidden = {4};
  const Dataset rows = points(50, 1);
  for (const TrainingRequest& request :
       std::vector<TrainingRequest>{{},
                                    {.data = {.rows = rows}, .validation_share = 1},
                                    {.data = {.rows = rows}, .validation = {.rows = rows}, .validation_share = 0.5},
                                    {.data = {.rows = rows}, .choose_l2 = true, .l2_path = {1, 2}},
                                    {.data = {.rows = rows}, .choose_l2 = true, .network = network},
                                    {.data = {.rows = rows}, .l2_path = {1, 2}, .network = network},
                                    {.data = {.rows = rows}, .objective = {.scale = Scale::kStandard, .unit = 3}}}) {
    try {
      train(request);
      ADD_FAILURE() << "it was trained";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
    }
  }
}

/// Keeps what it is told, and stops at the first event of a kind.
struct Recorder : Watcher {
  std::vector<Event::Kind> kinds;
  std::vector<std::string> texts;
  std::optional<Event::Kind> last;
  const std::thread::id thread = std::this_thread::get_id();

  /// Without ticks.
  std::vector<Event::Kind> stages() const {
    std::vector<Event::Kind> found;
    for (const Event::Kind kind : kinds) {
      if (kind != Event::Kind::kTick && (found.empty() || found.back() != kind)) found.push_back(kind);
    }
    return found;
  }

  Answer on_event(const Event& event) override {
    EXPECT_EQ(std::this_thread::get_id(), thread);
    if (event.kind == Event::Kind::kNote) texts.push_back(event.text);
    if (kinds.empty() || kinds.back() != event.kind) kinds.push_back(event.kind);
    return event.kind == last ? Answer::kStop : Answer::kGoOn;
  }
};

TEST(Train, AWatcherHearsItsStagesInOrderOnItsOwnThread) {
  using Kind = Event::Kind;
  Recorder softmax, network;
  train({.data = {.rows = points(200, 1)}, .validation_share = 0.25}, softmax);
  EXPECT_THAT(softmax.stages(), testing::ElementsAre(Kind::kBegin, Kind::kIteration, Kind::kModel, Kind::kMeasuring,
                                                     Kind::kWork, Kind::kEnd));
  NetworkOptions options;
  options.hidden = {300, 300};
  options.epochs = 2;
  const TrainingResult result =
      train({.data = {.path = "digits"}, .network = options, .solve = {.threads = 2}}, network);
  EXPECT_THAT(network.kinds, testing::IsSupersetOf({Kind::kBegin, Kind::kEpoch, Kind::kModel, Kind::kEnd}));
  EXPECT_EQ(network.texts, result.notices);
}

TEST(Train, AWatcherStopsItAndTheModelSoFarIsThere) {
  Recorder at_iteration, at_epoch, at_measuring;
  at_iteration.last = Event::Kind::kIteration;
  const TrainingResult softmax =
      train({.data = {.path = "digits"}, .solve = {.solver = Solver::kDescent}}, at_iteration);
  EXPECT_EQ(softmax.status, "interrupted");
  EXPECT_TRUE(softmax.interrupted());
  EXPECT_EQ(softmax.model.class_count(), 10);
  at_epoch.last = Event::Kind::kEpoch;
  NetworkOptions options;
  options.hidden = {16};
  options.epochs = 1000;
  const TrainingResult network = train({.data = {.path = "digits"}, .network = options}, at_epoch);
  EXPECT_EQ(network.status, "interrupted");
  EXPECT_LT(network.network->report.epochs, 3);
  // Measuring has a second left, which is enough here.
  at_measuring.last = Event::Kind::kMeasuring;
  const TrainingResult measured = train({.data = {.rows = points(200, 1)}}, at_measuring);
  EXPECT_EQ(measured.status, "certified");
  EXPECT_TRUE(measured.measured.train);
}

/// Validation rows that are asked for choose; otherwise cross-validation does, also where calibration holds rows out.
TEST(Train, ChoosesThePenaltyByTheRowsHeldOutOrByCrossValidation) {
  const Dataset rows = points(300, 1);
  const TrainingResult held_out = train({.data = {.rows = rows}, .validation_share = 0.3, .choose_l2 = true});
  EXPECT_FALSE(held_out.softmax->choice);
  ASSERT_GT(held_out.softmax->path.size(), 3u);
  for (const PathSolution& solution : held_out.softmax->path)
    EXPECT_GE(solution.validation->cross_entropy, held_out.measured.validation->cross_entropy - 1e-12);
  const TrainingResult crossed = train({.data = {.rows = rows}, .choose_l2 = true, .calibrate = true});
  ASSERT_TRUE(crossed.softmax->choice && crossed.calibration);
  EXPECT_TRUE(crossed.softmax->path.empty());
  EXPECT_EQ(crossed.softmax->l2, crossed.softmax->choice->l2());
  EXPECT_EQ(crossed.rows + crossed.calibration->rows, 300);
}

/// The default penalty is solved for first: whatever ends cross-validation leaves its model.
TEST(Train, WhereNoPenaltyCouldBeChosenTheModelIsThatOfTheDefault) {
  const Dataset rows = points(300, 1);
  Recorder at_choosing;
  at_choosing.last = Event::Kind::kChoosing;
  const TrainingResult ended = train({.data = {.rows = rows}, .choose_l2 = true}, at_choosing);
  const TrainingResult plain = train({.data = {.rows = rows}});
  EXPECT_EQ(ended.status, "interrupted");
  EXPECT_THAT(ended.why, HasSubstr("before a penalty was chosen"));
  EXPECT_EQ(ended.softmax->l2, plain.softmax->l2);
  EXPECT_EQ(ended.softmax->report.objective, plain.softmax->report.objective);
  EXPECT_TRUE(ended.measured.train);
}

/// Labels of nothing: the honest answer is a penalty that leaves the class frequencies, and to say why.
TEST(Train, OfPureNoiseThePenaltyChosenLeavesTheFrequenciesAndANoteSaysWhy) {
  Dataset noise = points(200, 1);
  for (std::size_t i = 0; i < noise.labels.size(); ++i) noise.labels[i] = random_uniform(9, i) < 0.5 ? 1 : 0;
  const TrainingResult result = train({.data = {.rows = noise}, .choose_l2 = true});
  const PenaltyChoice& choice = *result.softmax->choice;
  EXPECT_THAT(result.notices, Contains(HasSubstr("by cross-validation the features tell next to nothing")));
  EXPECT_FALSE(choice.ended_early);
  EXPECT_GT(result.softmax->l2, default_l2(noise));
  EXPECT_NEAR(result.measured.train->cross_entropy, std::log(2), 0.02);
}

/// `why` says nothing of the seconds that choosing has left.
TEST(Train, TheTimeLimitIsThatOfTheRequest) {
  const TrainingResult result = train({.data = {.path = "digits"},
                                       .objective = {.l2 = 1e-9},
                                       .solve = {.solver = Solver::kDescent, .tolerance = 1e-300, .time_limit = 0.5}});
  EXPECT_EQ(result.status, "time_limit");
  EXPECT_EQ(result.why, "the time limit was reached");
}

/// On another thread nobody is asked, and messages wait for the watcher's own.
TEST(WatcherLink, AsksAndTellsOnItsOwnThreadAlone) {
  Recorder recorder;
  WatcherLink link(&recorder);
  std::thread([&] {
    link.post({.kind = Event::Kind::kMessage, .text = "a step was taken back"});
    EXPECT_FALSE(link.stop_requested());
  }).join();
  EXPECT_TRUE(recorder.kinds.empty());
  EXPECT_FALSE(link.stop_requested());
  EXPECT_THAT(recorder.kinds, testing::ElementsAre(Event::Kind::kMessage, Event::Kind::kTick));
  recorder.last = Event::Kind::kTick;
  EXPECT_TRUE(link.stop_requested());
  std::thread([&] { EXPECT_TRUE(link.stop_requested()); }).join();
}

TEST(RunJson, EventsOfAPathSayThePenalty) {
  Progress progress;
  progress.iteration = 1;
  EXPECT_FALSE(to_json(Event{.kind = Event::Kind::kIteration, .iteration = &progress}).contains("l2"));
  EXPECT_EQ(to_json(Event{.kind = Event::Kind::kIteration, .iteration = &progress, .l2 = 0.5})["l2"], 0.5);
  EXPECT_TRUE(to_json(Event{}).is_null());
}

}  // namespace
}  // namespace poise
