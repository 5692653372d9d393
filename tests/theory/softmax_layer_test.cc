// What holds at and on the way to the optimum of a softmax layer: docs/theory/softmax.md#gauge-rank-recession.
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <array>
#include <cmath>

#include "convex/reference.h"
#include "convex/solver/solvers.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

double dot(const Parameters& a, const Parameters& b) { return a.cwiseProduct(b).sum(); }

SolveState start_at(SoftmaxObjective& objective, Parameters w) {
  SolveState state;
  state.w = std::move(w);
  state.value = objective.evaluate(state.w, &state.gradient);
  return state;
}

/// Solves with the given solver; weights without gauge.
SolveState solve(SoftmaxObjective& objective, Solver solver, double tolerance) {
  SolveState state = start_at(objective, objective.zero());
  Monitor monitor({.tolerance = tolerance});
  switch (solver) {
    case Solver::kGolden:
      solve_golden(objective, *global_preconditioner(objective), state, monitor, 20000);
      break;
    case Solver::kDescent:
      solve_descent(objective, state, monitor, 200000);
      break;
    case Solver::kBarzilaiBorwein:
      solve_barzilai_borwein(objective, state, monitor, 20000);
      break;
    case Solver::kLbfgs:
      solve_lbfgs(objective, state, monitor, 20000, true);
      break;
    default:
      solve_newton(objective, state, monitor, 200, "");
  }
  subtract_class_mean(state.w);
  state.value = objective.evaluate(state.w, &state.gradient);
  return state;
}

constexpr std::array kSolvers = {Solver::kNewton, Solver::kLbfgs, Solver::kGolden, Solver::kDescent,
                                 Solver::kBarzilaiBorwein};

double weighted_squares(const Problem& problem, const Parameters& w) {
  return problem.penalty.dot(w.topRows(problem.cols()).rowwise().squaredNorm());
}

// |CE − H + Σ λ_j‖W_j‖²| ≤ ‖W‖‖∇f‖ at every W, since CE − H = ⟨W, ∇CE⟩; and 0 at the optimum.
TEST(SoftmaxLayer, Equilibrium) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Shape shape{.rows = 120, .features = 5, .classes = 4, .l2 = 1e-3};
    shape.soft = seed % 2 == 1;
    shape.weights = seed % 3 == 1;
    shape.smoothing = seed % 4 == 3 ? 0.1 : 0;
    shape.free_features = seed % 5 == 4;
    shape.all_labels = shape.free_features;
    const Problem problem = random_problem(shape, seed);
    SoftmaxObjective objective(problem, 1);
    Rng rng(seed);
    for (double size : {0.01, 1.0, 30.0}) {
      const SolveState state = start_at(objective, size * rng.normals(6, 4));
      const double gap = state.value.cross_entropy - state.value.entropy + weighted_squares(problem, state.w);
      EXPECT_NEAR(gap, dot(state.w, state.gradient), 1e-11 * (1 + size * size));
      EXPECT_LE(std::abs(gap), state.w.norm() * state.gradient.norm() * (1 + 1e-12) + 1e-12 * (1 + size * size));
    }
    const SolveState optimum = solve(objective, Solver::kNewton, 1e-15);
    const double equilibrium = optimum.value.cross_entropy - optimum.value.entropy;
    EXPECT_NEAR(equilibrium, -weighted_squares(problem, optimum.w), 1e-8);
    EXPECT_LE(std::abs(equilibrium + weighted_squares(problem, optimum.w)),
              optimum.w.norm() * optimum.gradient.norm() + 1e-14);
  }
}

/// ½ λ_max(Σ s x̃x̃ᵀ) + max λ_j
double lipschitz_bound(const Problem& problem) {
  const Reference reference(problem);
  const Matrix x = reference.x.cast<double>();
  const Matrix second = x.transpose() * problem.row_weight.asDiagonal() * x;
  return 0.5 * Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(second).eigenvalues().maxCoeff() +
         problem.penalty.maxCoeff();
}

