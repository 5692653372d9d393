// Calibration against temperatures known in closed form.
#include "poise/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

/// Rows x = 1 of class 0 (`right` of them) and of class 1 (`wrong`).
Dataset rows_of(int right, int wrong) {
  Dataset data = float_data(MatrixF::Ones(right + wrong, 1), array_schema(1, {"a", "b"}));
  data.labels.assign(static_cast<std::size_t>(right), 0);
  data.labels.insert(data.labels.end(), static_cast<std::size_t>(wrong), 1);
  return data;
}

/// Scores (m, −m) for x = 1, behind `hidden` layers that pass it on.
Network two_class_network(double m, int hidden = 0) {
  Network network;
  network.schema = array_schema(1, {"a", "b"});
  network.center = Vector::Zero(1);
  for (int l = 0; l < hidden; ++l) network.layers.push_back({Matrix::Ones(1, 1), Vector::Zero(1), Activation::kRelu});
  network.layers.push_back({Matrix{{m - 1}, {1 - m}}, Vector{{1, -1}}, Activation::kIdentity});
  return network;
}

TEST(Calibrate, FindsTheTemperatureAtWhichConfidenceIsTheShareOfRightRows) {
  for (int hidden : {0, 1, 2}) {
    Network network = two_class_network(3, hidden);
    const Layer before = network.layers.back();
    const Calibration calibration = calibrate(network, rows_of(3, 1));
    const double t = 2 * 3 / std::log(3);  // softmax(±m/T) = (3/4, 1/4)
    EXPECT_NEAR(calibration.temperature.temperature, t, 1e-9);
    EXPECT_FALSE(calibration.temperature.at_limit);
    EXPECT_NEAR(calibration.before.cross_entropy, std::log(2 * std::cosh(3)) - 1.5, 1e-12);
    const double entropy = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
    EXPECT_NEAR(calibration.after.cross_entropy, entropy, 1e-12);
    EXPECT_NEAR(calibration.after.equilibrium_gap, 0, 1e-11);
    EXPECT_NEAR(calibration.after.expected_calibration_error, 0, 1e-9);
    EXPECT_NEAR(predict_probabilities(network, rows_of(1, 0))(0, 0), 0.75, 1e-12);
    EXPECT_LE((network.layers.back().weights - before.weights / t).norm(), 1e-9);
    EXPECT_LE((network.layers.back().bias - before.bias / t).norm(), 1e-9);
    EXPECT_EQ(recorded_temperature(network.metadata), calibration.temperature.temperature);
  }
}

TEST(Calibrate, ChangesNoLabelAndDoesNothingTwice) {
  const Schema schema = array_schema(5, {"a", "b", "c"});
  Network network = random_network(schema, {7}, Activation::kTanh, Head::kSoftmax, 4);
  std::uint64_t counter = 0;
  const MatrixF x = MatrixF::NullaryExpr(200, 5, [&] { return static_cast<float>(random_normalish(1, counter++)); });
  Dataset data = float_data(x, schema);
  const Matrix scores = predict_scores(network, data);
  for (Index i = 0; i < 200; ++i) {  // seven rows of ten are classified correctly
    Index best = 0;
    scores.row(i).maxCoeff(&best);
    data.labels.push_back(static_cast<std::int32_t>(i % 10 < 7 ? best : (best + 1) % 3));
  }
  const double t = calibrate(network, data).temperature.temperature;
  EXPECT_LE((predict_scores(network, data) * t - scores).norm(), 1e-12 * scores.norm());
  const Calibration again = calibrate(network, data);
  EXPECT_NEAR(again.temperature.temperature, 1, 1e-6);
  EXPECT_EQ(again.before.accuracy, again.after.accuracy);
  EXPECT_NEAR(recorded_temperature(network.metadata), t, 1e-6 * t);
}

TEST(Calibrate, LeavesAModelAloneThatIsAlwaysRight) {
  Network network = two_class_network(3);
  const Matrix weights = network.layers.back().weights;
  const Calibration calibration = calibrate(network, rows_of(4, 0));
  EXPECT_TRUE(calibration.temperature.at_limit);
  EXPECT_EQ(network.layers.back().weights, weights);
  EXPECT_EQ(network.metadata.count("temperature"), 0u);
  EXPECT_EQ(calibration.after.cross_entropy, calibration.before.cross_entropy);
}

// Wrong more often than not: the flatter the better, and no temperature above 0 and below infinity the best.
TEST(Calibrate, LeavesAModelAloneThatIsNoBetterThanChance) {
  for (const int right : {0, 1, 2}) {  // of four; two are chance itself
    Network network = two_class_network(3);
    const Matrix weights = network.layers.back().weights;
    const Calibration calibration = calibrate(network, rows_of(right, 4 - right));
    EXPECT_TRUE(calibration.temperature.at_limit) << right;
    EXPECT_GT(calibration.temperature.temperature, 1e5) << right;
    EXPECT_NEAR(calibration.temperature.cross_entropy, std::log(2), 1e-5) << right;
    EXPECT_EQ(network.layers.back().weights, weights) << right;
    EXPECT_EQ(network.metadata.count("temperature"), 0u) << right;
    EXPECT_EQ(calibration.after.cross_entropy, calibration.before.cross_entropy) << right;
  }
}

TEST(Calibrate, AnyTemperatureWillDoWhereScoresAreEqual) {
  Network network = two_class_network(0);
  const Calibration calibration = calibrate(network, rows_of(1, 3));
  EXPECT_FALSE(calibration.temperature.at_limit);
  EXPECT_EQ(calibration.temperature.temperature, 1);
}

TEST(Calibrate, WeightsOfRowsCount) {
  Dataset data = rows_of(1, 1);
  data.sample_weight = Vector{{9, 1}};
  Network network = two_class_network(1);
  EXPECT_NEAR(calibrate(network, data).temperature.temperature, 2 / std::log(9), 1e-9);
}

TEST(Calibrate, RefusesWhatHasNoTemperature) {
  Network sigmoids = two_class_network(1);
  sigmoids.head = Head::kSigmoid;
  EXPECT_THROW(calibrate(sigmoids, rows_of(3, 1)), Error);
  Network network = two_class_network(1);
  Dataset unlabeled = rows_of(3, 1);
  unlabeled.labels.clear();
  EXPECT_THROW(calibrate(network, unlabeled), Error);
  EXPECT_EQ(network.metadata.count("temperature"), 0u);
  for (double t : {0.0, -1.0, std::nan(""), HUGE_VAL}) EXPECT_THROW(divide_scores(network, t), Error) << t;
}

TEST(DivideScores, TemperaturesMultiplyAndComeBack) {
  Network network = two_class_network(5);
  const Layer before = network.layers.back();
  divide_scores(network, 1.7);
  divide_scores(network, 0.3);
  EXPECT_NEAR(recorded_temperature(network.metadata), 0.51, 1e-15);
  const Network model = as_trained(network);
  EXPECT_LE((model.layers[0].weights - before.weights).norm(), 1e-15 * before.weights.norm());
  EXPECT_LE((model.layers[0].bias - before.bias).norm(), 1e-15 * before.bias.norm());
  EXPECT_EQ(recorded_temperature(model.metadata), 1);
}

TEST(RecordedTemperature, RefusesWhatIsNoTemperature) {
  for (const char* text : {"", "warm", "0", "-2", "nan", "inf", "1.5x"})
    EXPECT_THROW(recorded_temperature({{"temperature", text}}), Error) << text;
}

}  // namespace
}  // namespace poise
