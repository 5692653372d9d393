// The objective against closed forms, finite differences and an independent implementation.
#include "convex/objective.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "convex/reference.h"
#include "convex/solver/solvers.h"
#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

double largest(const Parameters& a) { return a.cwiseAbs().maxCoeff(); }
double dot(const Parameters& a, const Parameters& b) { return a.cwiseProduct(b).sum(); }
Vector vec(const Parameters& w) { return Eigen::Map<const Vector>(w.data(), w.size()); }  // [j·K + c]

/// Integers 0 … 255, mostly zero, that all three storages hold exactly.
MatrixF byte_matrix(Index rows, Index cols, std::uint64_t seed) {
  Rng rng(seed);
  MatrixF x(rows, cols);
  for (float& value : x.reshaped()) value = rng.uniform() < 0.6 ? 0.0f : static_cast<float>(rng.below(256));
  return x;
}

Problem byte_problem(Index rows, Index cols, Index classes, Storage storage) {
  Problem problem;
  problem.classes = classes;
  problem.features = stored_as(byte_matrix(rows, cols, 3), storage);
  Rng rng(4);
  for (Index i = 0; i < rows; ++i) problem.labels.push_back(static_cast<std::int32_t>(rng.below(classes)));
  problem.row_weight = Vector::NullaryExpr(rows, [&] { return rng.uniform(0.2, 1); });
  problem.row_weight /= problem.row_weight.sum();
  problem.penalty = Vector::NullaryExpr(cols, [&] { return rng.uniform(0, 10); });
  return problem;
}

std::vector<Shape> shapes() {
  return {{},
          {.rows = 1, .features = 1, .classes = 2},
          {.rows = 130, .features = 7, .classes = 5, .soft = true},
          {.rows = 90, .features = 5, .classes = 2, .weights = true},
          {.rows = 80, .features = 5, .classes = 2, .soft = true, .smoothing = 0.05},
          {.rows = 60, .features = 4, .classes = 17, .smoothing = 0.1},
          {.rows = 700, .features = 3, .classes = 4, .weights = true, .free_features = true},
          {.rows = 50, .features = 6, .classes = 3, .soft = true, .dependent = true, .smoothing = 0.05}};
}

TEST(Objective, ValueAndGradientEqualTheReference) {
  for (const Shape& shape : shapes()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Problem problem = random_problem(shape, seed);
      const Reference reference(problem);
      SoftmaxObjective objective(problem, 2);
      const Parameters w = Rng(seed + 100).normals(shape.features + 1, shape.classes);
      Parameters gradient, in_float;
      const Evaluation value = objective.evaluate(w, &gradient);
      const auto want = reference.at(w);
      EXPECT_NEAR(value.objective, static_cast<double>(want.objective), 1e-13 * (1 + value.objective));
      EXPECT_NEAR(value.cross_entropy, static_cast<double>(want.cross_entropy), 1e-13 * (1 + value.objective));
      EXPECT_NEAR(value.entropy, static_cast<double>(want.entropy), 1e-13);
      EXPECT_EQ(value.objective, value.cross_entropy + value.penalty);
      EXPECT_LE(largest(gradient - want.gradient.cast<double>()), 1e-13);
      for (Index i = 0; i < problem.rows(); ++i) {
        for (Index c = 0; c < shape.classes; ++c)
          EXPECT_NEAR(objective.probability(i, c), static_cast<double>(want.p(i, c)), 1e-7);
      }
      EXPECT_EQ(objective.evaluate(w, nullptr).objective, value.objective);
      EXPECT_NEAR(objective.evaluate(w, &in_float, Arithmetic::kFloat).objective, value.objective,
                  1e-6 * (1 + value.objective));
      EXPECT_LE(largest(in_float - gradient), 1e-5);
    }
  }
}

TEST(Objective, GradientAndHessianProductEqualFiniteDifferences) {
  for (const Shape& shape : shapes()) {
    const Problem problem = random_problem(shape, 7);
    SoftmaxObjective objective(problem, 2);
    Rng rng(8);
    const Parameters w = rng.normals(shape.features + 1, shape.classes);
    const double h = 1e-5;
    Parameters gradient, above, below, product;
    for (int k = 0; k < 5; ++k) {
      Parameters v = rng.normals(shape.features + 1, shape.classes);
      v /= v.norm();
      const double up = objective.evaluate(w + h * v, &above).objective;
      const double down = objective.evaluate(w - h * v, &below).objective;
      objective.evaluate(w, &gradient);
      EXPECT_NEAR(dot(gradient, v), (up - down) / (2 * h), 1e-7 * (1 + gradient.norm()));
      objective.hessian_product(v, product, true);
      EXPECT_LE(largest(product - (above - below) / (2 * h)), 1e-7 * (1 + largest(product)));
      Parameters in_float;
      objective.hessian_product(v, in_float);
      EXPECT_LE(largest(in_float - product), 5e-6 * (1 + largest(product)));
    }
  }
}

