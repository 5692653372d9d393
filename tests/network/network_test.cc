#include "poise/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/model_check.h"
#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

// The definitions, one number at a time.
double sigma(Activation activation, double y) {
  switch (activation) {
    case Activation::kIdentity:
      return y;
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-y));
    case Activation::kTanh:
      return std::tanh(y);
    case Activation::kRelu:
      return std::max(0.0, y);
  }
  return 0;
}

std::vector<double> propagate(const Network& network, const Vector& row) {
  std::vector<double> x;
  for (Index j = 0; j < row.size(); ++j) x.push_back(row[j] - network.center[j]);
  for (const Layer& layer : network.layers) {
    std::vector<double> y;
    for (Index k = 0; k < layer.weights.rows(); ++k) {
      double sum = layer.bias[k];
      for (Index j = 0; j < layer.weights.cols(); ++j) sum += layer.weights(k, j) * x[static_cast<std::size_t>(j)];
      y.push_back(sigma(layer.activation, sum));
    }
    x = y;
  }
  return x;
}

Vector probabilities_by_definition(const Network& network, const Vector& row) {
  std::vector<double> p = propagate(network, row);
  double sum = 0;
  for (double& y : p) sum += y = network.head == Head::kSoftmax ? std::exp(y) : 1 / (1 + std::exp(-y));
  for (double& y : p) y /= sum;
  return Eigen::Map<Vector>(p.data(), std::ssize(p));
}

const std::vector<Activation> kActivations{Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                           Activation::kRelu};

// A pixel-like set: most values are 0.
std::vector<std::uint8_t> sparse_bytes(Index count, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    if (random_bits(seed, k) % 3 == 0) bytes[k] = static_cast<std::uint8_t>(random_bits(seed + 1, k) % 8);
  }
  return bytes;
}

CsrMatrix to_sparse(const std::vector<std::uint8_t>& bytes, Index cols) {
  CsrMatrix sparse;
  sparse.cols = cols;
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    const Index j = static_cast<Index>(k) % cols;
    if (bytes[k] != 0) sparse.columns.push_back(static_cast<std::int32_t>(j)), sparse.values.push_back(bytes[k]);
    if (j + 1 == cols) sparse.row_start.push_back(std::ssize(sparse.values));
  }
  return sparse;
}

TEST(Network, ProbabilitiesOfAllKindsOfData) {
  constexpr Index kRows = 300, kCols = 20;
  const Schema schema = array_schema(kCols, {"a", "b", "c"});
  const std::vector<std::uint8_t> bytes = sparse_bytes(kRows * kCols, 1);
  Dataset data = float_data(MatrixF::Zero(kRows, kCols), schema);
  const std::vector<Features> kinds{Features::from_values(std::vector<float>{bytes.begin(), bytes.end()}, kRows, kCols),
                                    Features::from_values(bytes, kRows, kCols),
                                    Features::from_sparse(to_sparse(bytes, kCols))};
  for (Activation activation : kActivations) {
    for (Head head : {Head::kSoftmax, Head::kSigmoid}) {
      const Network network = random_network(schema, {7, 5}, activation, head, 2);
      for (const Features& features : kinds) {
        data.features = features;
        const Matrix found = predict_probabilities(network, data);
        for (Index i = 0; i < kRows; ++i) {
          Vector row(kCols);
          for (Index j = 0; j < kCols; ++j) row[j] = bytes[static_cast<std::size_t>(i * kCols + j)];
          ASSERT_LT((found.row(i).transpose() - probabilities_by_definition(network, row)).cwiseAbs().maxCoeff(), 1e-12)
              << to_string(activation) << ", " << to_string(head) << ", row " << i;
        }
      }
    }
  }
}

