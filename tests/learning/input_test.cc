// What sparse features are multiplied by on their way into a network, and the first weights they meet.
#include "learning/input.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "poise/network.h"
#include "poise/predictor.h"
#include "poise/training.h"

namespace poise::learning {
namespace {

/// Rows of a matrix as sparse data with two classes in turn.
Dataset sparse_data(const MatrixF& rows) {
  Dataset data;
  CsrMatrix x;
  x.cols = rows.cols();
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j = 0; j < rows.cols(); ++j) {
      if (rows(i, j) == 0) continue;
      x.columns.push_back(static_cast<std::int32_t>(j));
      x.values.push_back(rows(i, j));
    }
    x.row_start.push_back(std::ssize(x.values));
    data.labels.push_back(static_cast<std::int32_t>(i % 2));
  }
  data.features = Features::from_sparse(std::move(x));
  data.schema.format = FileFormat::kLibsvm;
  data.schema.array_features = rows.cols();
  data.schema.classes = {"a", "b"};
  return data;
}

/// Counts of words: few of many in a row, some words rare, and one that no row has.
MatrixF word_counts(Index rows, Index words) {
  return MatrixF::NullaryExpr(rows, words, [](Index i, Index j) {
    const auto cell = static_cast<std::uint64_t>(1000 * i + j);
    const bool here = j > 0 && random_uniform(1, cell) < 1.0 / static_cast<double>(1 + j);
    return here ? 1 + std::floor(4 * static_cast<float>(random_uniform(2, cell))) : 0.0f;
  });
}

InputScaling scaling_of(const Dataset& data, bool standardize = true) {
  return scale_inputs(data, weigh_rows(data, {}).row_weight, standardize, 1);
}

NetworkOptions eight_units(int epochs) {
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {8};
  options.epochs = epochs;
  return options;
}

TEST(SparseInputs, ByMeanSizeAndTheFourthRootOfTheShareOfRows) {
  MatrixF rows = MatrixF::Zero(16, 3);
  for (Index i = 0; i < 16; ++i) rows(i, 0) = i % 2 == 0 ? 1.0f : -3.0f;  // in all rows, of mean size 2
  rows(5, 1) = -10;                                                       // in one of 16: the fourth root is 1/2
  const InputScaling scaling = scaling_of(sparse_data(rows));
  EXPECT_EQ(scaling.map.center, std::vector<double>(3));
  EXPECT_NEAR(scaling.gain[1] / scaling.gain[0], (1 / (10 * 0.5)) / (1 / 2.0), 1e-6);
  EXPECT_EQ(scaling.gain[2], 0);
  double square = 0;
  for (Index k = 0; k < rows.size(); ++k) {
    square += std::pow(static_cast<double>(rows.data()[k]) * scaling.gain[static_cast<std::size_t>(k % 3)], 2);
  }
  EXPECT_NEAR(square / static_cast<double>(rows.size()), 1, 1e-6);
}

TEST(SparseInputs, RowsOfWeightZeroDoNotCount) {
  const MatrixF rows = word_counts(20, 6);
  MatrixF more = MatrixF::Constant(30, 6, 50);
  more.topRows(20) = rows;
  Dataset data = sparse_data(more);
  data.sample_weight = Vector::Zero(30);
  data.sample_weight.head(20).setOnes();
  EXPECT_EQ(scaling_of(data).gain, scaling_of(sparse_data(rows)).gain);
}

TEST(SparseInputs, NotStandardizedAreInUnitsOfTheData) {
  Dataset data = sparse_data(word_counts(20, 6));
  data.unit = 4;
  EXPECT_EQ(scaling_of(data, false).gain, Floats(6, 0.25f));
}

TEST(SparseInputs, AnySizeHasAFiniteGain) {
  for (const float size : {std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max()}) {
    MatrixF rows = MatrixF::Zero(4, 2);
    rows(0, 0) = size, rows(1, 1) = 1, rows(2, 1) = -1;
    const Dataset data = sparse_data(rows);
    for (const float gain : scaling_of(data).gain) EXPECT_GT(gain, 0) << size;
    const Predictor predictor(train_network(data, eight_units(2)).network);
    MatrixF found(4, 2);
    predictor.probabilities(rows.data(), 4, found.data());
    EXPECT_TRUE(found.allFinite()) << size;
  }
}