/// Rows that a softmax layer with weights of `lead` decides at 1 − p ≈ (K − 1) e^−lead.
Problem clear_problem(Index rows, Index classes, std::uint64_t seed) {
  Rng rng(seed);
  MatrixF x(rows, classes);
  Problem problem;
  problem.classes = classes;
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < classes; ++j) x(i, j) = static_cast<float>(i % classes == j ? 1 : rng.uniform(-0.1, 0.1));
    problem.labels.push_back(static_cast<std::int32_t>(i % classes));
  }
  problem.features = stored_as(x, Storage::kFloat);
  problem.row_weight = Vector::Constant(rows, 1.0 / static_cast<double>(rows));
  problem.penalty = Vector::Zero(classes);
  return problem;
}

// In float32 1 − p is 0 or 6e-8 where it should be 1e-5 … 1e-13, and no row here has any other curvature.
TEST(Objective, CurvatureOfRowsThatAreAsGoodAsCertain) {
  for (const double lead : {12.0, 20.0, 30.0}) {
    const Index k = 4, size = k + 1;
    const Problem problem = clear_problem(120, k, 30);
    const Reference reference(problem);
    Parameters w = Parameters::Zero(size, k);
    w.topRows(k).diagonal().setConstant(lead);
    const Matrix truth = reference.hessian(reference.at(w).p);
    const double scale = truth.cwiseAbs().maxCoeff();
    const Parameters v = Rng(31).normals(size, k);
    const Vector product_truth = truth * vec(v);
    for (const Arithmetic arithmetic : {Arithmetic::kDouble, Arithmetic::kFloat}) {
      SoftmaxObjective objective(problem, 1);
      objective.evaluate(w, nullptr, arithmetic);
      // p is e^(a difference of scores): float32 scores are off by eps · lead.
      const double error = arithmetic == Arithmetic::kDouble ? 2e-6 : 1e-5;
      Parameters product;
      for (const bool in_double : {true, false}) {
        objective.hessian_product(v, product, in_double);
        EXPECT_LE((vec(product) - product_truth).cwiseAbs().maxCoeff(), error * product_truth.cwiseAbs().maxCoeff());
      }
      const Matrix dense = dense_hessian(objective);
      const Parameters diagonal = objective.hessian_diagonal();
      for (Index j = 0; j < size; ++j) {
        for (Index c = 0; c < k; ++c) {
          EXPECT_NEAR(diagonal(j, c), truth(j * k + c, j * k + c), error * truth(j * k + c, j * k + c));
          for (Index b = 0; b < k; ++b)
            EXPECT_NEAR(dense(c * size + j, b * size + j), truth(j * k + c, j * k + b), error * scale);
        }
      }
      const Vector g = product_truth.tail(k);  // of the biases
      Parameters step = objective.zero();
      step.row(k) = objective.solve_bias(g).transpose();
      EXPECT_LE(((truth * vec(step)).tail(k) - g).norm(), 2 * error * g.norm());
    }
  }
}

/// Probabilities as the objective keeps them, in float32: what its Hessian is exactly made of.
RealMatrix kept_probabilities(const SoftmaxObjective& objective) {
  RealMatrix p(objective.rows(), objective.classes());
  for (Index i = 0; i < p.rows(); ++i) {
    for (Index c = 0; c < p.cols(); ++c) p(i, c) = static_cast<Real>(objective.probability(i, c));
  }
  return p;
}