// The descent lemma, every step of gradient descent, with a step that is the proven one. Centered features too,
// whose means say nothing about the largest curvature.
TEST(SoftmaxLayer, DescentLemma) {
  for (const bool centered : {false, true}) {
    Problem problem = random_problem({.rows = 200, .features = 5, .classes = 3, .l2 = 1e-2}, 21);
    if (centered) {
      MatrixF x = Eigen::Map<const MatrixF>(problem.features.array<float>(), 200, 5);
      x.col(1) = x.col(0) + 0.1f * x.col(1);  // one direction with most of the variance
      x.rowwise() -= x.colwise().mean().eval();
      x *= 3;
      problem.features = stored_as(x, Storage::kFloat);
    }
    const double lipschitz = lipschitz_bound(problem);
    SoftmaxObjective objective(problem, 1);
    SolveState state = start_at(objective, 0.5 * Rng(22).normals(6, 3));
    for (int k = 0; k < 40; ++k) {
      const SolveState before = state;
      Monitor monitor({.tolerance = 1e-15});
      solve_descent(objective, state, monitor, 1);
      const double step = (before.w - state.w).norm() / before.gradient.norm();
      EXPECT_LE(step, 1.0001 / lipschitz) << "centered " << centered;
      EXPECT_GE(step, 0.9 / lipschitz);
      EXPECT_LE(state.value.objective,
                before.value.objective - step * (1 - step * lipschitz / 2) * before.gradient.squaredNorm() + 1e-10);
    }
  }
}

/// f after every iteration.
class Trace : public Watcher {
 public:
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kIteration) values.push_back(event.iteration->objective);
    return Answer::kGoOn;
  }
  std::vector<double> values;
};

// Without a penalty, where a minimizer exists: f never rises, and f_k − f* ≤ ℓ‖W_0 − W*‖²/(2k) for every k.
TEST(SoftmaxLayer, DescentWithoutAPenaltyKeepsItsBound) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Shape shape{.rows = 80, .features = 4, .classes = 3, .l2 = 0};
    shape.smoothing = seed % 2 == 1 ? 0.01 : 0;
    shape.all_labels = seed % 2 == 0;  // every point with every label: no direction separates them
    const Problem problem = random_problem(shape, seed);
    SoftmaxObjective objective(problem, 1);
    const SolveState optimum = solve(objective, Solver::kNewton, 1e-15);
    SolveState state = start_at(objective, objective.zero());
    const double start = state.value.objective, distance = optimum.w.squaredNorm();
    EXPECT_GE(gradient_lipschitz(objective), lipschitz_bound(problem));
    const double lipschitz = gradient_lipschitz(objective);
    Trace trace;
    WatcherLink link(&trace);
    Monitor monitor({.tolerance = 1e-300}, &link);
    solve_descent(objective, state, monitor, 20000);
    double before = start;
    for (std::size_t k = 1; k <= trace.values.size(); ++k) {
      const double value = trace.values[k - 1];
      EXPECT_LE(value, before + 1e-15) << "step " << k;
      EXPECT_LE(value - optimum.value.objective, lipschitz * distance / (2 * static_cast<double>(k)) + 1e-14);
      before = value;
    }
    EXPECT_GT(trace.values.size(), 20U);
  }
}

