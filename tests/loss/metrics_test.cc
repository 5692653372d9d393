// Accuracy, calibration and temperature against hand-computed values.
#include "poise/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/watcher_link.h"
#include "loss/scored_rows.h"
#include "loss/targets.h"
#include "loss/temperature.h"
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

TEST(Metrics, ReliabilityIsThatOfTheBins) {
  // Confidences 0.81 and 0.85 are in the bin from 12/15 to 13/15, one right and one wrong, and 0.5 in that from 7/15.
  const Matrix p{{0.81, 0.19}, {0.85, 0.15}, {0.5, 0.5}};
  Dataset data = labelled({0, 1, 0}, {"a", "b"});
  data.sample_weight = Vector{{1, 3, 0}};
  const Metrics metrics = evaluate_scores(scores_of(p), data);
  ASSERT_EQ(metrics.reliability.size(), 1U);  // a row of weight 0 is in none
  EXPECT_EQ(metrics.reliability[0].rows, 2);
  EXPECT_NEAR(metrics.reliability[0].share, 1, 1e-15);
  EXPECT_NEAR(metrics.reliability[0].confidence, (0.81 + 3 * 0.85) / 4, 1e-14);
  EXPECT_NEAR(metrics.reliability[0].accuracy, 0.25, 1e-15);
  data.sample_weight.resize(0);
  const Metrics all = evaluate_scores(scores_of(p), data);
  ASSERT_EQ(all.reliability.size(), 2U);
  EXPECT_NEAR(all.reliability[0].confidence, 0.5, 1e-15);
  double error = 0;
  for (const ReliabilityBin& bin : all.reliability) error += bin.share * std::abs(bin.accuracy - bin.confidence);
  EXPECT_NEAR(all.expected_calibration_error, error, 1e-14);
}

TEST(Metrics, SurestErrorsComeFirst) {
  constexpr Index kRows = 40;
  Matrix p(kRows, 2);
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < kRows; ++i) {
    p(i, 0) = 0.55 + 0.01 * static_cast<double>(i % 20), p(i, 1) = 1 - p(i, 0);
    labels.push_back(i % 2 == 0 ? 1 : 0);  // the even ones are wrong
  }
  const Metrics metrics = evaluate_scores(scores_of(p), labelled(labels, {"a", "b"}));
  ASSERT_EQ(metrics.surest_errors.size(), kSurestErrors);
  const Index expected[] = {18, 38, 16, 36, 14, 34, 12, 32, 10, 30, 8, 28};  // of one confidence the earlier row first
  for (std::size_t k = 0; k < kSurestErrors; ++k) {
    const WrongRow& wrong = metrics.surest_errors[k];
    EXPECT_EQ(wrong.row, expected[k]);
    EXPECT_EQ(wrong.label, 1);
    EXPECT_EQ(wrong.predicted, 0);
    EXPECT_NEAR(wrong.probability, p(wrong.row, 0), 1e-14);
  }
}

TEST(Metrics, ErrorOfTheCrossEntropyIsThatOfItsMean) {
  const Matrix p{{0.7, 0.3}, {0.5, 0.5}, {0.2, 0.8}, {0.9, 0.1}};
  Dataset data = labelled({0, 1, 0, 0}, {"a", "b"});
  const double losses[] = {-std::log(0.7), -std::log(0.5), -std::log(0.2), -std::log(0.9)};
  double mean = 0, squares = 0;
  for (const double loss : losses) mean += loss / 4;
  for (const double loss : losses) squares += (loss - mean) * (loss - mean);
  EXPECT_NEAR(evaluate_scores(scores_of(p), data).cross_entropy_error, std::sqrt(squares / 3 / 4), 1e-14);
  data.sample_weight = Vector{{5, 0, 0, 0}};
  EXPECT_TRUE(std::isnan(evaluate_scores(scores_of(p), data).cross_entropy_error));  // one row knows no spread
}

