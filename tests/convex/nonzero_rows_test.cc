// The numbers of rows that are not 0: what is found, and the passes that read it.
#include "convex/pass/nonzero_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "convex/reference.h"

namespace poise {
namespace {

/// Rows of indicators of `categories` columns and of one number of many digits; `share` of the rows counts.
Problem indicators(Index rows, Index categories, Index classes, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values(rows * (categories + 1), 0);
  Problem problem;
  for (Index i = 0; i < rows; ++i) {
    values[i * (categories + 1) + rng.below(categories)] = 1;
    values[i * (categories + 1) + categories] = i % 5 == 0 ? 0 : rng.normal();
    problem.labels.push_back(static_cast<std::int32_t>(rng.below(classes)));
  }
  problem.features = Features::from_values(std::move(values), rows, categories + 1);
  problem.row_weight = Vector::Constant(rows, 1 / static_cast<double>(rows));
  problem.classes = classes;
  problem.penalty = Vector::Constant(categories + 1, 1e-3);
  return problem;
}

TEST(NonzeroRows, AreTheNumbersThatAreNotZeroAndAOne) {
  const Problem problem = indicators(5000, 60, 2, 3);
  const auto found = NonzeroRows::find(problem, 2);
  ASSERT_TRUE(found);
  for (Index i = 0; i < problem.rows(); ++i) {
    const NonzeroRows::Row row = found->row(i);
    std::vector<double> x(62, 0);
    for (Index k = 0; k < row.count; ++k) {
      ASSERT_EQ(x[row.columns[k]], 0);
      x[row.columns[k]] = row.values[k];
    }
    for (Index j = 0; j < 61; ++j) ASSERT_EQ(x[j], problem.features.value(i, j));
    EXPECT_EQ(x[61], 1);
    EXPECT_EQ(row.columns[row.count - 1], 61);
  }
}

TEST(NonzeroRows, AreNotKeptWhereRowsAreFull) {
  Rng rng(4);
  Problem full = indicators(3000, 20, 2, 4);
  std::vector<double> values;
  for (Index k = 0; k < full.rows() * full.cols(); ++k) values.push_back(rng.normal());
  full.features = Features::from_values(values, full.rows(), full.cols());
  EXPECT_FALSE(NonzeroRows::find(full, 2));
  // The first rows are no sign of those that follow.
  for (Index k = 0; k < 1000 * full.cols(); ++k) values[k] = 0;
  full.features = Features::from_values(values, full.rows(), full.cols());
  EXPECT_FALSE(NonzeroRows::find(full, 2));
}

TEST(NonzeroRows, MultiplyAsDenseLoopsDo) {
  const Problem problem = indicators(3000, 40, 3, 5);
  const auto found = NonzeroRows::find(problem, 1);
  ASSERT_TRUE(found);
  constexpr Index kFirst = 700, kRows = 90, kClasses = 3, kLd = 96, kWidth = 41;
  const Matrix weights = Rng(6).normals(kClasses, kWidth), residual = Rng(7).normals(kClasses, kLd);
  Matrix z = Rng(8).normals(kClasses, kLd), product = Rng(9).normals(kClasses, kWidth);
  Matrix expected_z = z, expected_product = product;
  for (Index c = 0; c < kClasses; ++c) {
    for (Index r = 0; r < kRows; ++r) {
      for (Index j = 0; j < kWidth; ++j) {
        expected_z(c, r) += weights(c, j) * problem.features.value(kFirst + r, j);
        expected_product(c, j) += residual(c, r) * problem.features.value(kFirst + r, j);
      }
    }
  }
  found->add_scores(kFirst, kRows, weights.data(), kClasses, kWidth, kLd, z.data());
  found->add_product(kFirst, kRows, residual.data(), kClasses, kWidth, kLd, product.data());
  EXPECT_LT((z - expected_z).cwiseAbs().maxCoeff(), 1e-13);
  EXPECT_LT((product - expected_product).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(NonzeroRows, GiveTheObjectiveOfTheReference) {
  for (const Index classes : {2, 3}) {
    const Problem problem = indicators(4000, 70, classes, 11);
    ASSERT_TRUE(NonzeroRows::find(problem, 1));
    const Reference reference(problem);
    const Parameters w = Rng(12).normals(72, classes), v = Rng(13).normals(72, classes);
    const Reference::Values expected = reference.at(w);
    SoftmaxObjective one(problem, 1), two(problem, 2);
    Parameters gradient, other, product;
    const Evaluation value = one.evaluate(w, &gradient);
    EXPECT_LE(std::abs(static_cast<Real>(value.objective) - expected.objective), static_cast<Real>(value.rounding));
    EXPECT_LT((gradient.cast<Real>() - expected.gradient).cwiseAbs().maxCoeff(), 1e-14L);
    two.evaluate(w, &other);
    EXPECT_TRUE(gradient == other);
    one.hessian_product(v, product, true);
    RealMatrix p = expected.p;  // as the objective keeps it
    for (Index k = 0; k < p.size(); ++k) p.data()[k] = static_cast<Real>(static_cast<float>(p.data()[k]));
    const Square<double> hessian = reference.hessian(p);
    const Matrix by_feature = v;
    const Vector flat = hessian * Eigen::Map<const Vector>(by_feature.data(), by_feature.size());
    EXPECT_LT((Eigen::Map<const Matrix>(flat.data(), 72, classes) - product).cwiseAbs().maxCoeff(), 1e-9);
    // And the whole matrix, class by class.
    const Matrix whole = dense_hessian(one);
    for (Index a = 0; a < classes; ++a) {
      for (Index j = 0; j < 72; ++j) {
        const double penalty = j < 71 ? problem.penalty[j] : 0;
        EXPECT_NEAR(whole(a * 72 + j, a * 72 + j) + penalty, hessian(j * classes + a, j * classes + a), 1e-9);
      }
    }
  }
}

}  // namespace
}  // namespace poise
