// How near reconstructions are, against closed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "base/watcher_link.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "sample_models.h"

namespace poise {
namespace {

using testing::HasSubstr;

MatrixF sample_rows(Index rows, Index cols, std::uint64_t seed) {
  std::uint64_t counter = 0;
  return MatrixF::NullaryExpr(rows, cols, [&] { return static_cast<float>(random_normalish(seed, counter++)); });
}

/// x̂ = A x + b
Network linear(const Matrix& a, const Vector& b) {
  Network network = random_network(array_schema(a.cols(), {}), {}, Activation::kIdentity, Head::kLinear, 1);
  network.layers[0].weights = a;
  network.layers[0].bias = b;
  network.center.setZero();
  return network;
}

TEST(Reconstruction, OfTheIdentityHasNoErrorAndExplainsAll) {
  const Network network = linear(Matrix::Identity(3, 3), Vector::Zero(3));
  const auto metrics = evaluate_reconstruction(network, float_data(sample_rows(700, 3, 2), network.schema));
  EXPECT_EQ(metrics.rows, 700);
  EXPECT_EQ(metrics.mean_squared_error, 0);
  EXPECT_EQ(metrics.explained_variance, 1);
}

TEST(Reconstruction, OfTheMeanExplainsNothing) {
  const MatrixF rows = sample_rows(700, 3, 3);
  const Vector mean = rows.cast<double>().colwise().mean().transpose();
  const Network network = linear(Matrix::Zero(3, 3), mean);
  const auto metrics = evaluate_reconstruction(network, float_data(rows, network.schema));
  EXPECT_NEAR(metrics.explained_variance, 0, 1e-14);
  const double variance = (rows.cast<double>().rowwise() - mean.transpose()).cwiseAbs2().mean();
  EXPECT_NEAR(metrics.mean_squared_error, variance, 1e-13);
  EXPECT_NEAR(metrics.variance, variance, 1e-13);
}

// Rows (0, 0), (2, 40), (4, 80); x̂ = (x_1, 0) errs by 40 and 80 in the second feature, whose unit is 20: by 2 and 4.
// The mean (2, 40) errs by 2 in the first, whose unit is 1, and by 2 in the second.
TEST(Reconstruction, ByHandInTheUnitsOfTraining) {
  Network network = linear(Matrix{{1, 0}, {0, 0}}, Vector::Zero(2));
  network.metadata["feature_units"] = "1 20";
  const Dataset data = float_data(MatrixF{{0, 0}, {2, 40}, {4, 80}}, network.schema);
  const auto metrics = evaluate_reconstruction(network, data);
  EXPECT_NEAR(metrics.feature_errors[0], 0, 1e-15);
  EXPECT_NEAR(metrics.feature_errors[1], (4 + 16) / 3.0, 1e-14);
  EXPECT_NEAR(metrics.feature_variances[0], (4 + 4) / 3.0, 1e-14);
  EXPECT_NEAR(metrics.feature_variances[1], (4 + 4) / 3.0, 1e-14);
  EXPECT_NEAR(metrics.mean_squared_error, 20 / 6.0, 1e-14);
  EXPECT_NEAR(metrics.explained_variance, 1 - 20 / 16.0, 1e-14);
  network.metadata["feature_units"] = "1 0";  // constant where it was trained
  EXPECT_NEAR(evaluate_reconstruction(network, data).feature_errors[1], (1600 + 6400) / 3.0, 1e-11);
}

TEST(Reconstruction, ARowOfWeightTwoIsTwoRows) {
  const Network network = linear(Matrix{{0.5, 0.25}, {0, 0.75}}, Vector{{0.1, -0.2}});
  Dataset weighted = float_data(MatrixF{{1, 2}, {3, -1}, {100, 100}, {0.5, 4}}, network.schema);
  weighted.sample_weight = Vector{{2, 1, 0, 1}};
  const Dataset repeated = float_data(MatrixF{{1, 2}, {1, 2}, {3, -1}, {0.5, 4}}, network.schema);
  const auto found = evaluate_reconstruction(network, weighted), expected = evaluate_reconstruction(network, repeated);
  EXPECT_NEAR(found.mean_squared_error, expected.mean_squared_error, 1e-14);
  EXPECT_NEAR(found.explained_variance, expected.explained_variance, 1e-14);
  weighted.sample_weight.setZero();
  EXPECT_THROW((void)evaluate_reconstruction(network, weighted), Error);
}

// mean + Q_k Q_kᵀ (x − mean), with the eigenvectors of the covariance by Eigen.
TEST(Reconstruction, OfPcaExplainsTheLeadingEigenvaluesAndNothingExplainsMore) {
  const Index d = 5, n = 400;
  const Matrix mix = sample_rows(d, d, 8).cast<double>();
  const MatrixF rows = (sample_rows(n, d, 9).cast<double>() * mix).cast<float>().array() + 3;
  const Vector mean = rows.cast<double>().colwise().mean().transpose();
  const Matrix centered = rows.cast<double>().rowwise() - mean.transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(centered.transpose() * centered / static_cast<double>(n));
  for (Index k : {1, 2, 4}) {
    const Matrix leading = eigen.eigenvectors().rightCols(k);
    Network network = random_network(array_schema(d, {}), {k}, Activation::kIdentity, Head::kLinear, 1);
    network.center = mean;
    network.layers = {{leading.transpose(), Vector::Zero(k), Activation::kIdentity},
                      {leading, mean, Activation::kIdentity}};
    const Dataset data = float_data(rows, network.schema);
    const double best = evaluate_reconstruction(network, data).explained_variance;
    EXPECT_NEAR(best, eigen.eigenvalues().tail(k).sum() / eigen.eigenvalues().sum(), 1e-12);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Network other = network;
      for (Layer& layer : other.layers) {
        layer.weights += 0.05 * sample_rows(layer.weights.rows(), layer.weights.cols(), 10 + seed).cast<double>();
        layer.bias += 0.05 * sample_rows(layer.bias.size(), 1, 90 + seed).cast<double>();
      }
      EXPECT_LT(evaluate_reconstruction(other, data).explained_variance, best);
    }
  }
}

TEST(Reconstruction, OfSparseRowsIsThatOfDenseOnes) {
  const Network network = linear(Matrix{{0.5, 0.25}, {0, 0.75}}, Vector{{0.1, -0.2}});
  Dataset dense = float_data(MatrixF{{0, 2}, {3, 0}, {0, 0}}, network.schema), sparse = dense;
  CsrMatrix rows;
  rows.cols = 2;
  rows.row_start = {0, 1, 2, 2};
  rows.columns = {1, 0};
  rows.values = {2, 3};
  sparse.features = Features::from_sparse(rows);
  const auto found = evaluate_reconstruction(network, sparse), expected = evaluate_reconstruction(network, dense);
  EXPECT_NEAR(found.mean_squared_error, expected.mean_squared_error, 1e-15);
  EXPECT_NEAR(found.explained_variance, expected.explained_variance, 1e-15);
}

TEST(Reconstruction, TheSameBitsForAnyNumberOfThreads) {
  const Network network = random_network(array_schema(5, {}), {3}, Activation::kTanh, Head::kLogistic, 4);
  const Dataset data = float_data(sample_rows(5000, 5, 5), network.schema);
  const auto one = evaluate_reconstruction(network, data, {.threads = 1});
  for (int threads : {2, 3}) {
    const auto more = evaluate_reconstruction(network, data, {.threads = threads});
    EXPECT_TRUE(more.feature_errors == one.feature_errors);
    EXPECT_EQ(more.explained_variance, one.explained_variance);
  }
}

TEST(Reconstruction, IsStoppedByRequest) {
  const Network network = linear(Matrix::Identity(3, 3), Vector::Zero(3));
  const Dataset data = float_data(sample_rows(50, 3, 6), network.schema);
  StopWhen at_once([] { return true; });
  EXPECT_THROW((void)evaluate_reconstruction(network, data, {.watcher = &at_once}), MeasurementStopped);
}

template <typename Action>
void expect_refused(const std::string& part, Action action) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with \"" << part << "\"";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(Reconstruction, MeasuresOfClassesRefuseIt) {
  Network network = random_network(array_schema(3, {}), {2}, Activation::kTanh, Head::kLogistic, 7);
  Dataset data = float_data(sample_rows(40, 3, 1), network.schema);
  data.schema.classes = {"a", "b", "c"};
  for (int i = 0; i < 40; ++i) data.labels.push_back(i % 3);
  expect_refused("it has no classes", [&] { (void)evaluate_network(network, data); });
  expect_refused("a temperature for a network with the logistic head", [&] { (void)calibrate(network, data); });
  const Network classifier = random_network(array_schema(3, {"a", "b"}), {}, Activation::kTanh, Head::kSoftmax, 11);
  expect_refused("its output is not features", [&] { (void)evaluate_reconstruction(classifier, data); });
}

}  // namespace
}  // namespace poise