// Probabilities equal to soft targets are calibrated, whatever the largest entries are.
TEST(Metrics, SoftTargetsAreMetByTheirOwnProbabilities) {
  const Matrix p{{0.7, 0.2, 0.1}, {0.4, 0.5, 0.1}, {0.1, 0.3, 0.6}};
  Dataset data = labelled({0, 1, 2}, {"a", "b", "c"});
  data.labels.clear();
  data.targets = p;
  const Metrics metrics = evaluate_scores(scores_of(p), data);
  EXPECT_NEAR(metrics.expected_calibration_error, 0, 1e-7);
  EXPECT_NEAR(metrics.equilibrium_gap, 0, 1e-7);
  EXPECT_TRUE(metrics.at_rest);
  EXPECT_EQ(metrics.accuracy, 1);
  // Turned by one class: confidence 0.7, 0.5 and 0.6 where the targets have 0.1, 0.4 and 0.3.
  data.targets = Matrix{{0.1F, 0.7F, 0.2F}, {0.5F, 0.4F, 0.1F}, {0.6F, 0.1F, 0.3F}};
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
  data.targets = Matrix{{0.25f, 0.75f}, {0.5f, 1.5f}};  // the second row counts as (¼, ¾)
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

// Expected values: scikit-learn 1.2.1 (precision_recall_fscore_support, balanced_accuracy_score, roc_auc_score of one
// class against the rest), of these probabilities and labels, with and without weights.
struct ByClass {
  double precision, recall, f1, auc;
};

void expect_by_class(const Metrics& metrics, const std::vector<ByClass>& expected, double balanced, double macro_f1,
                     double auc) {
  ASSERT_EQ(metrics.by_class.size(), expected.size());
  for (std::size_t c = 0; c < expected.size(); ++c) {
    EXPECT_NEAR(metrics.by_class[c].precision, expected[c].precision, 1e-8) << c;
    EXPECT_NEAR(metrics.by_class[c].recall, expected[c].recall, 1e-8) << c;
    EXPECT_NEAR(metrics.by_class[c].f1, expected[c].f1, 1e-8) << c;
    EXPECT_NEAR(metrics.by_class[c].auc, expected[c].auc, 1e-12) << c;
  }
  EXPECT_NEAR(metrics.balanced_accuracy, balanced, 1e-15);
  EXPECT_NEAR(metrics.macro_f1, macro_f1, 1e-15);
  EXPECT_NEAR(metrics.auc, auc, 1e-15);
}

TEST(Metrics, OfClassesAsScikitLearnHasThem) {
  const Matrix p{{.7, .2, .1}, {.5, .4, .1},   {.1, .1, .8}, {.3, .6, .1}, {.2, .5, .3},
                 {.6, .3, .1}, {.25, .5, .25}, {.1, .3, .6}, {.5, .4, .1}, {.2, .2, .6}};
  Dataset data = labelled({0, 1, 2, 0, 1, 0, 2, 2, 0, 1}, {"a", "b", "c"});
  const double third = 1.0 / 3, two = 2.0 / 3;
  expect_by_class(
      evaluate_scores(scores_of(p), data),
      {{.75, .75, .75, .9375}, {third, third, third, 0.5476190476190476}, {two, two, two, 0.8809523809523809}},
      0.5833333333333334, 0.5833333333333334, 0.7886904761904762);
  data.sample_weight = Vector{{1, 2, 1, .5, 3, 1, 2, 1, .25, 4}};
  expect_by_class(evaluate_scores(scores_of(p), data),
                  {{0.52941176, 0.81818182, 0.64285714, 0.965034965034965},
                   {0.54545455, third, 0.4137931, 0.49382716049382713},
                   {third, 0.5, 0.4, 0.6595744680851063}},
                  0.5505050505050505, 0.48555008210180617, 0.7061455312046329);
}

// A row of weight 2 is two rows.
TEST(Metrics, WeightsOfRowsAreRepetitions) {
  const Matrix p{{.7, .2, .1}, {.5, .4, .1}, {.1, .1, .8}, {.3, .6, .1}};
  Dataset data = labelled({0, 2, 1, 0}, {"a", "b", "c"});
  data.sample_weight = Vector{{2, 1, 3, 1}};
  const Metrics weighted = evaluate_scores(scores_of(p), data);
  Matrix repeated(7, 3);
  repeated << p.row(0), p.row(0), p.row(1), p.row(2), p.row(2), p.row(2), p.row(3);
  const Metrics rows = evaluate_scores(scores_of(repeated), labelled({0, 0, 2, 1, 1, 1, 0}, {"a", "b", "c"}));
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(weighted.by_class[c].auc, rows.by_class[c].auc, 1e-15) << c;
  EXPECT_NEAR(weighted.macro_f1, rows.macro_f1, 1e-15);
  EXPECT_NEAR(weighted.majority_share, rows.majority_share, 1e-15);
  EXPECT_NEAR(weighted.frequencies_entropy, rows.frequencies_entropy, 1e-15);
}

TEST(Metrics, WhatClassFrequenciesAreWorth) {
  const Matrix z = Matrix::Zero(8, 3);
  const Metrics metrics = evaluate_scores(z, labelled({0, 0, 0, 0, 1, 1, 2, 2}, {"a", "b", "c"}));
  EXPECT_EQ(metrics.majority_share, 0.5);
  EXPECT_NEAR(metrics.frequencies_entropy, 1.5 * std::log(2), 1e-15);  // ½ ln 2 + 2 · ¼ ln 4
  EXPECT_NEAR(metrics.cross_entropy, std::log(3), 1e-15);
  EXPECT_EQ(metrics.auc, 0.5);  // ties
  EXPECT_NEAR(metrics.balanced_accuracy, 1.0 / 3, 1e-15);
  EXPECT_EQ(metrics.never_predicted(), (std::vector<Index>{1, 2}));
}

// Of a class without rows nothing can be said, nor of one that all rows are of what tells it from others.
TEST(Metrics, WhatCannotBeMeasuredIsNoNumber) {
  const Metrics metrics = evaluate_scores(Matrix{{1, 0, 0}, {2, 0, 1}}, labelled({0, 0}, {"a", "b", "c"}));
  EXPECT_EQ(metrics.by_class[0].recall, 1);
  EXPECT_EQ(metrics.by_class[0].f1, 1);
  for (const double value : {metrics.by_class[0].auc, metrics.by_class[1].auc, metrics.by_class[1].precision,
                             metrics.by_class[1].recall, metrics.by_class[1].f1, metrics.auc})
    EXPECT_TRUE(std::isnan(value));
  EXPECT_EQ(metrics.balanced_accuracy, 1);
  EXPECT_EQ(metrics.macro_f1, 1);
  EXPECT_TRUE(metrics.never_predicted().empty());
  const Metrics broken = evaluate_scores(Matrix{{std::nan(""), 0}, {2, 0}}, labelled({0, 1}, {"a", "b"}));
  EXPECT_TRUE(std::isnan(broken.cross_entropy));
  EXPECT_TRUE(std::isnan(broken.auc));
  EXPECT_TRUE(std::isnan(broken.expected_calibration_error));
}

TEST(Metrics, AreasUnderRocCurvesAreLeftOutIfAsked) {
  const Metrics metrics = evaluate_scores(Matrix{{1, 0}, {0, 1}}, labelled({0, 1}, {"a", "b"}), {.auc = false});
  EXPECT_TRUE(std::isnan(metrics.auc));
  EXPECT_EQ(metrics.macro_f1, 1);
}

/// The area by its definition, over all pairs.
double area_by_pairs(const Matrix& z, const std::vector<std::int32_t>& labels, Index c, const Vector& weight) {
  const auto log_p = [&](Index i) { return z(i, c) - std::log(z.row(i).array().exp().sum()); };  // ties: equal rows
  double won = 0, all = 0;
  for (Index i = 0; i < z.rows(); ++i) {
    for (Index j = 0; j < z.rows(); ++j) {
      if (labels[static_cast<std::size_t>(i)] != c || labels[static_cast<std::size_t>(j)] == c) continue;
      const double product = weight[i] * weight[j], gain = log_p(i) - log_p(j);
      all += product;
      won += product * (gain > 0 ? 1 : gain < 0 ? 0 : 0.5);
    }
  }
  return won / all;
}

TEST(Metrics, AreasAreThoseOfAllPairs) {
  const Index n = 300, k = 11;  // more classes than are measured at once
  std::uint64_t counter = 0;
  Matrix z = Matrix::NullaryExpr(n, k, [&] { return random_normalish(3, counter++); });
  for (Index i = 0; i < 40; ++i) z.row(n - 1 - i) = z.row(i);  // ties
  std::vector<std::int32_t> labels;
  Vector weight(n);
  for (Index i = 0; i < n; ++i) {
    labels.push_back(static_cast<std::int32_t>(random_uniform(4, static_cast<std::uint64_t>(i)) * 11));
    weight[i] = i % 7 == 0 ? 0 : random_uniform(5, static_cast<std::uint64_t>(i));
  }
  std::vector<std::string> names;
  for (int c = 0; c < 11; ++c) names.push_back(std::to_string(c));
  Dataset data = labelled(labels, names);
  data.sample_weight = weight;
  const Metrics metrics = evaluate_scores(z, data);
  for (Index c = 0; c < k; ++c)
    EXPECT_NEAR(metrics.by_class[static_cast<std::size_t>(c)].auc, area_by_pairs(z, labels, c, weight), 1e-12) << c;
}

Dataset many_rows(Index n, Index k, Matrix& z) {
  std::vector<std::string> names;
  for (Index c = 0; c < k; ++c) names.push_back(std::to_string(c));
  std::vector<std::int32_t> labels;
  z.resize(n, k);
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < k; ++c) z(i, c) = 4 * random_uniform(1, static_cast<std::uint64_t>(i * k + c));
    labels.push_back(
        static_cast<std::int32_t>(random_uniform(2, static_cast<std::uint64_t>(i)) * static_cast<double>(k)));
  }
  return labelled(labels, names);
}

