// A run directory read back has what the training had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "poise/error.h"
#include "poise/report.h"
#include "rows/load.h"

namespace poise {
namespace {

namespace fs = std::filesystem;

class ReadRun : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }
  std::string folder() const { return folder_.string(); }
  void write(const char* name, const std::string& text) const {
    fs::create_directories(folder_);
    std::ofstream(folder_ / name) << text;
  }

 private:
  fs::path folder_ = fs::path(testing::TempDir()) / ("read-run-" + std::to_string(::getpid()));
};

void expect_same(const Metrics& read, const Metrics& made) {
  EXPECT_EQ(read.rows, made.rows);
  EXPECT_EQ(read.accuracy, made.accuracy);
  EXPECT_EQ(read.cross_entropy, made.cross_entropy);
  EXPECT_EQ(read.cross_entropy_error, made.cross_entropy_error);
  EXPECT_EQ(read.equilibrium_gap, made.equilibrium_gap);
  EXPECT_EQ(read.temperature.temperature, made.temperature.temperature);
  ASSERT_EQ(read.by_class.size(), made.by_class.size());
  EXPECT_EQ(read.by_class[3].recall, made.by_class[3].recall);
  ASSERT_EQ(read.reliability.size(), made.reliability.size());
  EXPECT_EQ(read.reliability.back().accuracy, made.reliability.back().accuracy);
}

/// The pairs are the confusion matrix but for its diagonal.
void expect_same(const std::vector<RunRecord::Confused>& pairs, const Matrix& confusion) {
  Matrix read = Matrix::Zero(confusion.rows(), confusion.cols());
  for (const RunRecord::Confused& pair : pairs) read(pair.label, pair.predicted) = pair.weight;
  read.diagonal() = confusion.diagonal();
  EXPECT_EQ(read, confusion);
}

TEST_F(ReadRun, OfASoftmaxLayer) {
  const TrainingResult made = train({.data = {.path = "digits"}, .directory = folder()});
  const RunRecord read = read_run(folder());
  EXPECT_EQ(read.status, "certified");
  EXPECT_EQ(read.command, "poise train digits");
  EXPECT_EQ(read.fingerprint, made.fingerprint);
  EXPECT_EQ(read.schema.classes, made.model.schema.classes);
  ASSERT_TRUE(read.certificate);
  EXPECT_EQ(read.certificate->gap, made.softmax->report.certificate.gap);
  ASSERT_EQ(read.parts.front().name, "test");
  expect_same(read.parts.front().metrics, *made.measured.test);
  expect_same(read.parts.front().confused, made.measured.test->confusion);
  ASSERT_EQ(read.parts.back().name, "train");
  expect_same(read.parts.back().metrics, *made.measured.train);
  ASSERT_FALSE(read.iterations_of_solve.empty());
  EXPECT_EQ(read.iterations_of_solve.back().objective, made.softmax->report.objective);
  EXPECT_EQ(read.images.size(), 10U);
  ASSERT_EQ(read.largest_weights.size(), 20U);
  const WeightIntervals& intervals = made.softmax->intervals.value();
  for (std::size_t k = 0; k < 20; ++k) {  // the digits' unit is 16
    EXPECT_DOUBLE_EQ(read.largest_weights[k].low, 16 * intervals.largest[k].low);
    EXPECT_LT(read.largest_weights[k].low, read.largest_weights[k].standardized);
    EXPECT_GT(read.largest_weights[k].high, read.largest_weights[k].standardized);
  }
  EXPECT_EQ(read.intervals_meaning, intervals.meaning);
  ASSERT_TRUE(read.data_figures);
  EXPECT_EQ(read.data_figures->constant_features, made.data_figures->constant_features);
  EXPECT_EQ(read.data_figures->test_rows_trained_on, made.data_figures->test_rows_trained_on);
  EXPECT_FALSE(read.data_figures->validation_rows_trained_on);
  EXPECT_EQ(read.images[4][20], static_cast<float>(made.model.layers[0].weights(4, 20)));
  ASSERT_TRUE(read.surest_errors);
  const WrongRow &surest = read.surest_errors->rows[0].wrong, &expected = made.measured.test->surest_errors[0];
  EXPECT_EQ(surest.row, expected.row);
  EXPECT_EQ(surest.label, expected.label);
  EXPECT_EQ(surest.probability, expected.probability);
  const Dataset test = read_dataset("digits:test");
  std::vector<double> row(64);
  load_row(test.features, {}, expected.row, row.data());
  for (std::size_t j = 0; j < 64; ++j)  // the digits' pixels are from 0 to 16
    EXPECT_NEAR(read.surest_errors->rows[0].pixels[j], 255.0 / 16 * row[j], 0.5);
}