// Rows of next to no weight are rare, not new: their features must not outweigh all others.
TEST(SparseInputs, AFeatureOfALightRowCountsAsThatOfARow) {
  MatrixF rows = MatrixF::Zero(16, 2);
  rows.col(0).setOnes();
  rows(5, 1) = 1;
  Dataset data = sparse_data(rows);
  data.sample_weight = Vector::Ones(16);
  data.sample_weight[5] = 1e-20;
  const InputScaling scaling = scaling_of(data);
  EXPECT_NEAR(scaling.gain[1] / scaling.gain[0], 2, 1e-6);
}

// Powers of two, by which float32 numbers are multiplied exactly.
TEST(SparseInputs, TheUnitOfEveryFeatureIsOfNoAccount) {
  const MatrixF rows = word_counts(200, 12);
  MatrixF other = rows;
  for (Index j = 0; j < other.cols(); ++j) other.col(j) *= std::ldexp(1.0f, static_cast<int>(5 * j) - 30);
  const NetworkOptions options = eight_units(5);
  const Dataset data = sparse_data(rows), in_other_units = sparse_data(other);
  const Matrix expected = predict_scores(train_network(data, options).network, data);
  const Matrix found = predict_scores(train_network(in_other_units, options).network, in_other_units);
  EXPECT_TRUE(expected.allFinite());
  EXPECT_EQ(found, expected);
}

TEST(SparseInputs, WhatNoRowHasGetsNoWeight) {
  const Network network = train_network(sparse_data(word_counts(200, 12)), eight_units(2)).network;
  EXPECT_TRUE(network.layers[0].weights.col(0).isZero(0));
  EXPECT_FALSE(network.layers[0].weights.col(11).isZero(1e-3));
}

// A step too small for float32 leaves the network as drawn: of variance 2/N in dense data, a hundredth of it in sparse.
TEST(SparseInputs, FirstWeightsAreATenthOfTheUsual) {
  constexpr Index kWords = 400;
  MatrixF rows = MatrixF::Constant(50, kWords, 1);  // every gain is 1
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {50};
  options.step = Step::kSgd;
  options.learning_rate = 1e-30;
  options.epochs = 1;
  const Network network = train_network(sparse_data(rows), options).network;
  const double inputs = static_cast<double>(kWords);
  EXPECT_NEAR(network.layers[0].weights.squaredNorm() / (50 * inputs), 0.01 * 2 / inputs, 0.01 * 0.1 / inputs);
  EXPECT_NEAR(network.layers[1].weights.squaredNorm() / 100, 1 / 50.0, 0.5 / 50);
}

// A year beside 600 categories: sparse rows cannot be centered, so the table is made dense, and the year has mean 0.
TEST(SparseInputs, NumbersOfTablesOfManyCategoriesAreCentered) {
  Dataset data;
  CsrMatrix x;
  x.cols = 601;
  for (Index i = 0; i < 100; ++i) {
    x.columns.insert(x.columns.end(), {0, static_cast<std::int32_t>(1 + i % 600)});
    x.doubles.insert(x.doubles.end(), {2000.0 + static_cast<double>(i % 2), 1.0});
    x.row_start.push_back(std::ssize(x.columns));
  }
  data.features = Features::from_sparse(x);
  data.schema.columns.resize(2);
  data.schema.columns[1].kind = ColumnKind::kCategorical;
  data.schema.columns[1].categories.resize(600);
  const Dataset rows = input_rows(data);
  ASSERT_FALSE(rows.features.is_sparse());
  for (const Index i : {0, 1, 99}) {
    for (Index j = 0; j < 601; ++j) ASSERT_EQ(rows.features.value(i, j), data.features.value(i, j));
  }
  const InputScaling scaling = scale_inputs(rows, Vector::Constant(100, 0.01), true, 1);
  EXPECT_NEAR(scaling.map.center[0], 2000.5, 1e-12);
  EXPECT_NEAR(scaling.map.gain[0], 2, 1e-12);
  EXPECT_EQ(scaling.map.center[1], 0);
  EXPECT_EQ(scaling.map.gain[1], 1);
}

}  // namespace
}  // namespace poise::learning