TEST(Metrics, HaveTheSameBitsForAnyNumberOfThreads) {
  Matrix z;
  const Dataset data = many_rows(5000, 9, z);
  const Metrics one = evaluate_scores(z, data, {.threads = 1}), three = evaluate_scores(z, data, {.threads = 3});
  EXPECT_EQ(one.cross_entropy, three.cross_entropy);
  EXPECT_EQ(one.entropy, three.entropy);
  EXPECT_EQ(one.expected_calibration_error, three.expected_calibration_error);
  EXPECT_EQ(one.temperature.temperature, three.temperature.temperature);
  EXPECT_EQ(one.confusion, three.confusion);
  for (std::size_t c = 0; c < 9; ++c) EXPECT_EQ(one.by_class[c].auc, three.by_class[c].auc);
}

TEST(Metrics, EndWhenTheyAreAskedTo) {
  Matrix z;
  const Dataset data = many_rows(20000, 5, z);
  for (int answers : {0, 1, 10, 30}) {
    int asked = 0;
    StopWhen later([&] { return asked++ >= answers; });
    const MeasureOptions options{.threads = 1, .watcher = &later};
    EXPECT_THROW(evaluate_scores(z, data, options), MeasurementStopped) << answers;
    EXPECT_LE(asked, answers + 1);
  }
}

