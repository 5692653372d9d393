// Accuracy, calibration and temperature against hand-computed values; theory test T1.7.
#include "poise/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

Dataset labelled(std::vector<std::int32_t> labels, std::vector<std::string> classes) {
  Dataset data = float_data(MatrixF::Zero(static_cast<Index>(labels.size()), 1), array_schema(1, std::move(classes)));
  data.labels = std::move(labels);
  return data;
}

/// Scores whose softmax has the given rows.
Matrix scores_of(const Matrix& probabilities) { return probabilities.array().log() + 3.5; }

TEST(Metrics, ByHand) {
  const Matrix p{{0.7, 0.2, 0.1}, {0.5, 0.4, 0.1}, {0.1, 0.1, 0.8}, {0.3, 0.6, 0.1}};
  const Metrics metrics = evaluate_scores(scores_of(p), labelled({0, 1, 2, 0}, {"a", "b", "c"}));
  EXPECT_EQ(metrics.rows, 4);
  EXPECT_NEAR(metrics.accuracy, 0.5, 1e-15);
  EXPECT_NEAR(metrics.cross_entropy, -(std::log(0.7) + std::log(0.4) + std::log(0.8) + std::log(0.3)) / 4, 1e-14);
  double entropy = 0;
  for (double value : p.reshaped()) entropy -= value * std::log(value) / 4;
  EXPECT_NEAR(metrics.entropy, entropy, 1e-14);
  EXPECT_NEAR(metrics.equilibrium_gap, metrics.cross_entropy - metrics.entropy, 1e-15);
  // Confidences 0.7 (right), 0.5 (wrong), 0.8 (right), 0.6 (wrong): each in a bin of its own of width 1/15.
  EXPECT_NEAR(metrics.expected_calibration_error, (0.3 + 0.5 + 0.2 + 0.6) / 4, 1e-12);
  EXPECT_EQ(metrics.confusion, (Matrix{{1, 1, 0}, {1, 0, 0}, {0, 0, 1}}));
}

// Probabilities equal to soft targets are calibrated, whatever the largest entries are.
TEST(Metrics, SoftTargetsAreMetByTheirOwnProbabilities) {
  const Matrix p{{0.7, 0.2, 0.1}, {0.4, 0.5, 0.1}, {0.1, 0.3, 0.6}};
  Dataset data = labelled({0, 1, 2}, {"a", "b", "c"});
  data.labels.clear();
  data.targets = p.cast<float>();
  const Metrics metrics = evaluate_scores(scores_of(p), data);
  EXPECT_NEAR(metrics.expected_calibration_error, 0, 1e-7);
  EXPECT_NEAR(metrics.equilibrium_gap, 0, 1e-7);
  EXPECT_TRUE(metrics.at_rest);
  EXPECT_EQ(metrics.accuracy, 1);
  // Turned by one class: confidence 0.7, 0.5 and 0.6 where the targets have 0.1, 0.4 and 0.3.
  data.targets = MatrixF{{0.1F, 0.7F, 0.2F}, {0.5F, 0.4F, 0.1F}, {0.6F, 0.1F, 0.3F}};
  EXPECT_NEAR(evaluate_scores(scores_of(p), data).expected_calibration_error, (0.6 + 0.1 + 0.3) / 3, 1e-7);
}

TEST(Metrics, RestIsWithinTwoPercentOfTheCrossEntropy) {
  // Every row at confidence p; a share r of the rows right: CE = −r ln p − (1 − r) ln(1 − p), H = −p ln p − …
  const auto at_rest = [](double p, int right) {
    const Matrix scores = scores_of(Matrix{{p, 1 - p}}).replicate(100, 1);
    std::vector<std::int32_t> labels(100, 1);
    std::fill_n(labels.begin(), right, 0);
    return evaluate_scores(scores, labelled(labels, {"a", "b"})).at_rest;
  };
  EXPECT_TRUE(at_rest(0.8, 80));
  EXPECT_TRUE(at_rest(0.801, 80));  // CE − H = 0.001·ln 4 = 0.0014
  EXPECT_FALSE(at_rest(0.81, 80));  // 0.0145 of 0.5
  EXPECT_FALSE(at_rest(0.79, 80));
}

