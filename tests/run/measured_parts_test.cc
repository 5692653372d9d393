// What is measured of a trained model, what is left out when time is up, and what there is to say.
#include "run/measured_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/watcher_link.h"
#include "poise/error.h"
#include "run/measured_words.h"
#include "run/measuring_time.h"
#include "sample_models.h"

namespace poise {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Rows x = 1 of class 0 (`right` of them) and of class 1 (`wrong`).
Dataset rows_of(int right, int wrong) {
  Dataset data = float_data(MatrixF::Ones(right + wrong, 1), array_schema(1, {"a", "b"}));
  data.labels.assign(static_cast<std::size_t>(right), 0);
  data.labels.insert(data.labels.end(), static_cast<std::size_t>(wrong), 1);
  return data;
}

/// Scores (m, −m).
Network network_of(double m) {
  Network network;
  network.schema = array_schema(1, {"a", "b"});
  network.center = Vector::Zero(1);
  network.layers.push_back({Matrix{{m}, {-m}}, Vector::Zero(2), Activation::kIdentity});
  return network;
}

TEST(MeasureParts, MeasuresWhatIsThereAndNotYetMeasured) {
  const Parts parts{rows_of(3, 1), rows_of(1, 1), std::nullopt};
  MeasuredParts measured;
  measure_parts(network_of(0), parts, {}, measured);
  EXPECT_EQ(measured.train->accuracy, 0.75);
  EXPECT_EQ(measured.validation->accuracy, 0.5);
  EXPECT_FALSE(measured.test);
  measure_parts(network_of(-1), parts, {}, measured);  // nothing is left to do
  EXPECT_EQ(measured.train->accuracy, 0.75);
}

TEST(MeasureParts, LeavesOutWhatThereIsNoTimeFor) {
  const Parts parts{rows_of(3, 1), rows_of(1, 1), rows_of(2, 1)};
  MeasuredParts measured;
  StopWhen at_once([] { return true; });
  measure_parts(network_of(0), parts, {.watcher = &at_once}, measured);
  EXPECT_FALSE(measured.train || measured.validation || measured.test);
  Network network = network_of(1);
  EXPECT_FALSE(calibrate_parts(network, parts, measured, {}));
  EXPECT_EQ(network.metadata.count("temperature"), 0u);
}

TEST(CalibrateParts, DividesByTheTemperatureOfTheValidationRows) {
  const Parts parts{rows_of(9, 1), rows_of(3, 1), std::nullopt};
  Network network = network_of(3);
  MeasuredParts before;
  measure_parts(network, parts, {}, before);
  const auto found = calibrate_parts(network, parts, before, {});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->temperature.temperature, 2 * 3 / std::log(3), 1e-9);  // softmax(±m/T) = (3/4, 1/4)
  EXPECT_EQ(found->rows, 4);
  EXPECT_NEAR(found->after.validation->equilibrium_gap, 0, 1e-12);
  EXPECT_NEAR(found->after.train->cross_entropy, -0.9 * std::log(0.75) - 0.1 * std::log(0.25), 1e-9);
  EXPECT_EQ(found->before.train->cross_entropy, before.train->cross_entropy);
}

TEST(SecondsToMeasure, OfRowsWhoseWeightsHappenToBeZero) {
  Parts parts{rows_of(3, 1), std::nullopt, std::nullopt};
  parts.train.sample_weight = Vector::Zero(4);  // of the rows that it happens to take
  EXPECT_GT(seconds_to_measure({{Matrix::Zero(2, 1), Vector::Zero(2)}}, parts, 1), 0);
}

/// Time as the test has it.
struct Clock {
  double now = 0;
  bool interrupted = false;
  StopWhen asked{[this] { return interrupted; }};
  MeasuringTime measuring(double limit) {
    return {limit, [this] { return now; }, asked};
  }
};

TEST(MeasuringTime, EndsAtTheLimitOfTheRunButNotWithinASecond) {
  Clock clock;
  clock.now = 7;
  MeasuringTime none = clock.measuring(0), far = clock.measuring(20), past = clock.measuring(5);
  EXPECT_FALSE(none.is_over() || far.is_over() || past.is_over());
  clock.now = 7.9;
  EXPECT_FALSE(past.is_over());
  clock.now = 8.1;
  EXPECT_TRUE(past.is_over());
  EXPECT_STREQ(past.why(), "time_limit");
  clock.now = 19.9;
  EXPECT_FALSE(far.is_over());
  clock.now = 20.1;
  EXPECT_TRUE(far.is_over());
  EXPECT_FALSE(none.is_over());
  EXPECT_EQ(none.why(), nullptr);
}

TEST(MeasuringTime, EndsASecondAfterAnInterrupt) {
  Clock clock;
  clock.now = 7;
  MeasuringTime time = clock.measuring(0);
  clock.now = 9;
  clock.interrupted = true;
  EXPECT_FALSE(time.is_over());
  clock.now = 9.9;
  EXPECT_FALSE(time.is_over());
  clock.now = 10.1;
  EXPECT_TRUE(time.is_over());
  EXPECT_STREQ(time.why(), "interrupted");
  MeasuringTime later = clock.measuring(0);  // an interrupt that came before leaves a second, too
  EXPECT_FALSE(later.is_over());
  clock.now = 11.2;
  EXPECT_TRUE(later.is_over());
}

Metrics metrics_of(double cross_entropy, double frequencies) {
  Metrics metrics;
  metrics.cross_entropy = cross_entropy;
  metrics.frequencies_entropy = frequencies;
  return metrics;
}

TEST(NotesOn, ProbabilitiesWorseThanClassFrequencies) {
  Parts parts{rows_of(3, 1), rows_of(1, 1), std::nullopt};
  MeasuredParts measured;
  measured.train = metrics_of(0.1, 0.5);
  measured.validation = metrics_of(0.8, 0.6931);
  EXPECT_THAT(
      notes_on(parts, measured, "the model", "more rows"),
      ElementsAre("the model's probabilities are worse than the class frequencies (0.8000 against 0.6931 nats on "
                  "the validation rows); hint: more rows [P113]"));
  measured.validation = metrics_of(0.6, 0.6931);
  EXPECT_THAT(notes_on(parts, measured, "the model", ""), IsEmpty());
  measured.test = metrics_of(0.7, 0.65);
  EXPECT_THAT(notes_on(parts, measured, "the model", ""), ElementsAre(HasSubstr("on the test rows")));
  // Of rows trained on only where there are no others.
  measured = {};
  measured.train = metrics_of(0.8, 0.6931);
  EXPECT_THAT(notes_on(parts, measured, "the network", ""), ElementsAre(HasSubstr("on the training rows")));
}

TEST(NotesOn, ClassesThatAreNeverPredicted) {
  const Parts parts{rows_of(3, 1), std::nullopt, std::nullopt};
  MeasuredParts measured;
  measure_parts(network_of(1e-3), parts, {}, measured);
  EXPECT_THAT(notes_on(parts, measured, "the model", ""),
              Contains("of the training rows no row is predicted as class 'b' [P114]"));
  Metrics many;
  Schema schema = array_schema(1, {"a", "b", "c", "d", "e"});
  many.by_class.assign(5, {.weight = 1, .predicted = 0});
  EXPECT_EQ(never_predicted(many, schema), "no row is predicted as classes 'a', 'b', 'c', and 2 more");
  many.by_class.assign(5, {.weight = 0, .predicted = 0});
  EXPECT_EQ(never_predicted(many, schema), "");
}

}  // namespace
}  // namespace poise
