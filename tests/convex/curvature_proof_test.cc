// Existence and gap from the curvature at one point
// (docs/theory/softmax.md#a-minimizer-from-the-curvature-at-one-point), at any λ ≥ 0, in any units: against 113-bit
// arithmetic and against data that have no minimizer.
#include "convex/certificate/curvature_proof.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "convex/quad.h"
#include "convex/reference.h"

namespace poise {
namespace {

Shape random_shape(Rng& rng) {
  Shape shape;
  shape.rows = 20 + rng.below(60);
  shape.features = 1 + rng.below(6);
  shape.classes = 2 + rng.below(4);
  shape.l2 = rng.uniform() < 0.5 ? 0 : std::pow(10.0, -rng.uniform(0, 20));
  shape.soft = rng.uniform() < 0.3;
  shape.weights = rng.uniform() < 0.4;
  shape.bad_scales = rng.uniform() < 0.4;
  shape.free_features = rng.uniform() < 0.3;
  shape.dependent = rng.uniform() < 0.3;
  shape.far_from_zero = rng.uniform() < 0.3;
  shape.all_labels = rng.uniform() < 0.7;
  shape.smoothing = rng.uniform() < 0.2 ? 0.05 : 0;
  shape.signal = rng.uniform(0.2, 2);
  return shape;
}

/// Damped Newton steps, each taken if 113-bit arithmetic sees f fall; returns the least f seen.
Quad descend(const Problem& problem, CurvatureProver& prover, Parameters& w, int steps) {
  Quad best = quad_objective(problem, to_quad(w));
  for (int k = 0; k < steps; ++k) {
    prover.prove(w);
    if (!prover.newton_step()) break;
    const Parameters step = *prover.newton_step();
    bool moved = false;
    for (double length = 1; length > 1e-3 && !moved; length /= 2) {
      std::vector<Quad> unrounded = to_quad(w);
      for (Index e = 0; e < w.size(); ++e) unrounded[static_cast<std::size_t>(e)] -= length * step.data()[e];
      const Parameters next = w - length * step;
      const Quad f = quad_objective(problem, to_quad(next));
      best = std::min({best, f, quad_objective(problem, unrounded)});
      moved = f < quad_objective(problem, to_quad(w));
      if (moved) w = next;
    }
    if (!moved) break;
  }
  return best;
}

class Seeds : public testing::TestWithParam<int> {};

TEST_P(Seeds, TheGapHolds) {
  int proven = 0;
  for (int part = 0; part < 10; ++part) {
    const auto seed = static_cast<std::uint64_t>(10 * GetParam() + part);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed + 7000);
    const Shape shape = random_shape(rng);
    const Problem problem = random_problem(shape, seed);
    CurvatureProver prover(problem, 1), charged(problem, 1, CurvatureProver::Penalty::kCharged);
    Parameters w = Parameters::Zero(problem.cols() + 1, problem.classes);
    const Quad best = descend(problem, prover, w, 40);
    const CurvatureProof there = prover.prove(w);
    if (shape.all_labels) {
      EXPECT_TRUE(there.exists) << "obstacle " << static_cast<int>(there.obstacle.kind) << " νR "
                                << there.decrement * there.reach;
    }
    if (!there.exists) continue;
    const Parameters unit = prover.newton_step()->cwiseAbs() / std::max(there.decrement, 1e-30);
    for (const double distance : {0.0, 1e-6, 1e-4, 1e-2, 0.3, -1.0}) {
      Parameters near = w + distance * unit.cwiseProduct(rng.normals(w.rows(), w.cols()));
      if (distance < 0) near.setZero();
      const Quad f = quad_objective(problem, to_quad(near));
      for (CurvatureProver* one : {&prover, &charged}) {
        const CurvatureProof proof = one->prove(near);
        if (!proof.exists) continue;
        ++proven;
        EXPECT_TRUE(static_cast<Quad>(proof.gap) >= f - best)
            << distance << ": " << proof.gap << " against " << static_cast<double>(f - best);
        const Quad error = f - static_cast<Quad>(proof.objective);
        EXPECT_TRUE((error < 0 ? -error : error) <= static_cast<Quad>(proof.rounding)) << static_cast<double>(error);
        if (one == &prover && distance >= 0 && distance <= 1e-4) {
          EXPECT_LE(proof.gap, 3 * static_cast<double>(f - best) + 1e-13) << distance;
        }
      }
    }
  }
  EXPECT_GT(proven, 30);
}

INSTANTIATE_TEST_SUITE_P(CurvatureProof, Seeds, testing::Range(0, 12));

Problem labelled(const std::vector<std::vector<float>>& rows, std::vector<std::int32_t> labels, Index classes,
                 Storage storage = Storage::kFloat) {
  MatrixF x(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows[i].size(); ++j) x(static_cast<Index>(i), static_cast<Index>(j)) = rows[i][j];
  }
  Problem problem;
  problem.features = stored_as(x, storage);
  problem.labels = std::move(labels);
  problem.classes = classes;
  problem.row_weight = Vector::Constant(x.rows(), 1.0 / static_cast<double>(x.rows()));
  problem.penalty = Vector::Zero(x.cols());
  return problem;
}

