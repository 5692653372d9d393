// Numbers far away that stand for missing values: the optimum of the other rows is found and proven, whatever the
// number is.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "convex/certificate/curvature_proof.h"
#include "convex/independent_features.h"
#include "convex/reference.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

struct Table {
  std::vector<double> x;  // `cols` numbers a row
  std::vector<std::int32_t> labels;
  Index cols = 0;

  void add(std::initializer_list<double> row, std::int32_t label) {
    x.insert(x.end(), row);
    cols = static_cast<Index>(row.size());
    labels.push_back(label);
  }
  Dataset data() const {
    Dataset out;
    out.name = "test";
    out.schema = array_schema(cols, {"0", "1"});
    out.features = Features::from_values(x, std::ssize(labels), cols);
    out.labels = labels;
    return out;
  }
};

SolveReport solve(const Dataset& data, Solver solver = Solver::kAuto) {
  return fit_softmax(data, {.l2 = 0, .scale = Scale::kNone}, {.solver = solver, .threads = 1}).report;
}

// Missing in rows of one class only: a weight above 0 makes their loss 0, since 1.5 times the sentinel is far enough.
// What is left is the problem of the other rows.
TEST(Sentinels, InRowsOfOneClass) {
  for (const double far : {1e3, 1e6, 1e9, 1e12, 1e15, 1e18}) {
    SCOPED_TRACE(far);
    Rng rng(5);
    Table all, rest;
    for (int i = 0; i < 300; ++i) {
      const double a = std::round(4 * rng.normal()) / 4, b = std::round(4 * rng.normal()) / 4;
      const bool label = rng.uniform() < 1 / (1 + std::exp(b - 1.5 * a));
      if (label && rng.uniform() < 0.3) {
        all.add({far, b}, 1);
      } else {
        all.add({a, b}, label);
        rest.add({a, b}, label);
      }
    }
    const SolveReport other = solve(rest.data());
    ASSERT_EQ(other.status, Status::kCertified) << other.why;
    const double share = static_cast<double>(rest.labels.size()) / static_cast<double>(all.labels.size());
    for (const Solver solver : {Solver::kNewton, Solver::kLbfgs}) {
      const SolveReport found = solve(all.data(), solver);
      EXPECT_EQ(found.status, Status::kCertified) << found.why;
      EXPECT_NEAR(found.objective, share * other.objective, 2e-8);
      EXPECT_TRUE(found.certificate.proves_existence);
    }
  }
}

// Rows that are as good as certain may be left out of a proof only if nothing depends on them alone: here the weight of
// the flag does, and no minimizer exists.
TEST(Sentinels, CertainRowsCountForExistence) {
  Table table;
  for (const double x : {-2.0, -1.0, 0.0, 1.0, 2.0}) table.add({x, 0}, 0), table.add({x, 0}, 1);
  for (const double x : {-1.0, 0.0, 2.0}) table.add({x, 1}, 1);
  const Dataset data = table.data();
  const Problem problem = make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1);
  CurvatureProver prover(problem, 1);
  for (const double weight : {10.0, 30.0, 60.0, 100.0, 1e3, 1e9}) {
    Parameters w = Parameters::Zero(3, 2);
    w(1, 0) = -weight, w(1, 1) = weight;
    const CurvatureProof proof = prover.prove(w);
    EXPECT_FALSE(proof.exists) << weight;
  }
  EXPECT_EQ(solve(data).status, Status::kSeparable);
}

// The same rows once more where the flag is another feature's double: then they say nothing of their own.
TEST(Sentinels, CertainRowsMayRepeatWhatOthersSay) {
  Table table;
  for (const double x : {-2.0, -1.0, 0.0, 1.0, 2.0}) table.add({x, 2 * x}, 0), table.add({x, 2 * x}, 1);
  table.add({1e6, 2e6}, 1);
  table.add({-1e6, -2e6}, 0);
  const Dataset data = table.data();
  const Problem problem = make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1);
  CurvatureProver prover(problem, 1);
  const SoftmaxFit fit = fit_softmax(data, {.l2 = 0, .scale = Scale::kNone}, {.threads = 1});
  EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
  const CurvatureProof proof = prover.prove(to_parameters(fit.model, data, problem.units));
  EXPECT_TRUE(proof.exists);
  EXPECT_LE(proof.gap, 1e-8);
}

/// 200 rows: x, which a sentinel replaces in rows that a flag marks.
Table flagged(double far) {
  Rng rng(3);
  Table table;
  for (int i = 0; i < 200; ++i) {
    const double x = std::round(4 * rng.normal()) / 4;
    const bool missing = rng.uniform() < 0.1;
    table.add({missing ? far : x, missing ? 1.0 : 0.0}, rng.uniform() < 1 / (1 + std::exp(-1.5 * x)));
  }
  return table;
}

