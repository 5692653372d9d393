// Whole experiments on a few rows: what they leave as events, and what an interrupt leaves of them.
#include "experiments/experiment.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

#include "experiments/thermodynamics.h"
#include "poise/read.h"
#include "thermo/network/measured_rows.h"
#include "thermo/states/hidden_states.h"

namespace poise::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class ExperimentTest : public testing::Test {
 protected:
  ExperimentTest() {
    fs::remove_all(folder_);
    run_.emplace(folder_.string(), "test");
    events_.emplace(*run_, nullptr, interrupted_, 0);
    options_.threads = 1;
    options_.seeds = 1;
  }
  ~ExperimentTest() override {
    watcher_ = {};
    events_.reset(), run_.reset();
    fs::remove_all(folder_);
  }

  static ExperimentData digits(Index rows) {
    const Dataset train = read_dataset("digits"), test = read_dataset("digits:test", {}, train.schema);
    return {"digits", split_rows(train, rows, 1).second, split_rows(test, 50, 1).second};
  }

  std::vector<json> events(const std::string& name) const {
    std::ifstream file(folder_ / "metrics.jsonl");
    std::vector<json> found;
    for (std::string line; std::getline(file, line) && !file.eof();) {  // the last line may not be whole yet
      json event = json::parse(line);
      if (event["event"] == name) found.push_back(std::move(event));
    }
    return found;
  }

  /// Ctrl-C as soon as there are so many events; in the end whatever comes, so that no test goes on for ever.
  void interrupt_after(const std::string& name, std::size_t count) {
    watcher_ = std::jthread([this, name, count](const std::stop_token& stop) {
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (!stop.stop_requested() && events(name).size() < count && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      interrupted_ = true;
    });
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("experiment-" + std::to_string(::getpid()));
  std::atomic<bool> interrupted_{false};
  std::optional<RunDirectory> run_;
  std::optional<Events> events_;
  ExperimentOptions options_;
  json runs_ = json::array();
  std::jthread watcher_;
};

// The first law's one training of a seed, and the networks on the way: those of shorter trainings of the same seed.
TEST_F(ExperimentTest, FirstLawMeasuresOneTrainingAtItsCheckpoints) {
  options_.epochs = 5;
  const ExperimentData data = digits(200);
  first_law(data, options_, *events_, runs_);
  EXPECT_EQ(events("epoch").size(), 5u);
  EXPECT_EQ(events("checkpoint").size(), runs_.size());

  ThermodynamicsOptions measuring;
  measuring.rows = 256;
  const thermo::MeasuredRows rows(data.train, measuring);
  const thermo::RowBlock block = rows.block(0, rows.size());
  NetworkOptions o;
  o.objective.l2 = 0;
  o.hidden = {16};
  o.activation = Activation::kTanh;
  o.step = Step::kSgd;
  o.learning_rate = 0.1;
  o.momentum = 0;
  o.batch = 32;
  o.seed = 1;
  std::set<int> found;
  for (const json& run : runs_) {
    const int epoch = run["epoch"];
    found.insert(epoch);
    if (epoch == 0) continue;
    o.epochs = epoch;
    const auto layers = rows.layers_of(train_network(data.train, o).network);
    const auto states = thermo::hidden_states(layers, block.inputs, block.targets, run["temperature"], 64, 1, 1);
    EXPECT_EQ(run["ground_loss"].get<double>(), states.ground_loss) << epoch;
  }
  EXPECT_THAT(found, testing::ElementsAre(0, 1, 2, 4, 5));
}

TEST_F(ExperimentTest, FirstLawStopsWithinATraining) {
  options_.epochs = 100'000'000;
  interrupt_after("epoch", 6);
  const std::vector<Finding> findings = first_law(digits(100), options_, *events_, runs_);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].figure, "no seed was completed");
  EXPECT_GE(events("epoch").size(), 6u);
}

// Events as trainings end, not as a whole comparison does.
TEST_F(ExperimentTest, DepthTellsOfEachTrainingAsItEnds) {
  options_.epochs = 20;
  options_.seeds = 100;
  interrupt_after("trained", 1);
  laplacian_and_depth(digits(200), options_, *events_, runs_);
  EXPECT_LT(runs_.size(), 8u * 100);
  ASSERT_EQ(events("trained").size(), runs_.size());
  std::set<std::pair<json, int>> of_events, of_runs;
  const auto training = [](const json& run) { return std::pair(run["hidden"], run["seed"].get<int>()); };
  for (const json& event : events("trained")) of_events.insert(training(event["result"]));
  for (const json& run : runs_) of_runs.insert(training(run));
  EXPECT_EQ(of_events, of_runs);
}

// Inputs in far too small a unit, so that losses blow up: halved steps count for the seeds that count, not for the
// last, which is stopped within.
TEST_F(ExperimentTest, SetbacksOfADiscardedSeedAreDiscarded) {
  ExperimentData data = digits(300);
  data.train.unit = data.test.unit = 1e-3;
  options_.data = {data};
  options_.epochs = 1;
  options_.seeds = 1000;
  interrupt_after("trained", 35);
  const Outcome outcome = run_double_bayesian(options_, *events_);
  ASSERT_EQ(outcome.findings.size(), 10u);
  std::set<int> stopped;  // seeds with a training that has no figures
  for (const json& run : outcome.runs) {
    if (!run.contains("test")) stopped.insert(run["seed"].get<int>());
  }
  int counted = 0, discarded = 0;
  for (const json& run : outcome.runs) {
    if (std::abs(run["step"].get<double>() - 0.0126) > 0.0001) continue;  // not of the first row
    (stopped.contains(run["seed"].get<int>()) ? discarded : counted) += run["setbacks"].get<int>();
  }
  EXPECT_EQ(stopped.size(), 1u);
  EXPECT_GT(discarded, 0);
  EXPECT_THAT(outcome.findings[0].figure, testing::EndsWith(fmt::format("blew up: {}", counted)));
}

TEST_F(ExperimentTest, SoftmaxBeginsNoSolveAfterAnInterrupt) {
  options_.data = {digits(60), digits(50)};
  interrupted_ = true;
  const Outcome outcome = run_softmax(options_, *events_);
  EXPECT_EQ(outcome.findings.size(), 1u);
  EXPECT_EQ(outcome.runs.size(), 1u);
}

}  // namespace
}  // namespace poise::experiments