TEST(Metrics, CalibrationErrorIsPerBin) {
  // Two rows of confidence 0.81 and 0.84, one right and one wrong: one bin [12/15, 13/15), |1 − 1.65| / 2.
  const Matrix p{{0.81, 0.19}, {0.84, 0.16}};
  EXPECT_NEAR(evaluate_scores(scores_of(p), labelled({0, 1}, {"a", "b"})).expected_calibration_error, 0.325, 1e-12);
  // In two bins the errors do not cancel: |1 − 0.79| and |0 − 0.81|.
  const Matrix q{{0.79, 0.21}, {0.81, 0.19}};
  EXPECT_NEAR(evaluate_scores(scores_of(q), labelled({0, 1}, {"a", "b"})).expected_calibration_error, 0.51, 1e-12);
  // Certain and right: the last bin, nothing lost.
  const Matrix sure{{800, 0}, {0, 800}};
  const Metrics metrics = evaluate_scores(sure, labelled({0, 1}, {"a", "b"}));
  EXPECT_EQ(metrics.expected_calibration_error, 0);
  EXPECT_EQ(metrics.accuracy, 1);
}

TEST(Metrics, Weights) {
  const Matrix p{{0.7, 0.3}, {0.4, 0.6}, {0.9, 0.1}};
  Dataset data = labelled({0, 0, 1}, {"a", "b"});
  data.sample_weight = Vector{{2, 3, 0}};
  const Metrics metrics = evaluate_scores(scores_of(p), data);
  EXPECT_NEAR(metrics.accuracy, 0.4, 1e-15);
  EXPECT_NEAR(metrics.cross_entropy, -(2 * std::log(0.7) + 3 * std::log(0.4)) / 5, 1e-14);
  EXPECT_NEAR(metrics.expected_calibration_error, 0.4 * 0.3 + 0.6 * 0.6, 1e-12);
  EXPECT_EQ(metrics.confusion, (Matrix{{2, 3}, {0, 0}}));
  data.sample_weight.setZero();
  EXPECT_THROW(evaluate_scores(scores_of(p), data), Error);
}

TEST(Metrics, SoftTargets) {
  const Matrix p{{0.7, 0.3}, {0.4, 0.6}};
  Dataset data = labelled({0, 0}, {"a", "b"});
  data.labels.clear();
  data.targets = MatrixF{{0.25f, 0.75f}, {0.5f, 1.5f}};  // the second row counts as (¼, ¾)
  const Metrics metrics = evaluate_scores(scores_of(p), data);
  EXPECT_NEAR(metrics.accuracy, 0.5, 1e-15);
  EXPECT_NEAR(metrics.cross_entropy,
              -(0.25 * std::log(0.7) + 0.75 * std::log(0.3) + 0.25 * std::log(0.4) + 0.75 * std::log(0.6)) / 2, 1e-14);
}

TEST(Metrics, HugeScoresStayFinite) {
  const Matrix z{{1e4, -1e4}, {-1e4, 1e4}};
  const Metrics metrics = evaluate_scores(z, labelled({0, 0}, {"a", "b"}));
  EXPECT_NEAR(metrics.cross_entropy, 1e4, 1e-8);  // the second row alone, 2·10⁴
  EXPECT_NEAR(metrics.entropy, 0, 1e-300);
}

TEST(Metrics, RefusesWhatDoesNotFit) {
  EXPECT_THROW(evaluate_scores(Matrix::Zero(3, 2), labelled({0, 1}, {"a", "b"})), Error);
  EXPECT_THROW(evaluate_scores(Matrix::Zero(2, 2), labelled({}, {"a", "b"})), Error);
}