// x − s·flag is an equivalent feature, and the optimum that with x = 0 beside the flag.
TEST(Sentinels, BesideTheirFlag) {
  const SolveReport zero = solve(flagged(0).data());
  ASSERT_EQ(zero.status, Status::kCertified) << zero.why;
  for (const double far : {-999.0, 1e6, 999999999.0, 1e12}) {
    for (const Solver solver : {Solver::kNewton, Solver::kLbfgs}) {
      const SolveReport found = solve(flagged(far).data(), solver);
      EXPECT_EQ(found.status, Status::kCertified) << far << ": " << found.why;
      EXPECT_NEAR(found.objective, zero.objective, 2e-8);
      EXPECT_LE(found.iterations, 2 * zero.iterations + 3);
    }
  }
}

// With 1e18 no float64 weights have scores that float64 can compute: that is said, with the features' names.
TEST(Sentinels, BeyondFloat64) {
  const SolveReport zero = solve(flagged(0).data()), found = solve(flagged(1e18).data());
  ASSERT_EQ(found.status, Status::kConverged);
  EXPECT_GT(found.objective, zero.objective + 0.01);
  EXPECT_NE(found.why.find("float64 scores cannot follow"), std::string::npos) << found.why;
  EXPECT_NE(found.why.find("column 0, column 1"), std::string::npos) << found.why;
}

// Problems too large for a proof depend on the solver alone.
TEST(Sentinels, BesideTheirFlagInALargeProblem) {
  constexpr Index kRows = 800, kCols = 140, kClasses = 30;
  auto draw = [&](double far) {
    Rng rng(8);
    std::vector<double> x;
    Dataset data;
    for (Index i = 0; i < kRows; ++i) {
      for (Index j = 0; j + 1 < kCols; ++j) x.push_back(std::round(100 * rng.normal()) / 100);
      const bool missing = rng.uniform() < 0.2;
      x.push_back(missing);
      double& first = x[x.size() - static_cast<std::size_t>(kCols)];
      const double signal = first;
      if (missing) first = far;
      data.labels.push_back(static_cast<std::int32_t>(
          std::clamp(std::floor(15 + 3 * signal + 5 * rng.normal()), 0.0, static_cast<double>(kClasses - 1))));
    }
    data.name = "test";
    std::vector<std::string> names;
    for (Index c = 0; c < kClasses; ++c) names.push_back(std::to_string(c));
    data.schema = array_schema(kCols, names);
    data.features = Features::from_values(std::move(x), kRows, kCols);
    return data;
  };
  auto report = [&](double far) {
    const ObjectiveOptions smoothed{.l2 = 0, .scale = Scale::kNone, .label_smoothing = 0.1};
    return fit_softmax(draw(far), smoothed, {.threads = 1}).report;
  };
  const SolveReport zero = report(0), found = report(999999999);
  ASSERT_EQ(zero.status, Status::kConverged) << zero.why;
  EXPECT_NEAR(found.objective, zero.objective, 1e-8);
  const std::vector<double> path{1e-3, 0};  // from where the penalty has led
  const ObjectiveOptions smoothed{.scale = Scale::kNone, .label_smoothing = 0.1};
  const SolveReport last = fit_softmax_path(draw(999999999), path, smoothed, {.threads = 1}).back().report;
  EXPECT_NEAR(last.objective, zero.objective, 1e-8);
}

// The scores of V in other features are those of the weights on the features as given.
TEST(IndependentFeatures, ScoresAreTheSame) {
  const Dataset data = flagged(1e6).data();
  const Problem problem = make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1);
  const auto others = IndependentFeatures::of(problem, 1);
  ASSERT_TRUE(others);
  Rng rng(1);
  const Parameters v = rng.normals(3, 2), w = others->to_original(v);
  EXPECT_LT((others->from_original(w) - v).cwiseAbs().maxCoeff(), 1e-8);
  for (Index i = 0; i < problem.rows(); ++i) {
    for (Index c = 0; c < 2; ++c) {
      Real one = v(2, c), other = w(2, c);
      for (Index j = 0; j < 2; ++j) {
        one += loaded(others->problem(), i, j) * static_cast<Real>(v(j, c));
        other += loaded(problem, i, j) * static_cast<Real>(w(j, c));
      }
      EXPECT_NEAR(static_cast<double>(one - other), 0, 1e-8);
    }
  }
  // All of unit size, and far from dependent.
  double xx = 0, yy = 0, xy = 0, x = 0, y = 0;
  for (Index i = 0; i < problem.rows(); ++i) {
    const double a = others->problem().features.value(i, 0), b = others->problem().features.value(i, 1);
    x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  const double n = static_cast<double>(problem.rows());
  const double vx = xx / n - x * x / n / n, vy = yy / n - y * y / n / n,
               correlation = (xy / n - x * y / n / n) / std::sqrt(vx * vy);
  EXPECT_LT(std::abs(correlation), 0.9);
  EXPECT_GT(std::min(vx, vy), 0.01);
  EXPECT_LT(std::max(vx, vy), 10);
}