// Of two classes, with u = z_1 − z_2: the spectrum of H off the gauge is 2× that of Σ s y(1 − y) x̃x̃ᵀ, so
// on a ball about W* it is between μ and ℓ, κ = ℓ/μ, and every step of 2/(ℓ + μ) brings W nearer by (κ − 1)/(κ + 1).
TEST(SoftmaxLayer, DescentOfTwoClassesContractsAsItsConditionSays) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Problem problem =
        random_problem({.rows = 60, .features = 3, .classes = 2, .l2 = 0, .smoothing = 0.3}, 40 + seed);
    SoftmaxObjective objective(problem, 1);
    const SolveState optimum = solve(objective, Solver::kNewton, 1e-15);
    const Matrix x = Reference(problem).x.cast<double>();
    const double radius = optimum.w.norm();  // from W_0 = 0; no step leads out of the ball
    double least = 0.25;
    for (Index i = 0; i < x.rows(); ++i) {
      const double u =
          std::abs(x.row(i).dot(optimum.w.col(0) - optimum.w.col(1))) + std::sqrt(2) * radius * x.row(i).norm();
      least = std::min(least, 1 / (2 + 2 * std::cosh(u)));  // y(1 − y)
    }
    const Matrix second = x.transpose() * problem.row_weight.asDiagonal() * x;
    const Vector spectrum = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(second).eigenvalues();
    const double ell = 0.5 * spectrum.maxCoeff(), mu = 2 * least * spectrum.minCoeff(), condition = ell / mu;
    ASSERT_GT(mu, 0);
    SolveState state = start_at(objective, objective.zero());
    for (int k = 0; k < 200; ++k) {
      const double before = (state.w - optimum.w).norm();
      state = start_at(objective, state.w - 2 / (ell + mu) * state.gradient);
      EXPECT_LE((state.w - optimum.w).norm(), (condition - 1) / (condition + 1) * before + 1e-10);
    }
  }
}

// M ⪰ H everywhere in the Böhning metric, so every step W − M⁻¹∇ descends by at least ½⟨∇, M⁻¹∇⟩ …
TEST(SoftmaxLayer, BohningStepDescends) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Shape shape{.rows = 100, .features = 5, .classes = 4, .l2 = 1e-3};
    shape.bad_scales = seed % 2 == 1;
    shape.far_from_zero = seed == 4;
    shape.weights = seed > 2;
    const Problem problem = random_problem(shape, seed);
    SoftmaxObjective objective(problem, 1);
    const auto metric = bohning_preconditioner(objective);
    SolveState state = start_at(objective, objective.zero());
    for (int k = 0; k < 60; ++k) {
      const Parameters step = metric->solve(state.gradient);
      const double proven = 0.5 * dot(step, state.gradient), before = state.value.objective;
      state = start_at(objective, state.w - step);
      EXPECT_LE(state.value.objective, before - 0.999 * proven + 1e-10);
    }
  }
}

// … and does not depend on the coordinates of the features: the scores after any number of steps are the same.
TEST(SoftmaxLayer, BohningStepIsAffineInvariant) {
  Problem problem = random_problem({.rows = 100, .features = 3, .classes = 3, .l2 = 0}, 23);
  MatrixF x = Eigen::Map<const MatrixF>(problem.features.array<float>(), 100, 3);
  x = (x * 64).array().round() / 64;  // exact in float32 after the map too
  problem.features = stored_as(x, Storage::kFloat);
  MatrixF map(3, 3);
  map << 2, 1, 0, -1, 3, 1, 0, 2, -4;
  Problem mapped = problem;
  const MatrixF moved = ((x * map).rowwise() + Eigen::RowVector3f(5, -3, 1)).eval();
  mapped.features = stored_as(moved, Storage::kFloat);
  SoftmaxObjective first(problem, 1), second(mapped, 1);
  const auto m1 = bohning_preconditioner(first), m2 = bohning_preconditioner(second);
  SolveState a = start_at(first, first.zero()), b = start_at(second, second.zero());
  for (int k = 0; k < 5; ++k) {
    a = start_at(first, a.w - m1->solve(a.gradient));
    b = start_at(second, b.w - m2->solve(b.gradient));
    const Matrix z1 = Reference(problem).x.cast<double>() * a.w, z2 = Reference(mapped).x.cast<double>() * b.w;
    EXPECT_LE((z1 - z2).cwiseAbs().maxCoeff(), 2e-5);  // the metric is kept in float32
    EXPECT_NEAR(a.value.objective, b.value.objective, 1e-6);
  }
}

TEST(SoftmaxLayer, AllSolversReachTheSamePoint) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Shape shape{.rows = 200, .features = 4, .classes = 3, .l2 = 0.1};
    shape.soft = seed % 2 == 1;
    const Problem problem = random_problem(shape, seed);
    const Reference reference(problem);
    const auto best = reference.minimize();
    SoftmaxObjective objective(problem, 1);
    for (const Solver solver : kSolvers) {
      const SolveState state = solve(objective, solver, 2e-13);
      EXPECT_LE((state.w - best.w.cast<double>()).cwiseAbs().maxCoeff(), 1e-6) << to_string(solver);
      EXPECT_NEAR(state.value.objective, static_cast<double>(best.objective), 1e-12) << to_string(solver);
    }
  }
}

