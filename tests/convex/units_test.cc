// Units in which a problem is solved: exact where float64 can be, and of no account for the answer.
#include "convex/units.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

double uniform(std::uint64_t stream, Index i) { return random_uniform(stream, static_cast<std::uint64_t>(i)); }

Dataset with_classes(Features features, FileFormat format) {
  Dataset data;
  data.features = std::move(features);
  data.schema.format = format;
  data.schema.array_features = data.features.cols();
  data.schema.classes = {"a", "b", "c"};
  return data;
}

/// Sparse rows of d features, every other entry there, times unit_j and moved by offset_j where an offset is given
/// (then every entry is there). Labels by a noisy linear rule of the numbers as they were.
Dataset sparse_data(Index n, Index d, const std::vector<double>& unit, const std::vector<double>& offset) {
  CsrMatrix x;
  x.cols = d;
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < n; ++i) {
    double score = 20 * uniform(9, i) - 10;
    for (Index j = 0; j < d; ++j) {
      const Index cell = i * d + j;
      const auto k = static_cast<std::size_t>(j);
      const bool there = uniform(1, cell) < 0.5;
      const double value = there ? 1 + std::floor(8 * uniform(2, cell)) : 0;
      score += value * (uniform(3, j) - 0.5);
      if (value == 0 && offset[k] == 0) continue;
      x.columns.push_back(static_cast<std::int32_t>(j));
      x.doubles.push_back((value + offset[k]) * unit[k]);
    }
    x.row_start.push_back(std::ssize(x.columns));
    labels.push_back(score < -3 ? 0 : score < 3 ? 1 : 2);
  }
  Dataset data = with_classes(Features::from_sparse(x), FileFormat::kLibsvm);
  data.labels = labels;
  return data;
}

// a + b + c = 100 in the file, and b = 3 a − 7: the same in the solver's units, to the last bit.
TEST(Units, KeepExactRelationsOfIntegers) {
  std::vector<std::int32_t> values;
  for (Index i = 0; i < 400; ++i) {
    const auto a = static_cast<std::int32_t>(1000000 + std::floor(1000 * uniform(1, i)));
    values.insert(values.end(), {a, 3 * a - 7, 100 - a - (3 * a - 7)});
  }
  Dataset data = with_classes(Features::from_values(values, 400, 3), FileFormat::kTable);
  for (Index i = 0; i < 400; ++i) data.labels.push_back(static_cast<std::int32_t>(i % 3));
  const Problem problem = make_problem(data, {}, 1);
  ASSERT_FALSE(problem.units.identity());
  double sum = NAN, line = NAN;
  for (Index i = 0; i < 400; ++i) {
    double x[3];
    problem.load(i, 1, x, 3);
    for (double& value : x) EXPECT_LE(std::abs(value), 8);
    const std::vector<double>& gain = problem.units.gain;
    const double total = x[0] / gain[0] + x[1] / gain[1] + x[2] / gain[2], apart = x[1] / gain[1] - 3 * x[0] / gain[0];
    if (i == 0) sum = total, line = apart;
    EXPECT_EQ(total, sum);
    EXPECT_EQ(apart, line);
  }
}

TEST(Units, FloatsThatAreFineStayWhereTheyAre) {
  std::vector<float> values;
  for (Index k = 0; k < 300; ++k) values.push_back(static_cast<float>(uniform(1, k) + 2));
  Dataset data = with_classes(Features::from_values(values, 100, 3), FileFormat::kNpy);
  for (Index i = 0; i < 100; ++i) data.labels.push_back(static_cast<std::int32_t>(i % 3));
  EXPECT_TRUE(make_problem(data, {}, 1).units.identity());
  values[0] = 1e30F;
  data.features = Features::from_values(values, 100, 3);
  EXPECT_FALSE(make_problem(data, {}, 1).units.identity());
}