// Against the Kronecker matrix Σ x̃x̃ᵀ ⊗ (diag p − ppᵀ).
TEST(Objective, HessianProductAndDenseHessianEqualTheKroneckerMatrix) {
  for (const Shape& shape : shapes()) {
    const Problem problem = random_problem(shape, 9);
    const Index size = shape.features + 1, k = shape.classes;
    SoftmaxObjective objective(problem, 2);
    Rng rng(10);
    objective.evaluate(rng.normals(size, k), nullptr);
    const Matrix kronecker = Reference(problem).hessian(kept_probabilities(objective));
    const Parameters v = rng.normals(size, k);
    Parameters product;
    objective.hessian_product(v, product, true);
    // What the product keeps of p's float32 rounding: a row whose p does not sum to 1 exactly.
    EXPECT_LE((vec(product) - kronecker * vec(v)).cwiseAbs().maxCoeff(), 1e-10 + 1e-12 * kronecker.norm());

    const Matrix dense = dense_hessian(objective);
    EXPECT_EQ(dense, Matrix(dense.transpose()));
    for (Index a = 0; a < k; ++a) {
      for (Index j = 0; j < size; ++j) {
        for (Index b = 0; b < k; ++b) {
          for (Index l = 0; l < size; ++l) {
            const double penalty = a == b && j == l && j + 1 < size ? problem.penalty[j] : 0;
            EXPECT_NEAR(dense(a * size + j, b * size + l) + penalty, kronecker(j * k + a, l * k + b), 1e-12);
          }
        }
      }
    }
    const Parameters diagonal = objective.hessian_diagonal();
    for (Index j = 0; j < size; ++j) {
      for (Index c = 0; c < k; ++c)
        EXPECT_NEAR(diagonal(j, c), kronecker(j * k + c, j * k + c), 2e-6 * (1e-6 + kronecker(j * k + c, j * k + c)));
    }
  }
}

TEST(Objective, SymmetryGaugeAndInvariance) {
  for (const Shape& shape : shapes()) {
    Problem problem = random_problem(shape, 11);
    problem.penalty.setZero();  // the gauge is one of the loss
    const Index size = shape.features + 1, k = shape.classes;
    SoftmaxObjective objective(problem, 2);
    Rng rng(12);
    const Parameters w = rng.normals(size, k), u = rng.normals(size, k), v = rng.normals(size, k);
    const Parameters gauge = rng.normals(size, 1) * Parameters::Ones(1, k);
    Parameters gradient, shifted, hu, hv, hg;
    const double f = objective.evaluate(w + gauge, &shifted).objective;
    EXPECT_NEAR(objective.evaluate(w, &gradient).objective, f, 1e-10);
    EXPECT_LE(largest(gradient - shifted), 1e-10);
    EXPECT_LE(gradient.rowwise().sum().cwiseAbs().maxCoeff(), 1e-10);
    objective.hessian_product(u, hu, true);
    objective.hessian_product(v, hv, true);
    objective.hessian_product(gauge, hg, true);
    EXPECT_NEAR(dot(u, hv), dot(v, hu), 1e-10);
    EXPECT_GE(dot(u, hu), -1e-12);
    EXPECT_LE(largest(hg), 1e-12 * (1 + largest(gauge)));
  }
}

// 0 ⪯ R(y) ⪯ ½(I − 11ᵀ/K), eigenvalues interlace the sorted y; tight at (½, ½, 0).
TEST(Objective, SpectrumOfOneRow) {
  Rng rng(13);
  for (int draw = 0; draw < 500; ++draw) {
    const Index k = 2 + rng.below(7);
    Vector y = Vector::NullaryExpr(k, [&] { return std::pow(rng.uniform(), 4) + 1e-6; });
    y /= y.sum();
    // The Hessian of a problem of one row without features: bias only.
    Problem problem;
    problem.classes = k;
    problem.features = Features::from_values(std::vector<float>{0}, 1, 1);
    problem.labels = {0};
    problem.row_weight = Vector::Ones(1);
    problem.penalty = Vector::Zero(1);
    SoftmaxObjective objective(problem, 1);
    Parameters w = objective.zero(), column;
    w.row(1) = y.array().log().matrix().transpose();
    objective.evaluate(w, nullptr);
    Matrix r(k, k);
    for (Index c = 0; c < k; ++c) {
      Parameters unit = objective.zero();
      unit(1, c) = 1;
      objective.hessian_product(unit, column, true);
      r.col(c) = column.row(1).transpose();
    }
    EXPECT_LE(largest(r - (Matrix(y.asDiagonal()) - y * y.transpose())), 3e-7);
    const Matrix exact = Matrix(y.asDiagonal()) - y * y.transpose();
    const Vector eigen = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(exact).eigenvalues();
    std::sort(y.begin(), y.end());
    EXPECT_NEAR(eigen[0], 0, 1e-12);
    EXPECT_LE(eigen[k - 1], 0.5 + 1e-12);
    for (Index i = 0; i + 1 < k; ++i) {
      EXPECT_GE(eigen[i + 1], y[i] - 1e-12);
      EXPECT_LE(eigen[i + 1], y[i + 1] + 1e-12);
    }
    const Matrix bound = 0.5 * (Matrix::Identity(k, k) - Matrix::Constant(k, k, 1.0 / static_cast<double>(k))) - exact;
    EXPECT_GE(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(bound).eigenvalues()[0], -1e-12);
  }
  const Vector y{{0.5, 0.5, 0.0}};
  const Matrix tight = Matrix(y.asDiagonal()) - y * y.transpose();
  EXPECT_NEAR(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(tight).eigenvalues()[2], 0.5, 1e-15);
}

