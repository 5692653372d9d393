// Curvature of the objective at its last point (docs/theory/softmax.md#the-problem): Hessian products, the block of the
// biases, the diagonal.
#include <Eigen/Cholesky>
#include <algorithm>
#include <type_traits>
#include <vector>

#include "base/index.h"
#include "convex/kernels.h"
#include "convex/objective.h"

namespace poise::inline convex {
namespace {

/// p_c (1 − p_c) of one row of class-major float32 probabilities. Above ½ the second factor is the sum of the other
/// classes: 1 − p_c would be off by 6e-8, all there is where a row is as good as certain.
double variance_of(const float* p, Index classes, Index ld, Index c) {
  const double own = static_cast<double>(p[c * ld]);
  if (own <= 0.5) return own * (1 - own);
  double others = 0;
  for (Index k = 0; k < classes; ++k) others += k == c ? 0 : static_cast<double>(p[k * ld]);
  return own * others;
}

}  // namespace

void SoftmaxObjective::hessian_product(const Parameters& v, Parameters& product, bool in_double) const {
  const Index block_rows = engine_.block_rows(), k = classes();
  auto apply = [&]<typename Real>(const ScoreBlock<Real>& block) {
    std::vector<Real> s(block.ld, Real{0});
    for (Index r = 0; r < block.rows; ++r) s[r] = static_cast<Real>(problem_.row_weight[block.first_row + r]);
    const Index number = block.first_row / block_rows;
    const float* p = probabilities_.block(number);
    if constexpr (std::is_same_v<Real, float>) {
      hessian_block(p, s.data(), k, block.ld, block.scores);
    } else {
      std::vector<double> exact(p, p + k * block.ld);
      hessian_block(exact.data(), s.data(), k, block.ld, block.scores);
    }
    probabilities_.touched(number);
  };
  if (in_double) {
    engine_.run_differences<double>(
        &v, nullptr, [&](const ScoreBlock<double>& block) { apply(block); }, &product);
  } else {
    engine_.run_differences<float>(
        &v, nullptr, [&](const ScoreBlock<float>& block) { apply(block); }, &product);
  }
  add_penalty(v, &product);
  passes_ += 1;
}

Vector SoftmaxObjective::solve_bias(const Vector& g) const {
  const Index k = classes(), block_rows = engine_.block_rows();
  Matrix system = Matrix::Zero(k, k);  // −Σ s p pᵀ
  for (Index block = 0; block < probabilities_.blocks(); ++block) {
    const Index begin = block * block_rows, count = std::min(block_rows, rows() - begin);
    const Eigen::Map<const MatrixF> p(probabilities_.block(block), k, block_rows);
    const MatrixF weighted = p.leftCols(count) * problem_.row_weight.segment(begin, count).cast<float>().asDiagonal();
    system -= (weighted * p.leftCols(count).transpose()).cast<double>();
    probabilities_.touched(block);
  }
  system.diagonal().setZero();
  system.diagonal() = -system.rowwise().sum().eval();  // Σ s p_c(1 − p_c), without cancellation
  // The gauge: the class with most curvature stays at 0 and its equation, which the others imply, is left out. So rows
  // of a class that hardly occurs are not mixed with rows many orders of magnitude larger.
  Index still = 0;
  system.diagonal().maxCoeff(&still);
  system.row(still).setZero();
  system.col(still).setZero();
  Vector right = g;
  right[still] = 0;
  Vector v = system.ldlt().solve(right);  // 0 where there is no curvature at all
  v.array() -= v.mean();
  return v;
}

std::vector<double> SoftmaxObjective::curvatures(Index class_id) const {
  const Index block_rows = engine_.block_rows();
  std::vector<double> result;
  result.reserve(rows());
  for (Index i = 0; i < rows(); ++i) {
    result.push_back(problem_.row_weight[i] * variance_of(probabilities_.from(i, 0), classes(), block_rows, class_id));
    if ((i + 1) % block_rows == 0) probabilities_.touched(i / block_rows);
  }
  return result;
}

SoftmaxObjective::CurvatureAlong SoftmaxObjective::curvature_along(const Parameters& v) const {
  constexpr double kFar = 0.5;
  const Index k = classes();
  std::vector<CurvatureAlong> sums(engine_.chunk_count());
  auto kernel = [&](const ScoreBlock<double>& block) {
    CurvatureAlong& sum = sums[block.chunk];
    for (Index r = 0; r < block.rows; ++r) {
      const Index row = block.first_row + r;
      const Eigen::Map<const Vector, 0, Eigen::InnerStride<>> change(block.scores + r, k,
                                                                     Eigen::InnerStride<>(block.ld));
      double mean = 0, variance = 0;
      for (Index c = 0; c < k; ++c) mean += static_cast<double>(probability(row, c)) * (change[c] - change[0]);
      for (Index c = 0; c < k; ++c) {
        const double beside = change[c] - change[0] - mean;
        variance += static_cast<double>(probability(row, c)) * beside * beside;
      }
      sum.all += problem_.row_weight[row] * variance;
      if (change.maxCoeff() - change.minCoeff() >= kFar) sum.of_far_rows += problem_.row_weight[row] * variance;
    }
    touched_probabilities(block.first_row);
  };
  engine_.run_differences<double>(&v, nullptr, kernel, nullptr);
  passes_ += 0.5;
  CurvatureAlong total;
  for (const CurvatureAlong& sum : sums) total.all += sum.all, total.of_far_rows += sum.of_far_rows;
  return total;
}

Parameters SoftmaxObjective::hessian_diagonal() const {
  const Index k = classes();
  Parameters diagonal;
  engine_.run_squared(
      [&](const ScoreBlock<float>& block) {
        const float* p = probabilities_.from(block.first_row, 0);
        for (Index c = 0; c < k; ++c) {
          for (Index r = 0; r < block.rows; ++r) {
            block.scores[c * block.ld + r] =
                static_cast<float>(problem_.row_weight[block.first_row + r] * variance_of(p + r, k, block.ld, c));
          }
        }
        touched_probabilities(block.first_row);
      },
      &diagonal);
  diagonal.topRows(features()).colwise() += problem_.penalty;
  passes_ += 0.5;
  return diagonal;
}

}  // namespace poise::inline convex
