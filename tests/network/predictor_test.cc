#include "poise/predictor.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "every_target.h"
#include "network/inference_kernels.h"
#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

// Rows of which a share is 0.
MatrixF random_rows(Index rows, Index cols, double zeros, std::uint64_t seed) {
  std::uint64_t counter = 0;
  return MatrixF::NullaryExpr(rows, cols, [&] {
    ++counter;
    if (random_uniform(seed, counter) < zeros) return 0.0f;
    return static_cast<float>(random_normalish(seed + 1, counter));
  });
}

MatrixF answers(const Predictor& predictor, const MatrixF& rows, int threads = 1) {
  MatrixF out(rows.rows(), predictor.class_count());
  predictor.probabilities(rows.data(), rows.rows(), out.data(), threads);
  return out;
}

void expect_agreement(const Network& network, const MatrixF& rows, double tolerance = 2e-6) {
  const Matrix expected = predict_probabilities(network, float_data(rows, network.schema));
  const MatrixF found = answers(Predictor(network), rows);
  ASSERT_LT((found.cast<double>() - expected).cwiseAbs().maxCoeff(), tolerance)
      << network.architecture() << ", " << rows.rows() << " rows";
}

std::vector<std::string> class_names(Index count) {
  std::vector<std::string> names;
  for (Index c = 0; c < count; ++c) names.push_back(fmt::format("c{}", c));
  return names;
}

TEST(Predictor, EveryActivationAndHead) {
  const Schema schema = array_schema(50, class_names(10));
  for (Activation activation : {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh, Activation::kRelu}) {
    for (Head head : {Head::kSoftmax, Head::kSigmoid}) {
      const Network network = random_network(schema, {40, 33}, activation, head, 1);
      for (double zeros : {0.0, 0.8, 1.0}) {
        for (Index rows : {1, 7, 8, 200}) expect_agreement(network, random_rows(rows, 50, zeros, 2));
      }
    }
  }
}

TEST(Predictor, EveryWidth) {
  for (Index width : {1, 2, 15, 16, 17, 31, 32, 33, 64, 127, 128, 129, 300}) {
    const Network network =
        random_network(array_schema(width, class_names(width)), {width + 1}, Activation::kRelu, Head::kSoftmax, 3);
    for (double zeros : {0.0, 0.7}) {
      for (Index rows : {1, 20}) expect_agreement(network, random_rows(rows, width, zeros, 4));
    }
  }
}

TEST(Predictor, OneLayer) {
  const Network network = random_model(array_schema(30, class_names(4)), 5);
  for (Index rows : {1, 3, 500}) expect_agreement(network, random_rows(rows, 30, 0.5, 6), 2e-5);
}

TEST(Predictor, CentersFarFromZeroCostNoDigits) {
  // Years, identifiers, and a feature near 0: folded into the bias, 1e6 would leave float32 an error of 0.06.
  Network network = random_network(array_schema(4, class_names(3)), {8}, Activation::kTanh, Head::kSoftmax, 7);
  network.center << 2000.3, -1e6 - 0.03, 0.1, 3e7;
  MatrixF rows = random_rows(100, 4, 0, 8);
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j : {0, 1, 3})
      rows(i, j) = static_cast<float>(network.center[j] + std::round(4 * static_cast<double>(rows(i, j))));
  }
  expect_agreement(network, rows);
  expect_agreement(network, rows.topRows(1));
}

TEST(Predictor, BatchesAndThreadsDoNotMatter) {
  const Network network =
      random_network(array_schema(60, class_names(5)), {70}, Activation::kSigmoid, Head::kSoftmax, 9);
  const Predictor predictor(network);
  const MatrixF rows = random_rows(1000, 60, 0.5, 10);
  const MatrixF all = answers(predictor, rows);
  for (int threads : {0, 2, 3}) EXPECT_TRUE(answers(predictor, rows, threads) == all) << threads;
  for (Index i = 0; i < 20; ++i) {
    EXPECT_LT((answers(predictor, rows.row(i)) - all.row(i)).cwiseAbs().maxCoeff(), 2e-6f);
  }
}

TEST(Predictor, LabelsAreTheMostProbableClasses) {
  const Network network = random_network(array_schema(20, class_names(6)), {30}, Activation::kRelu, Head::kSigmoid, 11);
  const MatrixF rows = random_rows(300, 20, 0.3, 12);
  const Predictor predictor(network);
  const MatrixF p = answers(predictor, rows);
  std::vector<std::int32_t> labels(300);
  predictor.labels(rows.data(), 300, labels.data(), 2);
  for (Index i = 0; i < 300; ++i) EXPECT_EQ(p(i, labels[static_cast<std::size_t>(i)]), p.row(i).maxCoeff());
}