TEST(Network, ScoresOfTheSigmoidHeadAreLogSigmoidsAlsoFarOut) {
  // One input, the identity: y = x. ln σ(−1000) = −1000 and ln σ(1000) = 0 to the last bit.
  Network network;
  network.schema = array_schema(1, {"a", "b"});
  network.center = Vector::Zero(1);
  network.layers = {{(Matrix(2, 1) << 1, -1).finished(), Vector::Zero(2), Activation::kIdentity}};
  network.head = Head::kSigmoid;
  const Dataset data = float_data((MatrixF(3, 1) << 0, 1000, -30).finished(), network.schema);
  const Matrix scores = predict_scores(network, data);
  EXPECT_DOUBLE_EQ(scores(0, 0), -std::log(2));
  EXPECT_EQ(scores(1, 0), 0);
  EXPECT_EQ(scores(1, 1), -1000);
  EXPECT_NEAR(scores(2, 1), -std::exp(-30), 1e-25);
  const Matrix p = predict_probabilities(network, data);
  EXPECT_DOUBLE_EQ(p(0, 0), 0.5);
  EXPECT_EQ(p(1, 0), 1);
}

TEST(Network, ExclusiveOrNeedsAHiddenLayer) {
  // h = relu(a + b), relu(a + b − 1); y = h_1 − 2 h_2 is 1 for exactly one of a, b, else 0.
  Network network;
  network.schema = array_schema(2, {"even", "odd"});
  network.center = Vector::Zero(2);
  network.layers = {{Matrix::Ones(2, 2), (Vector(2) << 0, -1).finished(), Activation::kRelu},
                    {(Matrix(2, 2) << 0, 0, 10, -20).finished(), (Vector(2) << 5, 0).finished()}};
  const Dataset data = float_data((MatrixF(4, 2) << 0, 0, 0, 1, 1, 0, 1, 1).finished(), network.schema);
  const Matrix expected = (Matrix(4, 2) << 5, 0, 5, 10, 5, 10, 5, 0).finished();
  EXPECT_EQ(predict_scores(network, data), expected);
}

TEST(Network, ANetworkIsNoSoftmaxLayer) {
  const Schema schema = array_schema(6, {"a", "b", "c"});
  const auto message = [](const Network& network) {
    try {
      require_softmax_layer(network);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(random_network(schema, {4}, Activation::kTanh, Head::kSoftmax, 1)),
              testing::HasSubstr("hidden layers, 6 -> 4 tanh -> 3 softmax; expected a softmax layer"));
  EXPECT_THAT(message(random_network(schema, {}, Activation::kTanh, Head::kSigmoid, 1)),
              testing::HasSubstr("the sigmoid head"));
}

TEST(Network, CountsAndWords) {
  const Network network =
      random_network(array_schema(784, {"a", "b"}), {128, 64}, Activation::kSigmoid, Head::kSigmoid, 1);
  EXPECT_EQ(network.feature_count(), 784);
  EXPECT_EQ(network.class_count(), 2);
  EXPECT_EQ(network.widths(), (std::vector<Index>{784, 128, 64, 2}));
  EXPECT_EQ(network.parameter_count(), 785 * 128 + 129 * 64 + 65 * 2);
  EXPECT_EQ(network.architecture(), "784 -> 128 sigmoid -> 64 sigmoid -> 2 sigmoid");
}

TEST(Network, SameBitsForAnyNumberOfThreads) {
  const Schema schema = array_schema(33, {"a", "b", "c"});
  const Network network = random_network(schema, {40, 17}, Activation::kTanh, Head::kSigmoid, 8);
  const Dataset data = float_data(MatrixF::Random(3000, 33), schema);
  const Matrix one = predict_probabilities(network, data, 1);
  for (int threads : {2, 3, 8}) EXPECT_TRUE(predict_probabilities(network, data, threads) == one) << threads;
}

TEST(Network, WhatDoesNotFitIsRefused) {
  const Schema schema = array_schema(3, {"a", "b"});
  Network network = random_network(schema, {4}, Activation::kRelu, Head::kSoftmax, 1);
  EXPECT_THROW(predict_scores(network, float_data(MatrixF::Zero(2, 4), array_schema(4, {"a", "b"}))), Error);
  EXPECT_EQ(predict_scores(network, float_data(MatrixF(0, 3), schema)).rows(), 0);
  network.layers[1].weights.resize(2, 5);
  EXPECT_THROW(predict_scores(network, float_data(MatrixF::Zero(2, 3), schema)), Error);
}

}  // namespace
}  // namespace poise
