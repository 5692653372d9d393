#include "convex/exact_curvature.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/words.h"
#include "convex/certificate/exact_rows.h"
#include "convex/existence/dependencies.h"
#include "convex/pass/kernels.h"
#include "poise/error.h"

namespace poise::inline convex {
namespace {

// What a feature's variance may shrink to once the others are known: below, float64 has lost most digits of it.
constexpr double kLeastPivot = 1e-12;

Matrix exact_probabilities(SoftmaxObjective& objective, const Parameters& w) {
  const Index k = objective.classes();
  Matrix p(objective.rows(), k);
  objective.local().engine().run<double>({.first = &w}, [&](const ScoreBlock<double>& block) {
    std::vector<double> of_block(k * block.ld), lse(block.ld), expected(block.ld);
    softmax_block(block.scores, k, block.ld, of_block.data(), lse.data(), expected.data());
    for (Index r = 0; r < block.rows; ++r) {
      for (Index c = 0; c < k; ++c) p(block.first_row + r, c) = of_block[c * block.ld + r];
    }
  });
  return p;
}

/// The first row at which the factorization of a matrix with a diagonal of 1 leaves next to nothing.
Index first_small_pivot(Eigen::MatrixXd a) {
  for (Index j = 0; j < a.cols(); ++j) {
    if (!(a(j, j) > kLeastPivot)) return j;
    const Index below = a.rows() - j - 1;
    a.col(j).tail(below) /= a(j, j);
    for (Index l = j + 1; l < a.cols(); ++l)
      a.col(l).tail(a.rows() - l) -= a(l, j) * a(j, j) * a.col(j).tail(a.rows() - l);
  }
  return a.cols();
}

[[noreturn]] void refuse_flat(Index number, Index per_class, const Schema& schema) {
  const Index feature = number % per_class;
  const std::string name = feature + 1 == per_class ? "the bias" : schema.feature_name(feature);
  throw Error(ErrorKind::kNumeric,
              fmt::format("the Hessian is singular, up to rounding: in the rows that the classes compete for, {} is a "
                          "combination of other features",
                          name),
              "features that tell each something of its own", "leave it out, or train with a penalty (--l2)")
      .with_code("inference.singular");
}

}  // namespace

ExactCurvature::ExactCurvature(SoftmaxObjective& objective, const Parameters& w, Index reference, const Schema& schema,
                               const Stop& stop)
    : reference_(reference) {
  const Problem& problem = objective.problem();
  const Index k = problem.classes, size = problem.cols() + 1, count = (k - 1) * size;
  if (count > kMostInferredParameters) {
    throw Error(ErrorKind::kResource,
                fmt::format("{} parameters, (classes - 1)(features + 1), are too many for an exact Hessian", count),
                fmt::format("at most {}", kMostInferredParameters));
  }
  objective.evaluate(w, nullptr);
  probabilities_ = exact_probabilities(objective, w);
  const Matrix whole = dense_hessian(objective, &probabilities_, stop);
  if (whole.size() == 0) throw PassStopped();
  Eigen::MatrixXd hessian(count, count);
  for (Index a = 0; a < k - 1; ++a) {
    for (Index b = 0; b < k - 1; ++b) {
      auto block = hessian.block(a * size, b * size, size, size);
      block = whole.block(class_of(a) * size, class_of(b) * size, size, size);
      block.diagonal().head(size - 1) += ((a == b ? 1.0 : 0.0) - 1.0 / static_cast<double>(k)) * problem.penalty;
    }
  }
  factorize(std::move(hessian), schema);
}

void ExactCurvature::factorize(Eigen::MatrixXd hessian, const Schema& schema) {
  const Index per_class = hessian.rows() / classes();
  scale_ = hessian.diagonal().cwiseSqrt();
  for (Index j = 0; j < scale_.size(); ++j) {
    if (!(scale_[j] > 0) || !std::isfinite(scale_[j])) refuse_flat(j, per_class, schema);
  }
  hessian = scale_.cwiseInverse().asDiagonal() * hessian * scale_.cwiseInverse().asDiagonal();
  factor_.compute(hessian);
  if (factor_.info() == Eigen::Success) {
    Index least = 0;
    const double root = factor_.matrixLLT().diagonal().minCoeff(&least);
    if (root * root > kLeastPivot) return;
    refuse_flat(least, per_class, schema);
  }
  refuse_flat(std::min(first_small_pivot(std::move(hessian)), scale_.size() - 1), per_class, schema);
}

Matrix ExactCurvature::inverse() const {
  Eigen::MatrixXd inverse = factor_.solve(Eigen::MatrixXd::Identity(size(), size()));
  inverse = scale_.cwiseInverse().asDiagonal() * inverse * scale_.cwiseInverse().asDiagonal();
  return 0.5 * (inverse + inverse.transpose());
}

Parameters ExactCurvature::newton_step(const Parameters& gradient) const {
  const Index per_class = gradient.rows();
  Vector right(size());
  for (Index a = 0; a < classes(); ++a) right.segment(a * per_class, per_class) = gradient.col(class_of(a));
  const Vector step = factor_.solve(right.cwiseQuotient(scale_)).cwiseQuotient(scale_);
  Parameters move = Parameters::Zero(per_class, classes() + 1);
  for (Index a = 0; a < classes(); ++a) move.col(class_of(a)) = step.segment(a * per_class, per_class);
  move.colwise() -= move.rowwise().mean().eval();
  return move;
}

Vector ExactCurvature::differences(const Parameters& w) const {
  const Index per_class = w.rows();
  Vector theta(size());
  for (Index a = 0; a < classes(); ++a)
    theta.segment(a * per_class, per_class) = w.col(class_of(a)) - w.col(reference_);
  return theta;
}

std::vector<Index> dependent_features(const Problem& problem) {
  const ExactRows rows(problem);
  std::vector<Index> columns{problem.cols()};  // the constant first: a constant feature depends on it
  for (Index j = 0; j < problem.cols(); ++j) {
    if (problem.penalty[j] == 0) columns.push_back(j);
  }
  return dependent_columns(rows, rows_that_count(problem.row_weight), columns);
}

Parameters polished(SoftmaxObjective& objective, Parameters w, const Schema& schema) {
  constexpr int kMost = 30;
  constexpr double kNothing = 1e-26;  // of the squared Newton decrement beside f
  Parameters gradient;
  Evaluation value = objective.evaluate(w, &gradient);
  std::optional<ExactCurvature> curvature;
  for (int k = 0; k < kMost; ++k) {
    if (k % 4 == 0) curvature.emplace(objective, w, 0, schema);  // serves for the steps after as well: they are short
    const Parameters step = curvature->newton_step(gradient);
    const double decrement = step.cwiseProduct(gradient).sum();
    if (!(decrement > kNothing * std::abs(value.objective))) break;
    const Parameters next = w - step;
    Parameters gradient_there;
    const Evaluation there = objective.evaluate(next, &gradient_there);
    if (!(there.objective <= value.objective + value.rounding)) break;
    w = next, gradient = std::move(gradient_there), value = there;
  }
  return w;
}

}  // namespace poise::inline convex
