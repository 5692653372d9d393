// Networks whose target is their input, and hidden states of any network, against the forward pass written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "poise/error.h"
#include "poise/predictor.h"
#include "sample_models.h"

namespace poise {
namespace {

using testing::HasSubstr;

double by_hand(Activation activation, double y) {
  switch (activation) {
    case Activation::kIdentity:
      return y;
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-y));
    case Activation::kTanh:
      return std::tanh(y);
    case Activation::kRelu:
      return y > 0 ? y : 0;
  }
  return 0;
}

/// X_0 … X_{L−1} and Y_L of a row, one number at a time.
std::vector<std::vector<double>> forward(const Network& network, const Vector& row) {
  std::vector<std::vector<double>> states(1);
  for (Index j = 0; j < row.size(); ++j) states[0].push_back(row[j] - network.center[j]);
  for (const Layer& layer : network.layers) {
    std::vector<double> next;
    for (Index k = 0; k < layer.bias.size(); ++k) {
      double y = layer.bias[k];
      for (Index j = 0; j < layer.weights.cols(); ++j) y += layer.weights(k, j) * states.back()[j];
      next.push_back(by_hand(layer.activation, y));
    }
    states.push_back(next);
  }
  return states;
}

MatrixF sample_rows(Index rows, Index cols, std::uint64_t seed) {
  std::uint64_t counter = 0;
  return MatrixF::NullaryExpr(rows, cols, [&] { return static_cast<float>(random_normalish(seed, counter++)); });
}

constexpr Activation kActivations[] = {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                       Activation::kRelu};

TEST(Reconstruct, IsTheForwardPassAndTheHead) {
  const MatrixF rows = sample_rows(300, 5, 1);  // more than a block
  for (Head head : {Head::kLinear, Head::kLogistic}) {
    for (Activation activation : kActivations) {
      Network network = random_network(array_schema(5, {}), {4, 2}, activation, head, 2);
      network.output_unit = head == Head::kLogistic ? 255 : 1;
      const Matrix found = reconstruct(network, float_data(rows, network.schema));
      ASSERT_EQ(found.rows(), 300);
      ASSERT_EQ(found.cols(), 5);
      for (Index i = 0; i < rows.rows(); ++i) {
        const std::vector<double> y = forward(network, rows.row(i).transpose().cast<double>()).back();
        for (Index j = 0; j < 5; ++j) {
          const double expected = head == Head::kLinear ? y[j] : 255 / (1 + std::exp(-y[j]));
          EXPECT_NEAR(found(i, j), expected, 1e-12 * 255);
        }
      }
    }
  }
}

TEST(Reconstruct, TheIdentityGivesBackWhatItIsGiven) {
  Network network = random_network(array_schema(4, {}), {}, Activation::kIdentity, Head::kLinear, 3);
  network.layers[0].weights.setIdentity();
  network.layers[0].bias = network.center;  // x − c + c
  const MatrixF rows = sample_rows(20, 4, 4);
  EXPECT_LT((reconstruct(network, float_data(rows, network.schema)) - rows.cast<double>()).cwiseAbs().maxCoeff(),
            1e-15);
}

TEST(Reconstruct, TheSameBitsForAnyNumberOfThreads) {
  const Network network = random_network(array_schema(6, {}), {3}, Activation::kTanh, Head::kLogistic, 5);
  const Dataset data = float_data(sample_rows(1000, 6, 6), network.schema);
  const Matrix one = reconstruct(network, data, 1);
  EXPECT_TRUE(reconstruct(network, data, 2) == one);
  EXPECT_TRUE(reconstruct(network, data, 3) == one);
}

TEST(HiddenStates, AreThoseOfTheForwardPassOfAnyNetwork) {
  const MatrixF rows = sample_rows(300, 5, 7);
  for (Head head : {Head::kSoftmax, Head::kSigmoid, Head::kLinear, Head::kLogistic}) {
    for (Activation activation : kActivations) {
      const Network network = random_network(array_schema(5, {"a", "b", "c"}), {4, 2}, activation, head, 8);
      const Dataset data = float_data(rows, network.schema);
      for (Index layer : {1, 2}) {
        const Matrix found = hidden_states(network, data, layer, 2);
        ASSERT_EQ(found.cols(), layer == 1 ? 4 : 2);
        for (Index i = 0; i < rows.rows(); ++i) {
          const auto states = forward(network, rows.row(i).transpose().cast<double>());
          for (Index k = 0; k < found.cols(); ++k) EXPECT_NEAR(found(i, k), states[layer][k], 1e-13);
        }
      }
    }
  }
}

TEST(HiddenStates, ALayerThatIsNotThereIsRefused) {
  const auto refused = [](const std::vector<Index>& hidden, Index layer, const std::string& expected) {
    const Network network = random_network(array_schema(3, {"a", "b"}), hidden, Activation::kTanh, Head::kSoftmax, 9);
    try {
      (void)hidden_states(network, float_data(sample_rows(2, 3, 1), network.schema), layer);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(expected));
    }
  };
  refused({}, 1, "expected a network with hidden layers");
  refused({4}, 0, "expected 1, its only hidden layer");
  refused({4, 5}, 3, "hidden layer 3 of the network 3 -> 4 tanh -> 5 tanh -> 2 softmax; expected 1 to 2");
}

template <typename Action>
void expect_refused(const std::string& part, Action action) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with \"" << part << "\"";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(Reconstruct, WhatIsOfClassesRefusesIt) {
  const Network network = random_network(array_schema(3, {}), {2}, Activation::kTanh, Head::kLinear, 10);
  const Dataset data = float_data(sample_rows(5, 3, 1), network.schema);
  const std::string what = "a network that reconstructs features, 3 -> 2 tanh -> 3 linear: it has no classes";
  expect_refused(what, [&] { (void)predict_scores(network, data); });
  expect_refused(what, [&] { (void)predict_probabilities(network, data); });
  expect_refused(what, [&] { (void)Predictor(network); });
}

TEST(Reconstruct, AClassifierIsRefused) {
  const Network network = random_network(array_schema(3, {"a", "b"}), {}, Activation::kTanh, Head::kSoftmax, 11);
  const Dataset data = float_data(sample_rows(5, 3, 1), network.schema);
  expect_refused("this is a classifier, 3 -> 2 softmax: its output is not features",
                 [&] { (void)reconstruct(network, data); });
}

}  // namespace
}  // namespace poise