TEST(IndependentFeatures, NotWhereNothingIsNearlyDependent) {
  EXPECT_FALSE(IndependentFeatures::of(make_problem(flagged(0).data(), {.l2 = 0}, 1), 1));
  EXPECT_FALSE(IndependentFeatures::of(make_problem(flagged(1e9).data(), {.l2 = 1e-4}, 1), 1));
  Table total;  // exact, with coefficients that are no short numbers the other way round: nothing is left of the total
  Rng rng(2);
  for (int i = 0; i < 100; ++i) {
    const double a = static_cast<double>(rng.below(9)), b = static_cast<double>(rng.below(9));
    total.add({a, b, (37 * a + 11 * b) / 1024}, i % 2);
  }
  EXPECT_FALSE(IndependentFeatures::of(make_problem(total.data(), {.l2 = 0}, 1), 1));
}

// Four features of two numbers, dependent but for the rounding of their units, which only the others that solving makes
// of them tell apart: that those run off for ever leaves the solve in the features as given its own iterations, in
// either storage. No optimum is above the entropy of the classes.
TEST(IndependentFeatures, LeaveIterationsToTheFeaturesAsGiven) {
  const std::vector<std::array<int, 3>> rows{
      {0, 0, 0},   {1, 1, 3},  {1, 1, 0},  {-2, -1, 0}, {2, -3, 0},  {-2, 2, 0}, {3, -3, 3}, {-1, -1, 3}, {1, 1, 4},
      {2, -3, 4},  {0, -2, 0}, {0, -2, 3}, {-2, -1, 3}, {-2, -2, 3}, {0, -1, 0}, {-1, 0, 4}, {3, 3, 2},   {3, -2, 1},
      {2, -3, 2},  {-2, 2, 0}, {0, 0, 0},  {-2, -1, 3}, {0, -1, 4},  {0, -1, 1}, {3, -3, 3}, {0, -1, 4},  {0, -1, 0},
      {-1, -3, 1}, {0, -2, 4}, {3, 3, 2},  {3, -3, 0},  {-2, -1, 3}, {0, -2, 3}, {3, 3, 2},  {-1, -1, 0}, {0, 3, 4},
      {0, -2, 1},  {0, 0, 4},  {3, -2, 4}, {2, -3, 3},  {-1, 0, 4},  {3, 3, 1},  {0, 3, 0},  {-2, -2, 3}, {-1, -3, 0},
      {3, -3, 3},  {3, -2, 4}, {0, 0, 1},  {-1, -1, 1}, {3, 3, 3},   {2, -3, 1}, {3, -2, 0}, {2, -3, 2},  {0, 0, 1},
      {-3, -1, 4}, {1, 1, 4},  {-2, -2, 4}};
  Dataset data;
  data.schema = array_schema(4, {"0", "1", "2", "3", "4"});
  std::vector<double> x;
  CsrMatrix sparse;
  sparse.cols = 4;
  std::array<double, 5> count{};
  for (const auto& [a, b, label] : rows) {
    const double row[] = {a * 1e-13, b * 0.01, (2 * b - 3 * a) * 1e6, a * 1e14};
    for (std::int32_t j = 0; j < 4; ++j) {
      x.push_back(row[j]);
      if (row[j] != 0) sparse.columns.push_back(j), sparse.doubles.push_back(row[j]);
    }
    sparse.row_start.push_back(std::ssize(sparse.columns));
    data.labels.push_back(label);
    ++count[static_cast<std::size_t>(label)];
  }
  const auto n = std::ssize(rows);
  double entropy = 0;
  for (const double c : count) entropy -= c / static_cast<double>(n) * std::log(c / static_cast<double>(n));
  for (const Features& features : {Features::from_values(std::move(x), n, 4), Features::from_sparse(sparse)}) {
    data.features = features;
    const ObjectiveOptions free{.l2 = 0, .scale = Scale::kStandard};
    const SolveReport report = fit_softmax(data, free, {.tolerance = 1e-10, .threads = 1}).report;
    EXPECT_EQ(report.status, Status::kConverged) << report.why;
    EXPECT_LT(report.objective, entropy);
    const SolveReport asked = fit_softmax(data, free, {.max_iterations = 20, .threads = 1}).report;
    EXPECT_LE(asked.iterations, 20);
  }
}