struct Size {
  Index rows, features, classes;
};

/// An eighth of the numbers are 1, but in every seventieth row all are.
MatrixF few_ones(Index rows, Index cols) {
  MatrixF x = MatrixF::Ones(rows, cols);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols && i % 70 != 3; ++j) x(i, j) = (i + j * j) % 8 == 0 ? 1.0f : 0.0f;
  }
  return x;
}

/// Whatever it is made of at a time: few and many pairs of classes, products of some features or of one, rows in strips
/// and parts, of few numbers beside zeros; rows without weight, and rows whose p is 0 and 1 in float32.
TEST(Objective, DenseHessianOfAnySizeIsItsDefinition) {
  for (const Size size : {Size{1100, 30, 2}, Size{130, 33, 3}, Size{1100, 30, 4}, Size{70, 230, 4}, Size{65, 3, 9},
                          Size{64, 16, 7}, Size{2100, 1, 5}, Size{3, 2, 4}, Size{1100, 40, 2}, Size{150, 40, 3}}) {
    Problem problem = byte_problem(size.rows, size.features, size.classes, Storage::kBytes);
    if (size.features == 40) problem.features = stored_as(few_ones(size.rows, size.features), Storage::kFloat);
    for (Index i = 0; i < size.rows; i += 5) problem.row_weight[i] = 0;
    problem.row_weight /= problem.row_weight.sum();
    problem.penalty.setZero();
    SoftmaxObjective objective(problem, 2);
    objective.evaluate(0.02 * Rng(33).normals(size.features + 1, size.classes), nullptr);
    const Matrix dense = dense_hessian(objective);
    const Matrix truth = Reference(problem).hessian(kept_probabilities(objective));
    ASSERT_EQ(dense.rows(), truth.rows());
    EXPECT_EQ(dense, Matrix(dense.transpose()));
    const Index width = size.features + 1, k = size.classes;
    for (Index a = 0; a < dense.rows(); ++a) {
      for (Index b = 0; b <= a; ++b) {
        const Index i = a % width * k + a / width, j = b % width * k + b / width;
        EXPECT_NEAR(dense(a, b), truth(i, j), 1e-12 * std::sqrt(truth(i, i) * truth(j, j)));
      }
    }
  }
}

TEST(Objective, DenseHessianHasTheSameBitsForAnyNumberOfThreads) {
  for (const Index classes : {2, 4}) {
    const Problem problem = byte_problem(45000, 120 / classes, classes, Storage::kBytes);  // worth two threads
    const Parameters w = 0.01 * Rng(36).normals(problem.cols() + 1, classes);
    SoftmaxObjective one(problem, 1), three(problem, 3);
    ASSERT_EQ(three.threads(), 3);
    one.evaluate(w, nullptr);
    three.evaluate(w, nullptr);
    EXPECT_EQ(dense_hessian(one), dense_hessian(three));
  }
}