CurvatureProof solve(const Problem& problem) {
  CurvatureProver prover(problem, 1);
  Parameters w = Parameters::Zero(problem.cols() + 1, problem.classes);
  descend(problem, prover, w, 60);
  return prover.prove(w);
}

// One feature x ∈ {0, u}, two classes: the optimum is the log-odds within each group, in closed form; so for any unit.
TEST(CurvatureProof, ClosedFormInAnyUnit) {
  const double p = 0.75, q = 1.0 / 3;  // shares of class 1 at x = 0 and x = u
  const double entropy =
      -0.4 * (p * std::log(p) + (1 - p) * std::log(1 - p)) - 0.6 * (q * std::log(q) + (1 - q) * std::log(1 - q));
  for (const float unit : {1.0f, 1e-38f, 1e38f, 0x1p-140f, 0x1p127f}) {
    for (const Storage storage : {Storage::kFloat, Storage::kSparse}) {
      std::vector<std::vector<float>> x;
      std::vector<std::int32_t> y;
      for (int i = 0; i < 8; ++i) x.push_back({0}), y.push_back(i < 6);
      for (int i = 0; i < 12; ++i) x.push_back({unit}), y.push_back(i < 4);
      const CurvatureProof proof = solve(labelled(x, y, 2, storage));
      EXPECT_TRUE(proof.exists) << unit;
      EXPECT_NEAR(proof.objective, entropy, 1e-14);
      EXPECT_LT(proof.gap, 1e-13);
    }
  }
}

// Groups that say everything: the optimum is the entropy of the classes within groups, however the groups are encoded:
// one-hot with a constant too many, totals, or sentinels beside their flag.
TEST(CurvatureProof, DependentEncodingsHaveTheOptimumOfTheGroups) {
  Rng rng(4);
  std::vector<std::vector<float>> one_hot, totals, sentinel;
  std::vector<std::int32_t> y;
  double want = 0;
  for (int group = 0; group < 3; ++group) {
    int of_class[3] = {0, 0, 0};
    for (int i = 0; i < 20; ++i) {
      const auto label = static_cast<std::int32_t>(i < 3 ? i : rng.below(3));
      ++of_class[label];
      y.push_back(label);
      one_hot.push_back({float(group == 0), float(group == 1), float(group == 2), 5});
      const float a = static_cast<float>(group == 0), b = static_cast<float>(2 * (group == 1));
      totals.push_back({a, b, a + b, 100 - a - b});
      sentinel.push_back({group == 2 ? 999999984.0f : float(group), float(group == 2)});
    }
    for (int count : of_class) want -= count / 60.0 * std::log(count / 20.0);
  }
  for (const auto* rows : {&one_hot, &totals, &sentinel}) {
    const CurvatureProof proof = solve(labelled(*rows, y, 3));
    EXPECT_TRUE(proof.exists);
    EXPECT_NEAR(proof.objective, want, 1e-14);
    EXPECT_LT(proof.gap, 1e-13);
  }
}

