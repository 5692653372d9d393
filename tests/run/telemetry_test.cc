// When telemetry measures, what it leaves behind, and what it says about it.
#include "run/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "poise/read.h"
#include "run/measurements.h"

namespace poise {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

int measurements(const TelemetryPlan& plan, int epochs) {
  int count = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) count += epoch % plan.every == 0 || epoch == epochs;
  return count;
}

TEST(PlanTelemetry, OffMeasuresNever) { EXPECT_EQ(plan_telemetry(Telemetry::kOff, 1000, 20).every, 0); }

TEST(PlanTelemetry, LightStaysWithinItsShareOfTheRowsOrMeasuresFiveTimes) {
  for (Index rows : {1, 20, 300, 1213, 54000, 5000000}) {
    for (int epochs : {1, 2, 5, 7, 9, 10, 20, 30, 33, 200, 5000}) {
      const TelemetryPlan plan = plan_telemetry(Telemetry::kLight, rows, epochs);
      ASSERT_GE(plan.every, 1);
      ASSERT_LE(plan.rows, rows);
      ASSERT_LE(plan.rows, 2048);
      ASSERT_GE(plan.rows, std::min<Index>(rows, 128));
      // A measured row costs some eight trained ones; the last epoch's measurement comes on top.
      const double cost = 8.0 * static_cast<double>(plan.rows) * (measurements(plan, epochs) - 1);
      const int count = measurements(plan, epochs);
      EXPECT_GE(count, std::min(5, epochs)) << rows << " rows, " << epochs << " epochs";
      if (count > std::min(9, epochs)) {
        EXPECT_LE(cost, 0.021 * static_cast<double>(rows) * epochs) << rows << " rows, " << epochs << " epochs";
      }
      EXPECT_LE(measurements(plan, epochs), 21);
    }
  }
}

TEST(PlanTelemetry, FullMeasuresEveryEpochOfAShortRun) {
  const TelemetryPlan plan = plan_telemetry(Telemetry::kFull, 54000, 20);
  EXPECT_EQ(plan.every, 1);
  EXPECT_EQ(plan.rows, 512);
  EXPECT_EQ(plan_telemetry(Telemetry::kFull, 300, 200).every, 10);
  EXPECT_EQ(plan_telemetry(Telemetry::kFull, 300, 200).rows, 300);
}

/// Counts what it is told.
struct Counter : TrainingObserver {
  int epochs = 0, networks = 0;
  std::vector<std::string> messages;
  void on_epoch(const Epoch&) override { ++epochs; }
  void on_message(const std::string& text) override { messages.push_back(text); }
  bool stop_requested() override { return epochs >= 15; }
  bool wants_network(int epoch) override { return epoch == 7; }
  void on_network(const Epoch&, const Network&) override { ++networks; }
};

struct Watched {
  Network network;
  std::vector<json> events;
  json summary;
  Counter counter;
};

Watched watch(Telemetry level, int threads = 1) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("telemetry-" + std::to_string(::getpid()));
  NetworkOptions options;
  options.hidden = {6};
  options.activation = Activation::kTanh;
  options.epochs = 20;
  options.threads = threads;
  const Dataset train = read_dataset("digits");
  Watched watched;
  {
    RunDirectory run(folder.string(), "digits");
    run.append_event({{"event", "start"}});
    TelemetryObserver telemetry(level, train, options, run, watched.counter);
    watched.network = train_network(train, options, nullptr, &telemetry).network;
    watched.summary = telemetry.summary();
  }
  std::ifstream lines(folder / "metrics.jsonl");
  for (std::string line; std::getline(lines, line);) watched.events.push_back(json::parse(line));
  std::filesystem::remove_all(folder);
  return watched;
}

TEST(TelemetryObserver, PassesOnWhatItIsToldAndChangesNothing) {
  const Watched off = watch(Telemetry::kOff), full = watch(Telemetry::kFull);
  EXPECT_EQ(off.events.size(), 1u);
  EXPECT_EQ(off.summary["measurements"], 0);
  for (const Watched* one : {&off, &full}) {
    EXPECT_EQ(one->counter.epochs, 15);  // stopped by it
    EXPECT_EQ(one->counter.networks, 1);
    EXPECT_TRUE(one->counter.messages.empty());
  }
  for (std::size_t l = 0; l < 2; ++l) EXPECT_EQ(off.network.layers[l].weights, full.network.layers[l].weights);
}