// A penalty below the range of float64 is one all the same.
TEST(TinyPenalties, StillGiveAMinimizer) {
  Table table;
  for (const double x : {-2e150, -1e150, 1e150, 2e150}) table.add({x}, x > 0);
  const Dataset data = table.data();
  const SolveReport found = fit_softmax(data, {.l2 = 1e-300, .scale = Scale::kNone}, {.threads = 1}).report;
  EXPECT_NE(found.status, Status::kSeparable) << found.why;
  EXPECT_EQ(solve(data).status, Status::kSeparable);
}

// Where the objective itself is below the tolerance, no loss being below 0 is proof enough, for `certify` as well.
TEST(TinyPenalties, NoLossIsBelowZero) {
  Table table;
  for (const double x : {-2.0, -1.0, 1.0, 2.0}) table.add({x}, x > 0);
  const Dataset data = table.data();
  const SoftmaxFit fit = fit_softmax(data, {.l2 = 1e-300, .scale = Scale::kNone}, {.threads = 1});
  EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
  const SolveReport again = certify_softmax(fit.model, data, {.threads = 1});
  EXPECT_EQ(again.status, Status::kCertified) << again.why;
  EXPECT_TRUE(again.certificate.proves_existence);
}

// 12 totals of 24 columns of cents, rounded by the arithmetic: without a penalty Newton systems of 407 parameters that
// conjugate gradients do not solve are solved by factorization. (Without it: 28,148 passes, in a like case 596,739.)
TEST(Sentinels, TotalsOfDecimalsTakeNoEndlessSystems) {
  Rng rng(9);
  Table all;
  all.cols = 36;
  for (int i = 0; i < 192; ++i) {
    double x[36];
    for (int j = 0; j < 24; ++j) x[j] = std::round(1000 * rng.normal()) / 100;
    for (int j = 0; j < 12; ++j) x[24 + j] = x[2 * j] + x[2 * j + 1];
    all.x.insert(all.x.end(), x, x + 36);
    all.labels.push_back(i % 11);
  }
  Dataset data = all.data();
  data.schema = array_schema(36, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
  const SolveReport report = solve(data);
  EXPECT_LT(report.passes, 20000) << report.why;
  EXPECT_TRUE(std::isfinite(report.objective));
  EXPECT_LT(report.objective, std::log(11.0));
}

// Rows of weight 1e-300 that alone are in doubt: there is nothing to compute a basis from.
TEST(Sentinels, RowsOfVanishingWeightAreNoBasis) {
  Table all;
  const double rows[][7] = {
      {0, 1, 0, 0, 0, 0, 1},      {0, 1, 0, 1, 0, 1, 1e-300}, {0, 1, 0, 1, 0, 1, 1},      {0, 1, 0, 0, 0, 0, 1},
      {0, 1, 0, 0, 0, 0, 1},      {1, 0, 1, 0, 1, 0, 1e-300}, {0, 1, 0, 0, 0, 0, 1},      {1, 0, 0, 0, 0, 0, 1},
      {0, 0, 0, 1, 1, 0, 1},      {0, 1, 0, 0, 0, 0, 1e-300}, {1, 0, 1, 0, 1, 0, 1},      {1, 1, 0, 0, 0, 0, 1},
      {0, 1, 0, 0, 0, 0, 1},      {1, 0, 1, 0, 1, 0, 1e-300}, {1, 1, 0, 0, 0, 0, 1e-300}, {0, 1, 0, 0, 0, 0, 1},
      {0, 1, 0, 0, 0, 0, 1},      {1, 0, 1, 0, 1, 0, 1e-300}, {0, 1, 0, 0, 0, 0, 1},      {0, 0, 0, 1, 1, 0, 1},
      {0, 1, 0, 1, 0, 1, 1e-300}, {1, 0, 0, 0, 0, 0, 1},      {1, 0, 0, 0, 0, 0, 1}};
  const std::int32_t labels[] = {1, 1, 1, 2, 2, 0, 0, 1, 1, 1, 0, 1, 2, 2, 1, 0, 1, 1, 2, 1, 1, 2, 2};
  Vector weight(std::ssize(labels));
  all.cols = 6;
  for (std::size_t i = 0; i < std::size(labels); ++i) {
    all.x.insert(all.x.end(), rows[i], rows[i] + 6);
    all.labels.push_back(labels[i]);
    weight[static_cast<Index>(i)] = rows[i][6];
  }
  for (const double l2 : {0.0, 1e-300, 1e-16}) {
    Dataset data = all.data();
    data.schema = array_schema(6, {"0", "1", "2"});
    data.sample_weight = weight;
    const SolveReport report = fit_softmax(data, {.l2 = l2, .scale = Scale::kNone}, {.threads = 1}).report;
    EXPECT_TRUE(std::isfinite(report.objective)) << l2;
    EXPECT_NE(report.status, Status::kDiverged) << l2;
  }
}

}  // namespace
}  // namespace poise
