// Numbers far away that stand for missing values: the optimum of the other rows is found and proven, whatever the
// number is.
#include <gtest/gtest.h>

#include <cmath>

#include "convex/certificate/curvature_proof.h"
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

}  // namespace
}  // namespace poise
