// Standard errors, intervals and p-values of weights.
#include "poise/inference.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <vector>

#include "base/random.h"
#include "base/statistics.h"
#include "poise/error.h"
#include "poise/run.h"
#include "run/weight_intervals.h"
#include "sample_models.h"

namespace poise {
namespace {

/// One feature with two values; counts[v][c] rows of value v and class c, as row weights or as so many rows.
Dataset table_of(const std::vector<std::vector<int>>& counts, std::vector<float> value, bool as_weights) {
  Dataset data;
  std::vector<float> x;
  std::vector<double> weight;
  std::vector<std::string> classes;
  for (std::size_t c = 0; c < counts[0].size(); ++c) classes.push_back(fmt::format("c{}", c));
  for (std::size_t v = 0; v < 2; ++v) {
    for (std::size_t c = 0; c < classes.size(); ++c) {
      for (int k = 0; k < (as_weights ? 1 : counts[v][c]); ++k) {
        x.push_back(value[v]), weight.push_back(counts[v][c]), data.labels.push_back(static_cast<std::int32_t>(c));
      }
    }
  }
  const auto rows = std::ssize(x);
  if (as_weights) data.sample_weight = Eigen::Map<Vector>(weight.data(), rows);
  data.features = Features::from_values(std::move(x), rows, 1);
  data.schema = array_schema(1, classes);
  return data;
}

Network fit(const Dataset& data, double l2, double tolerance = 1e-8) {
  return fit_softmax(data, {.l2 = l2, .scale = Scale::kNone}, {.tolerance = tolerance, .threads = 1}).model;
}

/// ln (ad/bc) has the variance 1/a + 1/b + 1/c + 1/d; the model has as many weights as the table has shares, so the
/// sandwich is the same.
TEST(Inference, OfATableOfTwoByThreeIsThatOfItsLogarithms) {
  const std::vector<std::vector<int>> n{{20, 11, 7}, {13, 30, 9}};
  for (const bool as_weights : {false, true}) {
    for (const Variance variance : {Variance::kHessian, Variance::kSandwich}) {
      for (const Index reference : {0, 2}) {
        const Dataset data = table_of(n, {0, 1}, as_weights);
        const Inference found = infer_weights(
            fit(data, 0, 1e-4), data, {.variance = variance, .reference = fmt::format("c{}", reference), .threads = 1});
        ASSERT_EQ(found.weights.size(), 4u);
        EXPECT_EQ(found.rows, 90);
        EXPECT_EQ(found.reference, reference);
        for (const InferredWeight& one : found.weights) {
          const double of0 = n[0][one.class_id], ref0 = n[0][reference], of1 = n[1][one.class_id],
                       ref1 = n[1][reference];
          const bool bias = one.feature == 1;
          const double estimate = bias ? std::log(of0 / ref0) : std::log(of1 / ref1) - std::log(of0 / ref0);
          const double variance_here = bias ? 1 / of0 + 1 / ref0 : 1 / of0 + 1 / ref0 + 1 / of1 + 1 / ref1;
          EXPECT_NEAR(one.estimate, estimate, 1e-9);
          EXPECT_NEAR(one.standard_error, std::sqrt(variance_here), 1e-9);
          EXPECT_NEAR(one.z, estimate / std::sqrt(variance_here), 1e-8);
          EXPECT_NEAR(one.p_value, std::erfc(std::abs(one.z) / std::sqrt(2.0)), 1e-12);
          EXPECT_NEAR(one.high - one.low, 2 * 1.959963984540054 * one.standard_error, 1e-9);
        }
      }
    }
  }
}

/// x = 1000 + 3v: the weight is a third, and the bias is extrapolated to x = 0, far from the rows.
TEST(Inference, IsInTheUnitsOfTheFile) {
  const std::vector<std::vector<int>> n{{20, 11}, {13, 30}};
  const Dataset data = table_of(n, {1000, 1003}, true);
  const Inference found = infer_weights(fit(data, 0), data, {.level = 0.5, .threads = 1});
  const double of_bias = 1.0 / 20 + 1.0 / 11, of_weight = of_bias + 1.0 / 13 + 1.0 / 30, share = 1000.0 / 3;
  EXPECT_NEAR(found.weights[0].standard_error, std::sqrt(of_weight) / 3, 1e-9);
  const double variance = of_bias + share * share * of_weight + 2 * share * of_bias;  // their covariance is −of_bias
  EXPECT_NEAR(found.weights[1].standard_error, std::sqrt(variance), 1e-7);
  EXPECT_NEAR(found.covariance[1], -(share * of_weight + of_bias) / 3, 1e-8);
  EXPECT_EQ(found.covariance[1], found.covariance[2]);
  EXPECT_NEAR(found.weights[0].high - found.weights[0].low, 2 * normal_quantile(0.5) * std::sqrt(of_weight) / 3, 1e-9);
}

/// x = ±1 with the label of its sign in a share π of the rows: bias 0, p − π + λθ/2 = 0, and all sums are closed forms.
TEST(Inference, OfAPenaltyIsOfThePosteriorOrOfThePenalizedEstimate) {
  const double l2 = 0.3, share = 0.8, rows = 100;
  const Dataset data = table_of({{40, 10}, {10, 40}}, {-1, 1}, true);
  const Network network = fit(data, l2);
  const InferredWeight of_posterior = infer_weights(network, data, {.threads = 1}).weights[0];
  const double theta = of_posterior.estimate, p = 1 / (1 + std::exp(-theta));
  EXPECT_NEAR(p - share + l2 * theta / 2, 0, 1e-12);
  const double curvature = p * (1 - p) + l2 / 2;
  EXPECT_NEAR(of_posterior.standard_error, 1 / std::sqrt(rows * curvature), 1e-12);
  const Inference sandwich = infer_weights(network, data, {.variance = Variance::kSandwich, .threads = 1});
  const double squares = share * (1 - p) * (1 - p) + (1 - share) * p * p, pull = l2 * theta / 2;
  EXPECT_NEAR(sandwich.weights[0].standard_error, std::sqrt((squares - pull * pull) / rows) / curvature, 1e-12);
  EXPECT_NEAR(sandwich.weights[1].standard_error, std::sqrt(squares / rows) / (p * (1 - p)), 1e-12);
  EXPECT_THAT(sandwich.meaning, testing::HasSubstr("draws towards 0"));
}

/// Weights of classes are no rows: with factors 2 and 1 the gradients of c1 count 4 times, its curvature twice.
TEST(Inference, OfWeighedClassesIsTheSandwichThatCountsRowsOnce) {
  const Dataset data = table_of({{40, 20}, {30, 50}}, {0, 1}, true);
  const ObjectiveOptions objective{.l2 = 0, .scale = Scale::kNone, .class_weights = {{"c1", 2}}};
  const Network network = fit_softmax(data, objective, {.threads = 1}).model;
  const Inference found = infer_weights(network, data, {.variance = Variance::kSandwich, .threads = 1});
  EXPECT_NEAR(found.weights[1].estimate, std::log(2.0 * 20 / 40), 1e-9);
  // ln(2b/a): b and a are counts, whatever they are multiplied by.
  EXPECT_NEAR(found.weights[1].standard_error, std::sqrt(1.0 / 20 + 1.0 / 40), 1e-9);
  EXPECT_NEAR(found.weights[0].standard_error, std::sqrt(1.0 / 20 + 1.0 / 40 + 1.0 / 30 + 1.0 / 50), 1e-9);
  EXPECT_THAT(infer_weights(network, data, {.threads = 1}).meaning, testing::HasSubstr("sandwich"));
}

/// The code and text of the error that it ends with.
std::pair<std::string, std::string> refusal(const Network& network, const Dataset& data,
                                            const InferenceOptions& options = {.threads = 1}) {
  try {
    infer_weights(network, data, options);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

TEST(Inference, IsRefusedWithTheFeaturesNamed) {
  const Dataset apart = table_of({{20, 0}, {9, 11}}, {0, 1}, false);
  const auto [separable, why] = refusal(fit(apart, 0), apart);
  EXPECT_EQ(separable, "inference.no_minimizer");
  EXPECT_THAT(why, testing::HasSubstr(apart.schema.feature_name(0)));

  Dataset twice = table_of({{20, 11}, {13, 30}}, {0, 1}, false);
  std::vector<float> both;
  for (Index i = 0; i < twice.rows(); ++i) {
    const auto x = static_cast<float>(twice.features.value(i, 0));
    both.insert(both.end(), {x, 1 - x});
  }
  twice.features = Features::from_values(std::move(both), twice.rows(), 2);
  twice.schema = array_schema(2, {"a", "b"});
  const auto [singular, which] = refusal(fit(twice, 0), twice);
  EXPECT_EQ(singular, "inference.singular");
  EXPECT_THAT(which, testing::HasSubstr(twice.schema.feature_name(1)));
  EXPECT_EQ(refusal(fit(twice, 1e-3), twice).first, "");  // a penalty tells them apart
}

TEST(Inference, WantsTheRowsTrainedOn) {
  const Dataset data = table_of({{20, 11}, {13, 30}}, {0, 1}, false);
  const TrainingResult run = train({.data = {.rows = data}, .objective = {.l2 = 0}, .solve = {.threads = 1}});
  EXPECT_EQ(infer_weights(run.model, data, {.threads = 1}).rows, 74);
  const Dataset others = table_of({{20, 12}, {13, 30}}, {0, 1}, false);
  EXPECT_EQ(refusal(run.model, others).first, "inference.other_rows");
  EXPECT_EQ(refusal(run.model, data, {.reference = "c7", .threads = 1}).first, "usage.reference");
  EXPECT_EQ(refusal(run.model, data, {.level = 1, .threads = 1}).first, "usage");
}

/// Half of the rows held out, found again.
TEST(Inference, LeavesOutWhatValidationHeldOut) {
  const Dataset data = table_of({{20, 12}, {14, 30}}, {0, 1}, false);
  const TrainingResult run =
      train({.data = {.rows = data}, .validation_share = 0.5, .objective = {.l2 = 0}, .solve = {.threads = 1}});
  EXPECT_EQ(infer_weights(run.model, data, {.threads = 1}).rows, 38);
}

/// Of 1,000 samples of 200 rows, three classes: each weight's interval of 95 % covers the truth in 93 to 97 %. Three
/// binomial deviations are 2 %.
TEST(Inference, CoversTheTruthAsOftenAsItSays) {
  constexpr int kSamples = 1000, kRows = 200;
  const double truth[2][3] = {{0.8, -0.5, 0.3}, {-0.4, 0.6, -0.2}};  // classes 1 and 2 against 0: x_0, x_1, bias
  std::vector<int> by_hessian(6), by_sandwich(6);
  for (int sample = 0; sample < kSamples; ++sample) {
    const auto seed = static_cast<std::uint64_t>(100 + sample);
    std::vector<float> x;
    Dataset data;
    for (std::uint64_t i = 0; i < 2 * kRows; ++i) x.push_back(static_cast<float>(random_normal(seed, i)));
    for (std::size_t i = 0; i < kRows; ++i) {
      double odds[3] = {1, 0, 0}, sum = 1;
      for (int c = 0; c < 2; ++c) {
        odds[c + 1] = std::exp(truth[c][0] * static_cast<double>(x[2 * i]) +
                               truth[c][1] * static_cast<double>(x[2 * i + 1]) + truth[c][2]);
        sum += odds[c + 1];
      }
      const double draw = sum * random_uniform(seed + 5000, i);
      data.labels.push_back(draw < odds[0] ? 0 : draw < odds[0] + odds[1] ? 1 : 2);
    }
    data.features = Features::from_values(std::move(x), kRows, 2);
    data.schema = array_schema(2, {"a", "b", "c"});
    const Network network = fit(data, 0);
    const Inference hessian = infer_weights(network, data, {.threads = 1});
    const Inference sandwich = infer_weights(network, data, {.variance = Variance::kSandwich, .threads = 1});
    for (std::size_t k = 0; k < 6; ++k) {
      const double right = truth[k / 3][k % 3];
      by_hessian[k] += hessian.weights[k].low <= right && right <= hessian.weights[k].high;
      by_sandwich[k] += sandwich.weights[k].low <= right && right <= sandwich.weights[k].high;
    }
  }
  EXPECT_THAT(by_hessian, testing::Each(testing::AllOf(testing::Ge(930), testing::Le(970))));
  EXPECT_THAT(by_sandwich, testing::Each(testing::AllOf(testing::Ge(930), testing::Le(970))));
}

/// Of a whole training, and why it has none.
WeightIntervals intervals_of(const Dataset& data, double l2, double tolerance = 1e-8) {
  const TrainingRequest request{.data = {.rows = data},
                                .objective = {.l2 = l2, .scale = Scale::kNone},
                                .solve = {.tolerance = tolerance, .threads = 1}};
  return train(request).softmax->intervals.value();
}

/// A weight of class sums 0 is a contrast of logarithms of cells, the coefficients of which add up to 0 in each row of
/// the table: their variances 1/n add up with the squares of these, (1 − 1/K)² and 1/K². From an optimum that is only
/// near, a step leads on.
TEST(WeightIntervals, OfATableOfTwoByThreeAreThoseOfItsLogarithms) {
  const std::vector<std::vector<int>> n{{20, 11, 7}, {13, 30, 9}};
  for (const double tolerance : {1e-8, 1e-3}) {
    const WeightIntervals found = intervals_of(table_of(n, {0, 2}, true), 0, tolerance);
    EXPECT_EQ(found.refused, "");
    ASSERT_EQ(found.largest.size(), 3u);
    for (const WeightIntervals::One& one : found.largest) {
      double weight = 0, variance = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        const double share = (static_cast<Index>(c) == one.class_id ? 1 : 0) - 1.0 / 3;
        weight += share * (std::log(n[1][c]) - std::log(n[0][c]));
        variance += share * share * (1.0 / n[1][c] + 1.0 / n[0][c]);
      }
      const double error = std::sqrt(variance) / 2, close = (tolerance < 1e-6 ? 1e-4 : 0.05) * error;
      EXPECT_NEAR((one.low + one.high) / 2, weight / 2, close);
      EXPECT_NEAR(one.standard_error, error, close);
      EXPECT_NEAR(one.high - one.low, 2 * 1.959963984540054 * one.standard_error, 1e-12);
    }
  }
}

TEST(WeightIntervals, AreHalfThoseOfTheDifferenceOfTwoClasses) {
  const Dataset data = table_of({{40, 10}, {10, 40}}, {-1, 1}, true);
  const InferredWeight difference = infer_weights(fit(data, 0.3), data, {.threads = 1}).weights[0];
  const WeightIntervals found = intervals_of(data, 0.3);
  for (const WeightIntervals::One& one : found.largest) {
    EXPECT_NEAR(one.standard_error, difference.standard_error / 2, 1e-5);
    EXPECT_NEAR(one.class_id == 1 ? one.low : -one.high, difference.low / 2, 1e-5);
  }
  EXPECT_THAT(found.meaning, testing::HasSubstr("posterior"));
}

TEST(WeightIntervals, SayWhyThereAreNone) {
  EXPECT_THAT(intervals_of(table_of({{20, 0}, {9, 11}}, {0, 1}, false), 0).refused, testing::HasSubstr("no optimum"));
  const auto refused = [](TrainingRequest request) { return train(request).softmax->intervals->refused; };
  EXPECT_THAT(refused({.data = {.path = "digits"}, .solve = {.max_iterations = 1}}),
              testing::HasSubstr("before the optimum"));
  EXPECT_THAT(refused({.data = {.path = "digits"}, .calibrate = true}), testing::HasSubstr("calibration"));
  Network wide;
  wide.layers.push_back({Matrix::Zero(2, 3001), Vector::Zero(2)});
  wide.schema = array_schema(3001, {"a", "b"});
  SolveReport certified;
  certified.status = Status::kCertified;
  EXPECT_THAT(weight_intervals(wide, certified, {}, {}, 1).refused, testing::HasSubstr("3002 parameters"));
  wide.layers[0] = {Matrix::Zero(2, 999), Vector::Zero(2)};
  wide.schema = array_schema(999, {"a", "b"});
  Dataset many;
  many.features = Features::from_values(std::vector<std::uint8_t>(1000 * 999), 1000, 999);
  EXPECT_THAT(weight_intervals(wide, certified, many, {}, 1).refused, testing::HasSubstr("longer"));
}

}  // namespace
}  // namespace poise