TEST(Predictor, ExtremeScoresAndMissingNumbers) {
  for (Head head : {Head::kSoftmax, Head::kSigmoid}) {
    for (Activation activation : {Activation::kSigmoid, Activation::kTanh, Activation::kRelu}) {
      Network network = random_network(array_schema(3, class_names(3)), {20}, activation, head, 13);
      for (Layer& layer : network.layers) layer.weights *= 1000;
      const MatrixF rows = random_rows(50, 3, 0, 14);
      const MatrixF p = answers(Predictor(network), rows);
      EXPECT_LT((p.rowwise().sum().array() - 1).abs().maxCoeff(), 1e-6f);
      MatrixF missing = rows;
      missing(17, 1) = std::numeric_limits<float>::quiet_NaN();
      for (const MatrixF& some : {MatrixF(missing), MatrixF(missing.middleRows(17, 1))}) {
        const MatrixF q = answers(Predictor(network), some);
        EXPECT_TRUE(q.row(some.rows() == 1 ? 0 : 17).array().isNaN().all());
      }
    }
  }
}

TEST(Predictor, NoRowsAndBadNetworks) {
  Network network = random_network(array_schema(3, class_names(2)), {4}, Activation::kTanh, Head::kSoftmax, 15);
  EXPECT_EQ(answers(Predictor(network), MatrixF(0, 3)).rows(), 0);
  network.layers[0].bias.resize(3);
  EXPECT_THROW(Predictor{network}, Error);
}

// p_c = e^{z_c − max} / Σ e^{z − max} in float64, for every number of classes beside whole vectors; nothing is written
// behind the last row, and what stands in the padding does not count.
TEST(InferenceKernels, ProbabilitiesOfABlockOfRows) {
  on_every_target([] {
    for (Index classes : {1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 300}) {
      constexpr Index kRows = 3;
      const Index padded = (classes + kLanePadding - 1) / kLanePadding * kLanePadding;
      std::vector<float> scores(static_cast<std::size_t>(kRows * padded), 1e30f);
      Matrix expected(kRows, classes);
      for (Index i = 0; i < kRows; ++i) {
        for (Index c = 0; c < classes; ++c) {
          const double z = 20 * random_uniform(19, static_cast<std::uint64_t>(300 * i + c));
          scores[static_cast<std::size_t>(i * padded + c)] = static_cast<float>(z);
          expected(i, c) = std::exp(static_cast<double>(static_cast<float>(z)));
        }
        expected.row(i) /= expected.row(i).sum();
      }
      std::vector<float> out(static_cast<std::size_t>(kRows * classes + kLanePadding), -7.0f);
      head_probabilities(Head::kSoftmax, scores.data(), kRows, classes, padded, out.data());
      for (Index k = 0; k < kRows * classes; ++k) {
        ASSERT_NEAR(out[static_cast<std::size_t>(k)], expected.data()[k], 1e-6) << classes << " classes, number " << k;
      }
      for (auto k = static_cast<std::size_t>(kRows * classes); k < out.size(); ++k) ASSERT_EQ(out[k], -7.0f) << classes;
    }
  });
}

TEST(InferenceKernels, NonzerosAreFoundInOrder) {
  for (Index size : {0, 1, 15, 16, 17, 100}) {
    std::vector<float> x(static_cast<std::size_t>(size));
    std::vector<std::int32_t> expected;
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (random_bits(16, j) % 2 == 0) continue;
      x[j] = j % 5 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(j) - 50.5f;
      expected.push_back(static_cast<std::int32_t>(j));
    }
    if (size > 2) x[2] = -0.0f, std::erase(expected, 2);
    std::vector<std::int32_t> places(x.size() + kLanePadding);
    std::vector<float> values(x.size() + kLanePadding);
    const Index count = find_nonzeros(x.data(), size, places.data(), values.data());
    EXPECT_EQ(count_nonzeros(x.data(), size), count);
    places.resize(static_cast<std::size_t>(count));
    EXPECT_EQ(places, expected);
    for (std::size_t k = 0; k < places.size(); ++k) {
      const float value = x[static_cast<std::size_t>(places[k])];
      EXPECT_TRUE(values[k] == value || std::isnan(value));
    }
  }
}

}  // namespace
}  // namespace poise