TEST(Units, WeightsAreTheSameInTheFilesUnits) {
  const std::vector<double> unit = {1e-9, 1, 1e12}, offset = {0, 1e6, 3e3};
  const Dataset data = sparse_data(200, 3, unit, offset);
  const Problem problem = make_problem(data, {}, 1);
  Parameters w(4, 3);
  for (Index k = 0; k < 12; ++k) w.data()[k] = uniform(5, k);
  const Parameters file = to_file_units(w, problem.units);
  for (Index i = 0; i < 200; ++i) {
    double x[3];
    problem.load(i, 1, x, 3);
    for (Index c = 0; c < 3; ++c) {
      double there = w(3, c), here = file(3, c), size = std::abs(here);
      for (Index j = 0; j < 3; ++j) {
        there += x[j] * w(j, c);
        here += data.features.value(i, j) * file(j, c);
        size += std::abs(data.features.value(i, j) * file(j, c));
      }
      EXPECT_NEAR(there, here, 1e-15 * size);
    }
  }
}

// Powers of ten from 1e-12 to 1e12, and offsets of up to a million deviations: the same optimum in as many iterations.
TEST(Units, OfSparseFeaturesAreOfNoAccount) {
  const Index d = 12;
  for (const double l2 : {0.0, 1e-3}) {
    const std::vector<double> ones(12, 1.0), none(12);
    const SoftmaxFit plain = fit_softmax(sparse_data(400, d, ones, none), {.l2 = l2, .scale = Scale::kStandard});
    EXPECT_EQ(plain.report.status, Status::kCertified) << plain.report.why;
    std::vector<double> unit, offset;
    for (int j = 0; j < 12; ++j) {
      unit.push_back(std::pow(10.0, 2 * j - 12));
      offset.push_back(j % 3 == 0 ? std::pow(10.0, j / 2) * 3 : 0);
    }
    for (const std::vector<double>& moved : {none, offset}) {
      const SoftmaxFit fit = fit_softmax(sparse_data(400, d, unit, moved), {.l2 = l2, .scale = Scale::kStandard});
      EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
      EXPECT_NEAR(fit.report.objective / plain.report.objective, 1, 1e-9);
      EXPECT_LE(fit.report.iterations, 2 * plain.report.iterations);
    }
  }
}

// Many parameters, so that L-BFGS and its preconditioners of d×d solve it.
TEST(Units, OfSparseFeaturesAreOfNoAccountForLbfgs) {
  const Index d = 160;
  const std::vector<double> ones(160, 1.0), none(160);
  std::vector<double> unit;
  for (int j = 0; j < 160; ++j) unit.push_back(std::pow(10.0, j % 13 - 6));
  const SoftmaxFit plain = fit_softmax(sparse_data(1500, d, ones, none), {.l2 = 1e-4, .scale = Scale::kStandard});
  const SoftmaxFit moved = fit_softmax(sparse_data(1500, d, unit, none), {.l2 = 1e-4, .scale = Scale::kStandard});
  EXPECT_EQ(plain.report.status, Status::kCertified);
  EXPECT_EQ(moved.report.status, Status::kCertified);
  EXPECT_NEAR(moved.report.objective / plain.report.objective, 1, 1e-9);
  EXPECT_LE(moved.report.iterations, 2 * plain.report.iterations);
}

// Features of 1e-160 as given: their weights are 0 whatever λ, and the objective is that of the class frequencies.
TEST(Units, FeaturesFarBelowTheUnitOfThePenalty) {
  for (const double size : {1e-100, 1e-160, 1e-300}) {
    Dataset data = with_classes(Features::from_values(std::vector<double>{size, 3 * size, 2 * size, 1.5 * size}, 4, 1),
                                FileFormat::kTable);
    data.labels = {0, 1, 0, 1};
    data.schema.classes = {"x", "y"};
    const SoftmaxFit fit = fit_softmax(data, {.l2 = 1e-4, .scale = Scale::kNone});
    EXPECT_EQ(fit.report.status, Status::kCertified) << size << fit.report.why;
    EXPECT_NEAR(fit.report.objective, std::log(2.0), 1e-14) << size;
  }
}

}  // namespace
}  // namespace poise