TEST(Objective, DenseHessianEqualsFiniteDifferencesOfTheGradient) {
  for (const Shape& shape : shapes()) {
    const Problem problem = random_problem(shape, 34);
    const Index size = shape.features + 1, k = shape.classes;
    SoftmaxObjective objective(problem, 1);
    const Parameters w = Rng(35).normals(size, k);
    objective.evaluate(w, nullptr);
    const Matrix dense = dense_hessian(objective);
    const double h = 1e-5;
    for (Index c = 0; c < k; ++c) {
      for (Index j = 0; j < size; ++j) {
        Parameters moved = w, above, below;
        moved(j, c) = w(j, c) + h;
        objective.evaluate(moved, &above);
        moved(j, c) = w(j, c) - h;
        objective.evaluate(moved, &below);
        Parameters column = (above - below) / (2 * h);
        if (j + 1 < size) column(j, c) -= problem.penalty[j];
        for (Index b = 0; b < k; ++b) {
          for (Index l = 0; l < size; ++l) EXPECT_NEAR(dense(b * size + l, c * size + j), column(l, b), 1e-6);
        }
      }
    }
  }
}

// The nullity of the Hessian is K·D − (K−1)·rank X̃; D where X̃ has full rank.
TEST(Objective, NullityOfTheHessian) {
  for (const bool dependent : {false, true}) {
    Problem problem = random_problem({.rows = 80, .features = 5, .classes = 4}, 14);
    if (dependent) {  // a copied and a constant feature, exactly: rank 4 of 6
      MatrixF x = Eigen::Map<const MatrixF>(problem.features.array<float>(), 80, 5);
      x.col(1) = x.col(0);
      x.col(2).setConstant(3);
      problem.features = stored_as(x, Storage::kFloat);
    }
    SoftmaxObjective objective(problem, 1);
    objective.evaluate(Rng(15).normals(6, 4), nullptr);
    const Vector eigen = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(dense_hessian(objective)).eigenvalues();
    const Index rank = dependent ? 4 : 6, nullity = 4 * 6 - 3 * rank;
    EXPECT_EQ((eigen.array() < 1e-7).count(), nullity);  // p in float32: zero up to 1e-7
    EXPECT_GT(eigen[nullity], 1e-4);
  }
}

void expect_storages_agree(Index k) {
  const Index n = 700, d = 30;
  const Parameters w = 0.01 * Rng(16).normals(d + 1, k), v = Rng(17).normals(d + 1, k);
  SoftmaxObjective reference(byte_problem(n, d, k, Storage::kFloat), 2);
  Parameters g0, h0;
  const Evaluation f0 = reference.evaluate(w, &g0);
  reference.hessian_product(v, h0, true);
  const Certificate c0 = reference.dual_bound(w, 1e-6 * v);
  for (const Storage storage : {Storage::kBytes, Storage::kSparse}) {
    SoftmaxObjective objective(byte_problem(n, d, k, storage), 2);
    Parameters gradient, product;
    const Evaluation value = objective.evaluate(w, &gradient);
    objective.hessian_product(v, product, true);
    EXPECT_NEAR(value.objective, f0.objective, 1e-12);
    EXPECT_NEAR(value.entropy, f0.entropy, 1e-12);
    EXPECT_LE(largest(gradient - g0), 1e-12 * largest(g0));
    EXPECT_LE(largest(product - h0), 1e-6 * largest(h0));  // p in float32 may round the other way
    const Certificate bound = objective.dual_bound(w, 1e-6 * v);
    EXPECT_NEAR(bound.dual_value, c0.dual_value, 1e-11 * (1 + std::abs(c0.dual_value)));
    EXPECT_LE(largest(objective.hessian_diagonal() - reference.hessian_diagonal()),
              1e-5 * largest(reference.hessian_diagonal()));
    EXPECT_LE((objective.mean_features() - reference.mean_features()).cwiseAbs().maxCoeff(), 1e-3);
  }
}

TEST(Objective, FloatByteAndSparseStorageAgree) {
  for (const Index classes : {2, 5}) expect_storages_agree(classes);
}

/// Rows of `problem` in another arrangement: row i of the result is row index[i] with weight weight[i].
Problem rearranged(const Problem& problem, const std::vector<Index>& index, const std::vector<double>& weight) {
  Problem out = select_rows(problem, index);
  for (std::size_t i = 0; i < weight.size(); ++i) out.row_weight[static_cast<Index>(i)] = weight[i];
  out.row_weight /= out.row_weight.sum();
  return out;
}

