#include "convex/leave_one_out.h"

#include <Eigen/LU>
#include <algorithm>

#include "base/blas.h"
#include "base/parallel.h"
#include "base/stoppable.h"
#include "convex/exact_curvature.h"
#include "convex/solver/solvers.h"

namespace poise::inline convex {
namespace {

constexpr Index kStrip = 128;

/// Adds what leaving the row out does to its scores.
class LeftOut {
 public:
  LeftOut(const Problem& problem, const ExactCurvature& curvature)
      : problem_(problem),
        curvature_(curvature),
        target_(problem.classes),
        a_(curvature.classes(), curvature.classes()) {}

  Eigen::MatrixXd& leverage() { return a_; }  ///< A_i, to be set

  void add(Index row, Matrix& scores) {
    const Index k = curvature_.classes();
    problem_.target_of(row, target_);
    Vector p(k), residual(k);
    for (Index a = 0; a < k; ++a) {
      const Index c = curvature_.class_of(a);
      p[a] = curvature_.probabilities()(row, c);
      residual[a] = p[a] - target_[c];
    }
    const double s = problem_.row_weight[row];
    const Eigen::MatrixXd spread = p.asDiagonal().toDenseMatrix() - p * p.transpose();
    const Eigen::MatrixXd system = Eigen::MatrixXd::Identity(k, k) - s * spread * a_;
    const Vector change = s * a_ * system.partialPivLu().solve(residual);
    for (Index a = 0; a < k; ++a) scores(row, curvature_.class_of(a)) += change[a];
  }

 private:
  const Problem& problem_;
  const ExactCurvature& curvature_;
  std::vector<double> target_;
  Eigen::MatrixXd a_;
};

/// Rows [begin, end): A_i as products of the rows with the blocks of H⁻¹.
void leave_out(const Problem& problem, const ExactCurvature& curvature, const Matrix& inverse, Index begin, Index end,
               Matrix& scores, StopTest& stopped) {
  const Index size = problem.cols() + 1, k = curvature.classes();
  Matrix x(kStrip, size), product(kStrip, size), leverages(kStrip, k * k);
  LeftOut left_out(problem, curvature);
  for (Index first = begin; first < end && !stopped(); first += kStrip) {
    const Index rows = std::min(kStrip, end - first);
    problem.load(first, rows, x.data(), size);
    x.col(size - 1).setOnes();
    for (Index a = 0; a < k; ++a) {
      for (Index b = 0; b <= a; ++b) {
        gemm(false, false, rows, size, size, x.data(), size, inverse.data() + a * size * inverse.cols() + b * size,
             inverse.cols(), 0.0, product.data(), size);
        const auto values = (product.topRows(rows).array() * x.topRows(rows).array()).rowwise().sum();
        leverages.col(a * k + b).head(rows) = values;
        leverages.col(b * k + a).head(rows) = leverages.col(a * k + b).head(rows);
      }
    }
    for (Index r = 0; r < rows; ++r) {
      for (Index a = 0; a < k; ++a) left_out.leverage().row(a) = leverages.row(r).segment(a * k, k);
      left_out.add(first + r, scores);
    }
  }
}

}  // namespace

Matrix all_scores(const SoftmaxObjective& objective, const Parameters& w) {
  const Index k = objective.classes();
  Matrix scores(objective.rows(), k);
  objective.local().engine().run<double>({.first = &w}, [&](const ScoreBlock<double>& block) {
    for (Index r = 0; r < block.rows; ++r) {
      for (Index c = 0; c < k; ++c) scores(block.first_row + r, c) = block.scores[c * block.ld + r];
    }
  });
  return scores;
}

Matrix leave_one_out_scores(SoftmaxObjective& objective, const Parameters& w, const Schema& schema, const Stop& stop) {
  const StoppablePasses stoppable(objective, stop);
  const ExactCurvature curvature(objective, w, 0, schema, stop);
  const Matrix inverse = curvature.inverse();
  Matrix scores = all_scores(objective, w);
  const Index n = objective.rows(), parts = std::clamp<Index>(n / kStrip, 1, 64);
  StopTest stopped(stop);
  parallel_for(parts, objective.threads(), [&](Index part) {
    leave_out(objective.problem(), curvature, inverse, part_begin(n, parts, part), part_begin(n, parts, part + 1),
              scores, stopped);
  });
  if (stopped.has_stopped()) throw PassStopped();
  return scores;
}

}  // namespace poise::inline convex