Dataset toy(const std::vector<std::pair<float, std::int32_t>>& rows, std::vector<std::string> classes) {
  MatrixF x(static_cast<Index>(rows.size()), 1);
  for (std::size_t i = 0; i < rows.size(); ++i) x(static_cast<Index>(i), 0) = rows[i].first;
  Dataset data = float_data(x, array_schema(1, std::move(classes)));
  for (const auto& [value, label] : rows) data.labels.push_back(label);
  return data;
}

// Separable data: ‖W‖ grows without end at ε = 0 and is bounded at ε > 0; existence is reported.
TEST(SoftmaxLayer, SeparableDataNeedSmoothing) {
  const Dataset data = toy({{-2, 0}, {-1, 0}, {1, 1}, {3, 1}}, {"left", "right"});
  ObjectiveOptions options{.l2 = 0, .scale = Scale::kNone};
  auto norm_after = [&](int iterations) {
    SoftmaxObjective objective(make_problem(data, options, 1), 1);
    SolveState state = start_at(objective, objective.zero());
    Monitor monitor({.tolerance = 1e-15});
    solve_newton(objective, state, monitor, iterations, "");
    return state.w.norm();
  };
  EXPECT_GT(norm_after(10), 1.5 * norm_after(5));
  EXPECT_GT(norm_after(20), 1.5 * norm_after(10));
  const SoftmaxFit separable = fit_softmax(data, options);
  EXPECT_EQ(separable.report.status, Status::kSeparable);
  ASSERT_TRUE(separable.report.separation);
  EXPECT_EQ(separable.report.separation->proving_features, std::vector<Index>{0});

  for (const double smoothing : {1e-3, 1e-2, 0.1}) {
    options.label_smoothing = smoothing;
    EXPECT_NEAR(norm_after(20), norm_after(40), 1e-6 * norm_after(40));
    const SoftmaxFit smooth = fit_softmax(data, options);
    EXPECT_EQ(smooth.report.status, Status::kCertified) << smooth.report.why;
    EXPECT_TRUE(smooth.report.certificate.proves_existence);
  }
}

// Two classes are binary logistic regression on w = w_1 − w_0 with half the penalty, solved here by iteratively
// reweighted least squares.
TEST(SoftmaxLayer, TwoClassesAreLogisticRegression) {
  for (const double l2 : {0.1, 1e-3, 0.0}) {
    Shape shape{.rows = 150, .features = 4, .classes = 2, .l2 = l2, .weights = true, .all_labels = true};
    const Problem problem = random_problem(shape, 24);
    const Matrix x = Reference(problem).x.cast<double>();
    Vector y(x.rows()), w = Vector::Zero(5), ridge = Vector::Constant(5, l2 / 2);
    ridge[4] = 0;
    for (Index i = 0; i < x.rows(); ++i) y[i] = problem.labels[static_cast<std::size_t>(i)];
    for (int k = 0; k < 50; ++k) {
      const Vector p = (1 + (-(x * w).array()).exp()).inverse();
      const Vector weight = problem.row_weight.array() * p.array() * (1 - p.array());
      const Vector gradient = x.transpose() * problem.row_weight.cwiseProduct(p - y) + Vector(ridge.cwiseProduct(w));
      Matrix system = x.transpose() * weight.asDiagonal() * x;
      system.diagonal() += ridge;
      w -= Eigen::LDLT<Eigen::MatrixXd>(system).solve(gradient);
    }
    SoftmaxObjective objective(problem, 1);
    const SolveState state = solve(objective, Solver::kNewton, 1e-15);
    EXPECT_LE((state.w.col(1) - state.w.col(0) - w).cwiseAbs().maxCoeff(), 1e-8);
  }
}

}  // namespace
}  // namespace poise
