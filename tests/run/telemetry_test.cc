// When telemetry measures and what it leaves behind.
#include "run/telemetry.h"

#include <gtest/gtest.h>

#include "poise/read.h"
#include "poise/softmax_regression.h"
#include "run/training/run_json.h"

namespace poise {
namespace {

using nlohmann::json;

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
struct Counter : Watcher {
  int epochs = 0;
  std::vector<json> events;
  std::vector<std::string> messages;
  Answer on_event(const Event& event) override {
    epochs += event.kind == Event::Kind::kEpoch;
    if (event.kind == Event::Kind::kMessage) messages.push_back(event.text);
    if (event.kind == Event::Kind::kThermodynamics) events.push_back(to_json(event));
    return epochs >= 15 ? Answer::kStop : Answer::kGoOn;
  }
};

struct Watched {
  Network network;
  TelemetryReport report;
  Counter counter;
};

Watched watch(Telemetry level, int threads = 1) {
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {6};
  options.activation = Activation::kTanh;
  options.epochs = 20;
  options.threads = threads;
  const Dataset train = read_dataset("digits");
  Watched watched;
  TelemetryWatcher telemetry(level, train, options, watched.counter);
  watched.network = train_network(train, options, nullptr, &telemetry).network;
  watched.report = telemetry.report();
  return watched;
}

TEST(TelemetryWatcher, PassesOnWhatItIsToldAndChangesNothing) {
  const Watched off = watch(Telemetry::kOff), full = watch(Telemetry::kFull);
  EXPECT_TRUE(off.counter.events.empty());
  EXPECT_TRUE(off.report.measurements.empty());
  for (const Watched* one : {&off, &full}) EXPECT_EQ(one->counter.epochs, 15);  // stopped by it
  EXPECT_TRUE(off.counter.messages.empty());
  EXPECT_EQ(full.counter.messages, std::vector<std::string>{"no telemetry of epoch 15: interrupted"});
  for (std::size_t l = 0; l < 2; ++l) EXPECT_EQ(off.network.layers[l].weights, full.network.layers[l].weights);
}

TEST(TelemetryWatcher, EventsTellTheEpochAndAllFigures) {
  const Watched full = watch(Telemetry::kFull);
  ASSERT_EQ(full.counter.events.size(), 14u);  // the 15th was stopped
  EXPECT_EQ(full.report.measurements.size(), 14u);
  EXPECT_EQ(full.report.stopped, "interrupted");
  for (std::size_t k = 0; k < full.counter.events.size(); ++k) {
    const json& event = full.counter.events[k];
    EXPECT_EQ(event["event"], "thermodynamics");
    EXPECT_EQ(event["epoch"], k + 1);
    EXPECT_EQ(event["rows"], 512);
    EXPECT_EQ(event["layers"].size(), 2u);
    EXPECT_EQ(event["ensembles"].size(), 2u);
    EXPECT_TRUE(event["step"].contains("edge"));
    EXPECT_EQ(event.contains("first_law"), k > 0);
  }
}

/// dU and dC of the first law are the differences of what two events in turn have measured: the same rows, the same
/// noise.
TEST(TelemetryWatcher, TheFirstLawLinksOneEventToTheNext) {
  const Watched full = watch(Telemetry::kFull);
  for (std::size_t k = 1; k < full.counter.events.size(); ++k) {
    const json &before = full.counter.events[k - 1], &now = full.counter.events[k];
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

TEST(TelemetryWatcher, TheSecondsOfAReportAreThoseOfItsMeasurements) {
  for (const Telemetry level : {Telemetry::kLight, Telemetry::kFull}) {
    const Watched watched = watch(level);
    double sum = 0;
    for (const TelemetryMeasurement& measured : watched.report.measurements) sum += measured.seconds;
    EXPECT_GT(sum, 0);
    EXPECT_NEAR(watched.report.seconds, sum, 1e-12 * sum);
  }
}

/// As soon as it is asked to, or after some Hessian products; a measurement that was never stopped asks much oftener.
TEST(MeasureSolution, EndsWhenItIsAskedTo) {
  const Dataset train = read_dataset("digits");
  const Network model = fit_softmax(train, {.l2 = 0.1}).model;
  int asked = 0, last = 1 << 30;
  StopWhen stop([&] { return ++asked >= last; });
  EXPECT_GT(measure_solution(Telemetry::kFull, model, train, 1, &stop).figures.largest_curvature.value, 0);
  EXPECT_GT(asked, 8);
  for (last = 1; last < 8; ++last) {
    asked = 0;
    EXPECT_THROW(measure_solution(Telemetry::kFull, model, train, 1, &stop), MeasurementStopped);
    EXPECT_EQ(asked, last);
  }
  asked = 0, last = 1;
  EXPECT_THROW(measure_solution(Telemetry::kLight, model, train, 1, &stop), MeasurementStopped);
}

TEST(TelemetryWatcher, SameEventsForAnyThreads) {
  Watched one = watch(Telemetry::kFull, 1), two = watch(Telemetry::kFull, 2);
  ASSERT_EQ(one.counter.events.size(), two.counter.events.size());
  for (std::size_t k = 0; k < one.counter.events.size(); ++k) {
    one.counter.events[k].erase("seconds"), two.counter.events[k].erase("seconds");
    EXPECT_EQ(one.counter.events[k], two.counter.events[k]);
  }
}

}  // namespace
}  // namespace poise