double cross_entropy_at(const Matrix& z, const Matrix& t, const Vector& weight, double beta) {
  double sum = 0;
  for (Index i = 0; i < z.rows(); ++i) {
    const double top = beta * z.row(i).maxCoeff();
    sum += weight[i] * (top + std::log((beta * z.row(i).array() - top).exp().sum()) - beta * z.row(i).dot(t.row(i)));
  }
  return sum / weight.sum();
}

// T1.7: at the temperature found CE = H, and no other β does better.
TEST(Temperature, CrossEntropyEqualsEntropy) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Index n = 200, k = 2 + static_cast<Index>(seed % 4);
    std::uint64_t counter = 0;
    Matrix z(n, k), t = Matrix::Zero(n, k);
    Vector weight(n);
    const double sharpness = std::pow(10.0, -2 + static_cast<double>(seed % 5));  // true temperature 1e-2 … 1e2
    for (Index i = 0; i < n; ++i) {
      Vector p(k);
      for (Index c = 0; c < k; ++c) z(i, c) = random_normalish(seed, counter++);
      for (Index c = 0; c < k; ++c) p[c] = std::exp(z(i, c) - z.row(i).maxCoeff());
      double u = random_uniform(seed + 100, static_cast<std::uint64_t>(i)) * p.sum();
      Index label = 0;
      for (; label + 1 < k && u > p[label]; ++label) u -= p[label];
      t(i, label) = 1;
      weight[i] = 0.5 + random_uniform(seed + 200, static_cast<std::uint64_t>(i));
    }
    z *= sharpness;
    const Temperature found = fit_temperature(z, t, weight);
    EXPECT_FALSE(found.at_limit);
    EXPECT_NEAR(found.cross_entropy, found.entropy, 1e-10);
    EXPECT_GT(found.temperature, 0.3 * sharpness);
    EXPECT_LT(found.temperature, 3 * sharpness);
    const double beta = 1 / found.temperature;
    EXPECT_NEAR(found.cross_entropy, cross_entropy_at(z, t, weight, beta), 1e-12);
    EXPECT_LE(found.cross_entropy, cross_entropy_at(z, t, weight, 1) + 1e-12);
    EXPECT_LE(found.cross_entropy, cross_entropy_at(z, t, weight, 1.001 * beta) + 1e-12);
    EXPECT_LE(found.cross_entropy, cross_entropy_at(z, t, weight, 0.999 * beta) + 1e-12);
  }
}

TEST(Temperature, PerfectlyClassifiedHasNoFiniteOne) {
  for (double size : {1e-3, 1.0, 50.0}) {
    const Matrix z = size * Matrix{{1, 0, -1}, {0, 2, 1}, {-1, 0, 1}}, t = Matrix::Identity(3, 3);
    const Temperature found = fit_temperature(z, t, Vector::Ones(3));
    EXPECT_LE(found.cross_entropy, cross_entropy_at(z, t, Vector::Ones(3), 1) + 1e-15);
    EXPECT_TRUE(found.at_limit) << size << ": T " << found.temperature << ", CE " << found.cross_entropy;
  }
}

TEST(Temperature, WorseThanChanceGoesToTheUniformDistribution) {
  // The label is always the least probable class: β* = 0, all classes alike.
  const Matrix z{{1, 0}, {0, 2}};
  const Matrix t{{0, 1}, {1, 0}};
  const Temperature found = fit_temperature(z, t, Vector::Ones(2));
  EXPECT_TRUE(found.at_limit);
  EXPECT_GT(found.temperature, 1e4);
  EXPECT_NEAR(found.cross_entropy, std::log(2.0), 1e-5);
  // Equal scores: any temperature will do.
  const Temperature flat = fit_temperature(Matrix::Zero(2, 2), t, Vector::Ones(2));
  EXPECT_NEAR(flat.cross_entropy, std::log(2.0), 1e-15);
  EXPECT_TRUE(std::isfinite(flat.temperature));
}

}  // namespace
}  // namespace poise