// Features that differ in their last bits alone carry information: the same optimum as the difference itself.
TEST(CurvatureProof, NearlyDependentFeatures) {
  Rng rng(6);
  std::vector<std::vector<float>> near, plain;
  std::vector<std::int32_t> y;
  for (int i = 0; i < 60; ++i) {
    const float a = 1e6f + static_cast<float>(rng.below(5)), b = 0.0625f * static_cast<float>(rng.below(3));
    near.push_back({a, a + b});
    plain.push_back({a - 1e6f, b});
    y.push_back(rng.uniform() < 0.3 + 0.2 * static_cast<double>(b) * 16);
  }
  const CurvatureProof one = solve(labelled(near, y, 2)), other = solve(labelled(plain, y, 2));
  EXPECT_TRUE(one.exists);
  EXPECT_TRUE(other.exists);
  EXPECT_NEAR(one.objective, other.objective, 1e-13);
}

TEST(CurvatureProof, NoneWithoutAMinimizer) {
  // Separable, quasi-separated, a class apart; far along the way too, where the loss is small.
  const std::vector<Problem> problems{labelled({{1}, {2}, {3}, {4}}, {0, 0, 1, 1}, 2),
                                      labelled({{1}, {2}, {2}, {4}}, {0, 0, 1, 1}, 2),
                                      labelled({{0, 0}, {1, 0}, {0, 0}, {1, 0}, {0, 1}}, {0, 0, 1, 1, 1}, 2),
                                      labelled({{1, 0}, {-1, 0}, {1e18f, 1e18f}, {1e18f, 1e18f}}, {1, 0, 0, 1}, 2)};
  for (const Problem& problem : problems) {
    CurvatureProver prover(problem, 1);
    Parameters w = Parameters::Zero(problem.cols() + 1, problem.classes);
    for (int steps = 0; steps < 12; ++steps) {
      EXPECT_FALSE(prover.prove(w).exists) << steps;
      descend(problem, prover, w, 3);
    }
  }
}

TEST(CurvatureProof, SaysWhatStandsInItsWay) {
  const std::vector<std::int32_t> y{0, 1, 0, 1};
  {  // more rows of weight 0 than anything else: they take no part
    Problem problem = labelled({{0}, {0}, {1}, {1}, {9}}, {0, 1, 0, 1, 1}, 2);
    problem.row_weight << 0.25, 0.25, 0.25, 0.25, 0;
    EXPECT_TRUE(solve(problem).exists);
  }
  {  // weights beyond float64
    Problem problem = labelled({{0}, {0}, {1}, {1}}, y, 2);
    Parameters w = Parameters::Constant(2, 2, std::numeric_limits<double>::infinity());
    CurvatureProver prover(problem, 1);
    EXPECT_EQ(prover.prove(w).obstacle.kind, Obstacle::Kind::kNotFinite);
  }
  {  // too many parameters for one factorization
    MatrixF x = MatrixF::Zero(4, 5000);
    for (Index j = 0; j < 5000; ++j) x(j % 4, j) = 1;
    Problem problem = labelled({{0}, {0}, {1}, {1}}, y, 2);
    problem.features = stored_as(x, Storage::kSparse);
    problem.penalty = Vector::Zero(5000);
    CurvatureProver prover(problem, 1);
    EXPECT_EQ(prover.prove(Parameters::Zero(5001, 2)).obstacle.kind, Obstacle::Kind::kSize);
  }
}

}  // namespace
}  // namespace poise