TEST(Objective, AWeightIsANumberOfCopies) {
  const Problem problem = random_problem({.rows = 40, .features = 3, .classes = 3}, 18);
  std::vector<Index> all(40), copied, kept;
  std::vector<double> doubled(40, 1), zeroed(40, 1), ones;
  for (Index i = 0; i < 40; ++i) {
    all[static_cast<std::size_t>(i)] = i;
    copied.push_back(i);
    if (i % 3 == 0) copied.push_back(i), doubled[static_cast<std::size_t>(i)] = 2;
    i % 4 == 0 ? void(zeroed[static_cast<std::size_t>(i)] = 0) : kept.push_back(i);
  }
  const Parameters w = Rng(19).normals(4, 3), v = Rng(20).normals(4, 3);
  auto compare = [&](const Problem& a, const Problem& b) {
    SoftmaxObjective first(a, 1), second(b, 1);
    Parameters g1, g2, h1, h2;
    EXPECT_NEAR(first.evaluate(w, &g1).objective, second.evaluate(w, &g2).objective, 1e-14);
    EXPECT_LE(largest(g1 - g2), 1e-14);
    first.hessian_product(v, h1, true);
    second.hessian_product(v, h2, true);
    EXPECT_LE(largest(h1 - h2), 1e-14);
    EXPECT_NEAR(first.dual_bound(w, 0.1 * v).dual_value, second.dual_bound(w, 0.1 * v).dual_value, 1e-11);
  };
  compare(rearranged(problem, all, doubled), rearranged(problem, copied, std::vector<double>(copied.size(), 1)));
  compare(rearranged(problem, all, zeroed), rearranged(problem, kept, std::vector<double>(kept.size(), 1)));
}

TEST(Objective, BalancedClassesWeighTheSame) {
  Rng rng(21);
  MatrixF x(50, 2);
  for (float& value : x.reshaped()) value = static_cast<float>(rng.normal());
  Dataset data = float_data(x, array_schema(2, {"a", "b", "c"}));
  for (Index i = 0; i < 50; ++i) data.labels.push_back(i < 40 ? 0 : i < 48 ? 1 : 2);
  data.sample_weight = Vector::NullaryExpr(50, [&] { return rng.uniform(0.5, 2); });
  ObjectiveOptions options;
  options.balanced_classes = true;
  const Problem problem = make_problem(data, options, 1);
  Vector of_class = Vector::Zero(3);
  for (Index i = 0; i < 50; ++i) of_class[problem.labels[static_cast<std::size_t>(i)]] += problem.row_weight[i];
  EXPECT_LE((of_class.array() - 1.0 / 3).abs().maxCoeff(), 1e-15);
  EXPECT_NEAR(problem.row_weight[0] / problem.row_weight[1], data.sample_weight[0] / data.sample_weight[1], 1e-14);

  // A class none of whose rows counts is left out, not divided by.
  data.sample_weight.tail(2).setZero();
  const Problem without = make_problem(data, options, 1);
  EXPECT_NEAR(without.row_weight.head(40).sum(), 0.5, 1e-15);
  EXPECT_EQ(without.row_weight.tail(2).sum(), 0);
}

TEST(Objective, WeightsOfClassesMultiplyThoseOfRows) {
  Dataset data = float_data(MatrixF::Ones(4, 1), array_schema(1, {"a", "b", "c"}));
  data.labels = {0, 1, 1, 2};
  data.sample_weight = Vector{{1, 2, 3, 4}};
  ObjectiveOptions options;
  options.class_weights = {{"b", 0.5}, {"c", 2}};
  const Problem problem = make_problem(data, options, 1);  // 1, 1, 1.5, 8
  EXPECT_LE((problem.row_weight - Vector{{1, 1, 1.5, 8}} / 11.5).cwiseAbs().maxCoeff(), 1e-16);
  options.balanced_classes = true;
  EXPECT_THROW(make_problem(data, options, 1), Error);  // both at once
  options.balanced_classes = false;
  options.class_weights.push_back({"d", 2});
  EXPECT_THROW(make_problem(data, options, 1), Error);  // no such class
  options.class_weights = {{"a", 2}};
  data.labels.clear();
  data.targets = Matrix::Constant(4, 3, 1.0F / 3);
  EXPECT_THROW(make_problem(data, options, 1), Error);  // soft targets
}