TEST_F(ReadRun, OfANetwork) {
  TrainingRequest request{
      .data = {.path = "digits"}, .calibrate = true, .telemetry = Telemetry::kLight, .directory = folder()};
  request.network.hidden = {8};
  request.network.epochs = 6;
  const TrainingResult made = train(request);
  const RunRecord read = read_run(folder());
  EXPECT_TRUE(read.is_network);
  EXPECT_EQ(read.architecture, "64 -> 8 relu -> 10 softmax");
  ASSERT_EQ(read.history.size(), 6U);
  EXPECT_EQ(read.history[3].train.loss, made.network->report.history[3].train.loss);
  EXPECT_EQ(read.history[5].validation->accuracy, made.network->report.history[5].validation->accuracy);
  EXPECT_EQ(read.history[2].imbalance_at_rest, made.network->report.history[2].imbalance_at_rest);
  EXPECT_EQ(read.best_epoch, made.network->report.best_epoch);
  EXPECT_EQ(read.calibration, made.calibration->temperature.temperature);
  EXPECT_EQ(read.uncalibrated.size(), made.calibration->before.test->reliability.size());
  ASSERT_EQ(read.telemetry.size(), made.telemetry->measurements.size());
  EXPECT_EQ(read.telemetry.back().figures.laplacian.value, made.telemetry->measurements.back().figures.laplacian.value);
}

TEST_F(ReadRun, OfAPathAndOfCrossValidation) {
  train({.data = {.path = "digits"}, .validation_share = 0.2, .l2_path = {0.1, 0.01}, .directory = folder()});
  const RunRecord path = read_run(folder());
  ASSERT_EQ(path.candidates.size(), 2U);
  EXPECT_EQ(path.candidates[0].l2, 0.01);
  EXPECT_GT(path.candidates[0].error, 0);
  EXPECT_EQ(path.chosen_by, "validation rows");
  train({.data = {.path = "digits"},
         .choose_l2 = true,
         .search = {.folds = 2, .candidates = {1e-3, 1e-4}},
         .directory = folder()});
  const RunRecord chosen = read_run(folder());
  EXPECT_EQ(chosen.chosen_by, "cross-validation");
  ASSERT_EQ(chosen.candidates.size(), 2U);
  ASSERT_EQ(chosen.parts.size(), 3U);
  EXPECT_EQ(chosen.parts[1].name, "cross-validation");
  EXPECT_EQ(chosen.parts[1].folds, 2);
  EXPECT_FALSE(chosen.parts[1].metrics.reliability.empty());
}

TEST_F(ReadRun, OfReconstructions) {
  TrainingRequest request{.data = {.path = "digits"}, .directory = folder()};
  request.network.target = Target::kFeatures;
  request.network.epochs = 2;
  const TrainingResult made = train(request);
  const RunRecord read = read_run(folder());
  EXPECT_TRUE(read.reconstructs);
  ASSERT_EQ(read.reconstructed.front().name, "test");
  EXPECT_EQ(read.reconstructed.front().metrics.explained_variance, made.reconstructed.test->explained_variance);
  ASSERT_TRUE(read.principal);
  EXPECT_EQ(read.history.back().target, Target::kFeatures);
}

TEST_F(ReadRun, WithoutEventsAndModelIsStillARun) {
  (void)train({.data = {.path = "digits"}, .directory = folder()});
  fs::remove(fs::path(folder()) / "model.onnx");
  write("metrics.jsonl", "{\"event\":\"iteration\",\"iteration\":1,\"objective\":1.5}\n{\"event\":\"itera");
  RunRecord read = read_run(folder());
  ASSERT_EQ(read.iterations_of_solve.size(), 1U);
  EXPECT_TRUE(std::isnan(read.iterations_of_solve[0].gradient_norm));
  EXPECT_TRUE(read.images.empty());
  write("model.onnx", "no model");
  read = read_run(folder());
  EXPECT_THAT(read.notices, testing::Contains(testing::HasSubstr("model.onnx cannot be read")));
  EXPECT_THAT(report_html({&read, 1}), testing::HasSubstr("</html>"));
}

TEST_F(ReadRun, RefusesWhatIsNone) {
  EXPECT_THROW(read_run(folder()), Error);
  for (const char* text : {"", "[]", "{\"result\": 1}", "{\"result\": {\"status\": \"x\"}}",
                           "{\"result\": {\"status\": \"x\"}, \"schema\": 3}"}) {
    write("run.json", text);
    EXPECT_THROW(read_run(folder()), Error) << text;
  }
  write("run.json", R"({"result": {"status": "certified", "status": "converged"}})");
  try {
    read_run(folder());
    ADD_FAILURE() << "of two results one was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.found(), testing::HasSubstr("\"status\" stands twice"));
  }
}

}  // namespace
}  // namespace poise