TEST(TelemetryObserver, EventsTellTheEpochAndAllFigures) {
  const Watched full = watch(Telemetry::kFull);
  ASSERT_EQ(full.events.size(), 16u);
  EXPECT_EQ(full.summary["measurements"], 15);
  for (std::size_t k = 1; k < full.events.size(); ++k) {
    const json& event = full.events[k];
    EXPECT_EQ(event["event"], "thermodynamics");
    EXPECT_EQ(event["epoch"], k);
    EXPECT_EQ(event["rows"], 512);
    EXPECT_EQ(event["layers"].size(), 2u);
    EXPECT_EQ(event["ensembles"].size(), 2u);
    EXPECT_TRUE(event["step"].contains("edge"));
    EXPECT_EQ(event.contains("first_law"), k > 1);
  }
}

/// dU and dC of the first law are the differences of what two events in turn have measured: the same rows, the same
/// noise.
TEST(TelemetryObserver, TheFirstLawLinksOneEventToTheNext) {
  const Watched full = watch(Telemetry::kFull);
  for (std::size_t k = 2; k < full.events.size(); ++k) {
    const json &before = full.events[k - 1], &now = full.events[k];
    for (std::size_t t = 0; t < 2; ++t) {
      const json& law = now["first_law"][t];
      const double temperature = now["ensembles"][t]["temperature"];
      auto change = [&](const char* name) {
        return now["ensembles"][t][name]["value"].get<double>() - before["ensembles"][t][name]["value"].get<double>();
      };
      const double complexity = now["complexity"]["value"].get<double>() - before["complexity"]["value"].get<double>();
      EXPECT_EQ(law["temperature"], temperature);
      EXPECT_NEAR(law["loss_change"]["value"], change("mean_loss") + change("bulk_loss"), 1e-10);
      EXPECT_NEAR(law["heat"]["value"], temperature * change("entropy"), 1e-10);
      EXPECT_NEAR(law["complexity_heat"]["value"], temperature * complexity, 1e-10);
      EXPECT_NEAR(law["residual"]["value"], change("free_energy") - temperature * complexity, 1e-10);
      // Common noise: the error of the difference is below that of two measurements apart.
      const double one = now["ensembles"][t]["free_energy"]["error"],
                   other = before["ensembles"][t]["free_energy"]["error"];
      EXPECT_LT(law["residual"]["error"].get<double>(), std::sqrt(one * one + other * other));
    }
  }
}

TEST(TelemetryObserver, SameEventsForAnyThreads) {
  Watched one = watch(Telemetry::kFull, 1), two = watch(Telemetry::kFull, 2);
  ASSERT_EQ(one.events.size(), two.events.size());
  for (std::size_t k = 0; k < one.events.size(); ++k) {
    one.events[k].erase("seconds"), two.events[k].erase("seconds");
    EXPECT_EQ(one.events[k], two.events[k]);
  }
}

Thermodynamics figures() {
  Thermodynamics t;
  t.rows = 400, t.parameters = 100;
  t.mean_loss = {0.5, 0, 0, 0.02};
  t.output_entropy = {0.4, 0, 0, 0.01};
  t.equilibrium_gap = {0.1, 0, 0, 0.02};
  t.temperature = {1.3, 0.47, 0.47, false};
  t.marginal_entropy = {2.3, 0, 0, 0}, t.mutual_information = {1.9, 0, 0, 0};
  t.layers = {{80, {8, 0.5, 100, 0}, {8, 0.5, 100, 0}, "sampled labels"},
              {20, {4, 0, 0, 0.1}, {4, 0, 0, 0.1}, "exact"}};
  t.laplacian = {12, 0.5, 100, 0};
  t.largest_curvature = {10, 0.01};
  t.ensembles.resize(1);
  t.ensembles[0].temperature = 0.1;
  t.ensembles[0].free_energy = {0.55, 0.001, 15, 0.02};
  t.ensembles[0].effective_draws = 12;
  t.complexity = {1, 0, 0, 0.1};
  return t;
}

