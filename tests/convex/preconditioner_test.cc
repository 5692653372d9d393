// Preconditioners against what they stand for.
#include "convex/preconditioner/preconditioner.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "convex/pass/pair_kernels.h"
#include "convex/reference.h"
#include "convex/solver/solvers.h"
#include "sample_models.h"

namespace poise {
namespace {

/// Sparse counts: a fifth of the entries are 1 … 3.
MatrixF counts(Index rows, Index cols, std::uint64_t seed) {
  Rng rng(seed);
  MatrixF x(rows, cols);
  for (float& value : x.reshaped()) value = rng.uniform() < 0.8 ? 0.0f : static_cast<float>(1 + rng.below(3));
  return x;
}

Problem sparse_problem(Index rows, Index cols, bool uneven_penalty) {
  constexpr Index kClasses = 3;
  Problem problem;
  problem.classes = kClasses;
  problem.features = stored_as(counts(rows, cols, 3), Storage::kSparse);
  Rng rng(4);
  for (Index i = 0; i < rows; ++i) problem.labels.push_back(static_cast<std::int32_t>(rng.below(kClasses)));
  problem.row_weight = Vector::Constant(rows, 1.0 / static_cast<double>(rows));
  problem.penalty = Vector::NullaryExpr(cols, [&] { return uneven_penalty ? rng.uniform(0.01, 0.1) : 0.03; });
  return problem;
}

/// Block c of the Hessian, Σ_i s_i p_ic(1 − p_ic) x̃_i x̃_iᵀ + Λ, from its definition; for the bias the mean penalty.
Matrix class_block(const Problem& problem, const MatrixF& x, const SoftmaxObjective& objective, Index c) {
  Matrix features = Matrix::Ones(x.rows(), x.cols() + 1);
  features.leftCols(x.cols()) = x.cast<double>();
  const Vector curvature = Vector::NullaryExpr(x.rows(), [&](Index i) {
    const double p = static_cast<double>(objective.probability(i, c));
    return problem.row_weight[i] * p * (1 - p);
  });
  Matrix block = features.transpose() * curvature.asDiagonal() * features;
  block.diagonal().head(x.cols()) += problem.penalty;
  block(x.cols(), x.cols()) += problem.penalty.mean();
  return block;
}

/// Fewer rows than the curvatures it keeps: nothing is left out, so that M⁻¹ is the inverse of the blocks, to float32,
/// projected onto class sums 0.
TEST(LowRankPreconditioner, IsTheInverseOfTheBlocksWhereItKeepsAllCurvatures) {
  constexpr Index kRows = 40, kFeatures = 90;
  for (const bool uneven : {false, true}) {
    const Problem problem = sparse_problem(kRows, kFeatures, uneven);
    SoftmaxObjective objective(problem, 2);
    const Parameters w = 0.1 * Rng(5).normals(kFeatures + 1, problem.classes);
    Parameters gradient;
    objective.evaluate(w, &gradient);
    const auto preconditioner = low_rank_preconditioner(objective);
    Parameters expected(kFeatures + 1, problem.classes);
    for (Index c = 0; c < problem.classes; ++c) {
      expected.col(c) = class_block(problem, counts(kRows, kFeatures, 3), objective, c).lu().solve(gradient.col(c));
    }
    expected.colwise() -= expected.rowwise().mean().eval();
    const Parameters found = preconditioner->solve(gradient);
    EXPECT_LT((found - expected).norm(), 2e-3 * expected.norm()) << uneven;
  }
}

/// More rows than curvatures: still symmetric, positive on class sums 0, and the same bits for any number of threads.
TEST(LowRankPreconditioner, IsSymmetricPositiveAndIndependentOfThreads) {
  constexpr Index kRows = 700, kFeatures = 200;
  const Problem problem = sparse_problem(kRows, kFeatures, false);
  SoftmaxObjective one(problem, 1), three(problem, 3);
  const Parameters w = 0.1 * Rng(5).normals(kFeatures + 1, problem.classes);
  one.evaluate(w, nullptr);
  three.evaluate(w, nullptr);
  const auto preconditioner = low_rank_preconditioner(one), other = low_rank_preconditioner(three);
  Rng rng(6);
  for (int k = 0; k < 5; ++k) {
    Parameters a = rng.normals(kFeatures + 1, problem.classes), b = rng.normals(kFeatures + 1, problem.classes);
    project_onto_class_sums_zero(a);
    project_onto_class_sums_zero(b);
    const Parameters ma = preconditioner->solve(a), mb = preconditioner->solve(b);
    const double ab = a.cwiseProduct(mb).sum(), ba = b.cwiseProduct(ma).sum(), aa = a.cwiseProduct(ma).sum();
    EXPECT_GT(aa, 0);
    EXPECT_NEAR(ab, ba, 1e-4 * aa);
    EXPECT_EQ(ma, other->solve(a));
  }
}

TEST(PairProducts, AreThoseOfPlainLoops) {
  constexpr Index kRows = 3;
  for (Index size = 1; size <= 20; ++size) {
    const Index ld = size + kPairPadding;
    const Matrix x = Rng(7).normals(kRows, ld);
    for (Index first = 0; first < size; first += 3) {
      for (Index last = first + 1; last <= size; ++last) {
        std::vector<double> expected;
        for (Index r = 0; r < kRows; ++r) {
          for (Index i = first; i < last; ++i) {
            for (Index j = i; j < size; ++j) expected.push_back(x(r, i) * x(r, j));
          }
        }
        ASSERT_EQ(std::ssize(expected), kRows * pair_count(size, first, last));
        std::vector<double> found(expected.size() + kPairPadding);
        pair_products(x.data(), ld, kRows, size, first, last, found.data());
        found.resize(expected.size());
        EXPECT_EQ(found, expected);
      }
    }
  }
}

/// HV = G of the Hessian in long double, whether conjugate gradients take products from the matrix or from passes.
TEST(NewtonSystem, ByMatrixAndByPassesHaveTheSameSolution) {
  for (const Index classes : {2, 5}) {
    const Problem problem = random_problem({.rows = 900, .features = 6, .classes = classes, .l2 = 1e-4}, 8);
    const Reference reference(problem);
    SoftmaxObjective objective(problem, 1);
    Parameters gradient;
    const Parameters w = 0.5 * Rng(9).normals(7, classes);
    objective.evaluate(w, &gradient);
    const auto there = reference.at(w);
    const RealMatrix truth = reference.solve<Real>(reference.hessian<Real>(there.p), there.gradient);
    const auto preconditioner = full_preconditioner(objective);
    for (const bool by_matrix : {false, true}) {
      const double passes = objective.passes();
      const Parameters found =
          solve_newton_system(objective, *preconditioner, gradient, {.reduction = 1e-8, .by_matrix = by_matrix});
      EXPECT_LE((found.cast<Real>() - truth).norm(), 1e-5L * truth.norm());  // p in float32
      EXPECT_EQ(objective.passes() == passes, by_matrix);
    }
  }
}

}  // namespace
}  // namespace poise