// A network's scores are the same whether they are kept or computed anew for every pass.
TEST(Metrics, OfScoresThatDoNotFitAreTheSame) {
  const Schema schema = array_schema(6, {"a", "b", "c", "d"});
  const Network network = random_network(schema, {5}, Activation::kTanh, Head::kSoftmax, 3);
  std::uint64_t counter = 0;
  Dataset data = float_data(
      MatrixF::NullaryExpr(1500, 6, [&] { return static_cast<float>(random_normalish(8, counter++)); }), schema);
  for (Index i = 0; i < 1500; ++i)
    data.labels.push_back(static_cast<std::int32_t>(random_uniform(9, static_cast<std::uint64_t>(i)) * 4));
  const ScoredRows kept(network, data, {}, 1e9), fresh(network, data, {}, 0);
  EXPECT_TRUE(kept.are_kept());
  EXPECT_FALSE(fresh.are_kept());
  std::vector<double> room, more;
  for (Index first = 0; first < 1500; first += ScoredRows::kBlockRows) {
    const Index count = std::min(ScoredRows::kBlockRows, 1500 - first);
    const double *a = kept.block(first, count, room), *b = fresh.block(first, count, more);
    EXPECT_TRUE(std::equal(a, a + count * 4, b)) << first;
  }
  const Metrics by_network = evaluate_network(network, data);
  const Metrics by_scores = evaluate_scores(predict_scores(network, data), data);
  EXPECT_EQ(by_network.cross_entropy, by_scores.cross_entropy);
  EXPECT_EQ(by_network.auc, by_scores.auc);
}

