#include <gtest/gtest.h>

#include "poise/error.h"
#include "poise/information.h"
#include "sample_models.h"

namespace poise {
namespace {

// The definition, one number at a time.
Matrix scores_by_definition(const Network& model, const Matrix& original) {
  Matrix scores(original.rows(), model.class_count());
  for (Index i = 0; i < scores.rows(); ++i) {
    for (Index c = 0; c < scores.cols(); ++c) {
      double z = model.layers[0].bias[c];
      for (Index j = 0; j < original.cols(); ++j)
        z += model.layers[0].weights(c, j) * (original(i, j) - model.center[j]);
      scores(i, c) = z;
    }
  }
  return scores;
}

MatrixF random_rows(Index rows, Index cols, std::uint64_t seed) {
  std::uint64_t counter = 0;
  return MatrixF::NullaryExpr(rows, cols, [&] { return static_cast<float>(random_normalish(seed, counter++)); });
}

CsrMatrix to_sparse(const MatrixF& rows) {
  CsrMatrix sparse;
  sparse.cols = rows.cols();
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j = 0; j < rows.cols(); ++j) {
      if (rows(i, j) == 0) continue;
      sparse.columns.push_back(static_cast<std::int32_t>(j));
      sparse.values.push_back(rows(i, j));
    }
    sparse.row_start.push_back(std::ssize(sparse.values));
  }
  return sparse;
}

TEST(Predict, ScoresOfFloatRows) {
  const Schema schema = array_schema(7, {"a", "b", "c"});
  const Network model = random_model(schema, 1);
  const MatrixF rows = 50 * random_rows(600, 7, 2);
  const Dataset data = float_data(rows, schema);
  EXPECT_LT((predict_scores(model, data) - scores_by_definition(model, rows.cast<double>())).cwiseAbs().maxCoeff(),
            1e-10);
}

// 2^40 + k/4 in float64, weights around that center: differences are exact, and so are the scores but for their sums.
TEST(Predict, OffsetsOfDoublesCostNoDigits) {
  const Schema schema = array_schema(3, {"a", "b"});
  Network model = random_model(schema, 9);
  model.center.setConstant(0x1p40);
  std::vector<double> values;
  Matrix apart(100, 3);
  for (Index k = 0; k < apart.size(); ++k) {
    apart.data()[k] = 0.25 * static_cast<double>(random_bits(8, static_cast<std::uint64_t>(k)) % 100);
    values.push_back(0x1p40 + apart.data()[k]);
  }
  Dataset data = float_data(MatrixF::Zero(100, 3), schema);
  const Matrix expected = (apart * model.layers[0].weights.transpose()).rowwise() + model.layers[0].bias.transpose();
  data.features = Features::from_values(values, 100, 3);
  EXPECT_LT((predict_scores(model, data) - expected).cwiseAbs().maxCoeff(), 1e-12);
  CsrMatrix sparse;  // with entries left out where the number is 0: the last row
  sparse.cols = 3;
  for (Index i = 0; i < 100; ++i) {
    for (Index j = 0; j < 3 && i < 99; ++j) {
      sparse.columns.push_back(static_cast<std::int32_t>(j));
      sparse.doubles.push_back(values[static_cast<std::size_t>(3 * i + j)]);
    }
    sparse.row_start.push_back(std::ssize(sparse.columns));
  }
  data.features = Features::from_sparse(sparse);
  const Matrix found = predict_scores(model, data);
  EXPECT_LT((found - expected).topRows(99).cwiseAbs().maxCoeff(), 1e-12);
  const Vector at_zero = model.layers[0].bias - model.layers[0].weights * model.center;
  EXPECT_LT((found.row(99).transpose() - at_zero).cwiseAbs().maxCoeff(), 1e-12 * 0x1p40);
}

TEST(Predict, BytesAndSparseRowsGiveWhatFloatsGive) {
  const Schema schema = array_schema(20, {"a", "b"});
  const Network model = random_model(schema, 3);
  std::vector<std::uint8_t> bytes(300 * 20);
  MatrixF rows(300, 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = random_bits(4, i) % 3 == 0 ? static_cast<std::uint8_t>(random_bits(5, i)) : std::uint8_t{0};
    rows.data()[i] = static_cast<float>(bytes[i]);
  }
  Dataset data = float_data(rows, schema);
  const Matrix expected = scores_by_definition(model, rows.cast<double>());
  EXPECT_LT((predict_scores(model, data) - expected).cwiseAbs().maxCoeff(), 1e-10);
  data.features = Features::from_values(bytes, 300, 20);
  EXPECT_LT((predict_scores(model, data) - expected).cwiseAbs().maxCoeff(), 1e-10);
  data.features = Features::from_sparse(to_sparse(rows));
  EXPECT_LT((predict_scores(model, data) - expected).cwiseAbs().maxCoeff(), 1e-10);
}

TEST(Predict, ProbabilitiesAreTheSoftmaxOfTheScores) {
  const Schema schema = array_schema(5, {"a", "b", "c", "d"});
  const Network model = random_model(schema, 6);
  const Dataset data = float_data(50 * random_rows(257, 5, 7), schema);
  const Matrix scores = predict_scores(model, data), probabilities = predict_probabilities(model, data);
  for (Index i = 0; i < scores.rows(); ++i) {
    EXPECT_NEAR(probabilities.row(i).sum(), 1, 1e-14);
    const Vector expected = softmax(scores.row(i).transpose());
    for (Index c = 0; c < 4; ++c) EXPECT_NEAR(probabilities(i, c), expected[c], 4e-16 * expected[c]);
  }
}

TEST(Predict, SameBitsForAnyNumberOfThreads) {
  const Schema schema = array_schema(33, {"a", "b", "c"});
  const Network model = random_model(schema, 8);
  Dataset data = float_data(random_rows(3000, 33, 9), schema);
  const Matrix one = predict_probabilities(model, data, 1);
  for (int threads : {2, 3, 8}) EXPECT_TRUE(predict_probabilities(model, data, threads) == one) << threads;
}

TEST(Predict, NoRows) {
  const Schema schema = array_schema(3, {"a", "b"});
  EXPECT_EQ(predict_probabilities(random_model(schema, 1), float_data(MatrixF(0, 3), schema)).rows(), 0);
}

TEST(Predict, OtherFeaturesAreRefused) {
  const Network model = random_model(array_schema(3, {"a", "b"}), 1);
  const Dataset data = float_data(MatrixF::Zero(2, 4), array_schema(4, {"a", "b"}));
  EXPECT_THROW(predict_scores(model, data), Error);
}

}  // namespace
}  // namespace poise