// Else a class of such rows would be none, and a proof would be about other rows.
TEST(Objective, RowsThatCountAreNotRoundedAway) {
  Dataset data = float_data(MatrixF::Ones(3, 1), array_schema(1, {"a", "b"}));
  data.labels = {0, 1, 1};
  ObjectiveOptions options;
  options.class_weights = {{"a", 1e-200}, {"b", 1e200}};
  EXPECT_THROW(make_problem(data, options, 1), Error);
  options.class_weights = {{"a", 1e-100}, {"b", 1e100}};
  EXPECT_NEAR(make_problem(data, options, 1).row_weight[0], 0.5e-200, 1e-215);
  options.class_weights = {{"a", 1e-300}};
  data.sample_weight = Vector{{1e-100, 1, 1}};
  EXPECT_THROW(make_problem(data, options, 1), Error);
  options.class_weights = {};
  data.sample_weight = Vector{{0, 1e308, 1e308}};  // whose sum is no number
  EXPECT_EQ(make_problem(data, options, 1).row_weight, (Vector{{0, 0.5, 0.5}}));
  data.sample_weight = Vector::Zero(3);
  EXPECT_THROW(make_problem(data, options, 1), Error);
}

TEST(Objective, BiasSystem) {
  const Problem problem = random_problem({.rows = 200, .features = 3, .classes = 5, .weights = true}, 22);
  SoftmaxObjective objective(problem, 1);
  objective.evaluate(Rng(23).normals(4, 5), nullptr);
  Vector g = Rng(24).normals(5, 1);
  g.array() -= g.mean();
  const Vector v = objective.solve_bias(g);
  EXPECT_NEAR(v.sum(), 0, 1e-6 * v.norm());
  Parameters step = objective.zero(), product;
  step.row(3) = v.transpose();
  objective.hessian_product(step, product, true);
  EXPECT_LE((product.row(3).transpose() - g).norm(), 1e-5 * g.norm());
}

void expect_same_bits(Index k) {
  for (const Storage storage : {Storage::kFloat, Storage::kBytes, Storage::kSparse}) {
    const Index n = 5000, d = 40;
    const Problem problem = byte_problem(n, d, k, storage);
    const Parameters w = 0.01 * Rng(25).normals(d + 1, k), v = 0.001 * Rng(26).normals(d + 1, k);
    SoftmaxObjective first(problem, 1);
    ASSERT_GT(first.local().grid().chunks, 5);
    Parameters g1, h1, hd1, gf1;
    const Evaluation f1 = first.evaluate(w, &g1);
    first.hessian_product(v, h1);
    first.hessian_product(v, hd1, true);
    const Vector b1 = first.solve_bias(g1.row(d).transpose());
    const Certificate c1 = first.dual_bound(w, v);
    const Parameters diagonal1 = first.hessian_diagonal();
    const double float1 = first.evaluate(w, &gf1, Arithmetic::kFloat).objective;
    for (const int threads : {2, 5}) {
      SoftmaxObjective other(problem, threads);
      Parameters g2, h2, hd2, gf2;
      const Evaluation f2 = other.evaluate(w, &g2);
      other.hessian_product(v, h2);
      other.hessian_product(v, hd2, true);
      EXPECT_EQ(f1.objective, f2.objective);
      EXPECT_EQ(f1.cross_entropy, f2.cross_entropy);
      EXPECT_EQ(f1.entropy, f2.entropy);
      EXPECT_EQ(f1.penalty, f2.penalty);
      EXPECT_EQ(g1, g2);
      EXPECT_EQ(h1, h2);
      EXPECT_EQ(hd1, hd2);
      EXPECT_EQ(b1, other.solve_bias(g2.row(d).transpose()));
      const Certificate c2 = other.dual_bound(w, v);
      EXPECT_EQ(c1.objective, c2.objective);
      EXPECT_EQ(c1.dual_value, c2.dual_value);
      EXPECT_EQ(c1.gap, c2.gap);
      EXPECT_EQ(c1.rounding, c2.rounding);
      EXPECT_EQ(diagonal1, other.hessian_diagonal());
      EXPECT_EQ(float1, other.evaluate(w, &gf2, Arithmetic::kFloat).objective);
      EXPECT_EQ(gf1, gf2);
      if (storage != Storage::kSparse) {
        EXPECT_EQ(dense_hessian(first), dense_hessian(other));
        EXPECT_EQ(bohning_preconditioner(first)->solve(g1), bohning_preconditioner(other)->solve(g1));
        EXPECT_EQ(class_block_preconditioner(first)->solve(g1), class_block_preconditioner(other)->solve(g1));
      }
    }
  }
}

TEST(Objective, SameBitsForAnyNumberOfThreads) {
  for (const Index classes : {2, 4}) expect_same_bits(classes);
}

}  // namespace
}  // namespace poise