double cross_entropy_at(const Matrix& z, const Matrix& t, const Vector& weight, double beta) {
  double sum = 0;
  for (Index i = 0; i < z.rows(); ++i) {
    const double top = beta * z.row(i).maxCoeff();
    sum += weight[i] * (top + std::log((beta * z.row(i).array() - top).exp().sum()) - beta * z.row(i).dot(t.row(i)));
  }
  return sum / weight.sum();
}

// At the temperature found CE = H, and no other β does better.
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

/// The passes that fit_temperature makes of these scores, after the one at β = 1.
int passes_of(const Matrix& z, const std::vector<std::int32_t>& labels, Temperature* found = nullptr) {
  Matrix t = Matrix::Zero(z.rows(), z.cols());
  for (Index i = 0; i < z.rows(); ++i) t(i, labels[static_cast<std::size_t>(i)]) = 1;
  const TargetRows targets(t);
  const ScoredRows scores(z);
  TargetedScores rows{scores, Vector(z.rows()), Vector::Constant(z.rows(), 1 / static_cast<double>(z.rows()))};
  for (Index i = 0; i < z.rows(); ++i) rows.target_score[i] = targets.score(i, z.row(i).data(), z.row(i).maxCoeff());
  int passes = 0;
  const Temperature temperature =
      fit_temperature(rows, {.always_right = false, .flat = false}, means_at(rows, 1, {}), {}, &passes);
  if (found) *found = temperature;
  return passes;
}

// The slope is met to what rounding lets it be, in few passes, whatever the size of scores and losses: a hundred and
// more were made where a test lay below rounding.
TEST(Temperature, TakesFewPasses) {
  for (const Index k : {2, 10, 60}) {
    for (const double size : {1e-3, 0.1, 1.0, 7.0, 300.0}) {
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        SCOPED_TRACE(testing::Message() << k << " classes, size " << size << ", seed " << seed);
        const Index n = 3000;
        std::uint64_t counter = 0;
        const Matrix z = Matrix::NullaryExpr(n, k, [&] { return size * random_normalish(seed, counter++); });
        std::vector<std::int32_t> labels;
        for (Index i = 0; i < n; ++i) {
          Index best = 0;
          z.row(i).maxCoeff(&best);
          const double u = random_uniform(seed + 50, static_cast<std::uint64_t>(i));
          labels.push_back(static_cast<std::int32_t>(u < 0.6 ? best : static_cast<Index>(u * 1e6) % k));
        }
        Temperature found;
        const int passes = passes_of(z, labels, &found);
        EXPECT_LE(passes, 12);
        EXPECT_FALSE(found.at_limit);
        EXPECT_NEAR(found.cross_entropy, found.entropy, 1e-13 * (1 + found.cross_entropy));
        // From there it is near by.
        EXPECT_LE(passes_of(z / found.temperature, labels), 2);
      }
    }
  }
}

// Scores a millionth or a million times as large have a temperature as much smaller or larger, and no limit is met.
TEST(Temperature, GoesWithTheSizeOfTheScores) {
  const Matrix z{{1, 0}, {1, 0}, {1, 0}, {1, 0}};
  const Matrix t{{1, 0}, {1, 0}, {1, 0}, {0, 1}};  // ln 3 = 1/T
  for (const double size : {1e-12, 1e-6, 1.0, 1e6, 1e12}) {
    const Temperature found = fit_temperature(size * z, t, Vector::Ones(4));
    EXPECT_NEAR(found.temperature * std::log(3), size, 1e-12 * size);
    EXPECT_FALSE(found.at_limit);
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