TEST(ReadingOf, Confidence) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[0],
              AllOf(StartsWith("Over-confident on these rows: cross-entropy is 0.1 ± 0.039 nats above"),
                    HasSubstr("divided by 1.3"), HasSubstr("--calibrate")));
  t.equilibrium_gap.value = -0.1;
  EXPECT_THAT(reading_of(t)[0], AllOf(StartsWith("Under-confident"), HasSubstr("nats below output entropy")));
  t.equilibrium_gap.value = 0.03;
  EXPECT_THAT(reading_of(t)[0], AllOf(StartsWith("At rest, as far as 400 rows can tell"), HasSubstr("+0.03 ± 0.039")));
  t.temperature = {1e-3, 0, 0, true};
  EXPECT_THAT(reading_of(t)[0], StartsWith("Not at rest: every row is classified correctly"));
}

TEST(ReadingOf, Curvature) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[2], StartsWith("Most curvature is in layer 1 of 2: 67 % of the Laplacian with 80 % of the "
                                           "weights; a weight of layer 2 is the steepest."));
  t.laplacian = {-12, 0.5, 100, 0};
  EXPECT_THAT(reading_of(t)[2], HasSubstr("The Laplacian is negative"));
  t.laplacian = {0.5, 0.5, 100, 0};
  EXPECT_THAT(reading_of(t)[2], HasSubstr("Its sign is not certain: a larger --label-draws would tell"));
}

TEST(ReadingOf, EdgeOfStability) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[3], HasSubstr("stable below a learning rate of 0.2"));
  t.step.emplace();
  t.step->edge = 0.25;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("inside the edge, with room for 4 times the rate"));
  t.step->edge = 1e-6;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("far inside the edge, as a learning rate is that has cooled"));
  t.step->edge = 0.95;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("at the edge of stability"));
  t.step->edge = 1.7;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("beyond the edge"));
}

TEST(ReadingOf, SaysWhenTooFewDrawsCarryAFreeEnergy) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[4], Not(HasSubstr("--draws")));
  t.ensembles[0].effective_draws = 1.2;
  EXPECT_THAT(reading_of(t)[4], HasSubstr("At 0.1 it rests on 1.2 draws a row: raise --draws"));
}

TEST(ReadingOf, LightHasNothingToSayOfWhatItHasNotMeasured) {
  Thermodynamics t = figures();
  t.detail = Detail::kLight;
  t.ensembles.clear();
  EXPECT_EQ(reading_of(t).size(), 3u);
  EXPECT_FALSE(to_json(t).contains("largest_curvature"));
  EXPECT_THAT(table_of(t), Not(HasSubstr("complexity")));
}

TEST(ReadingOf, FullWithoutTemperaturesLacksTheEnsemblesAlone) {
  Thermodynamics t = figures();
  t.ensembles.clear();
  EXPECT_EQ(reading_of(t).size(), 4u);
  EXPECT_THAT(reading_of(t)[3], HasSubstr("stable below a learning rate of 0.2"));
  EXPECT_EQ(to_json(t)["complexity"]["value"], 1.0);
  EXPECT_EQ(to_json(t)["largest_curvature"], (json{{"value", 10.0}, {"residual", 0.01}}));
  EXPECT_THAT(table_of(t), AllOf(HasSubstr("complexity"), HasSubstr("an eigenvalue is within 0.01")));
}

TEST(ReadingOf, OneRowDecidesNothing) {
  Thermodynamics t = figures();
  t.equilibrium_gap.row_error = std::numeric_limits<double>::infinity();
  EXPECT_THAT(reading_of(t)[0], HasSubstr("One row does not tell"));
  EXPECT_THAT(table_of(t), HasSubstr("–"));
  EXPECT_EQ(json::parse(to_json(t).dump())["equilibrium_gap"]["row_error"], json());
}

TEST(ReadingOf, ScoresNoBetterThanChance) {
  Thermodynamics t = figures();
  t.temperature = {1e6, 0.69, 0.69, true};
  EXPECT_THAT(reading_of(t)[0], AllOf(StartsWith("Not at rest"), HasSubstr("no better than chance")));
}

TEST(ToJson, AnEstimateCarriesItsErrors) {
  EXPECT_EQ(to_json(Estimate{1.5, 0.25, 7, 0.5}),
            (json{{"value", 1.5}, {"error", 0.25}, {"degrees", 7.0}, {"row_error", 0.5}}));
  EXPECT_EQ(to_json(Estimate{1.5, 0, 0, 0.5}), (json{{"value", 1.5}, {"error", 0.0}, {"row_error", 0.5}}));
}

}  // namespace
}  // namespace poise
