#include <algorithm>
#include <vector>

#include "base/blas.h"
#include "base/parallel.h"
#include "convex/objective.h"

namespace poise {
namespace {

/// Rows [begin, begin + rows) with a constant 1 appended, in double.
void extended_block(const Problem& problem, Index begin, Index rows, Matrix& out) {
  problem.load(begin, rows, out.data(), out.cols());
  out.topRows(rows).rightCols(1).setOnes();
}

/// Σ_{k≠c} p_k: 1 − p_c without cancellation.
double others(const Matrix& p, Index row, Index c) {
  return p.row(row).head(c).sum() + p.row(row).tail(p.cols() - c - 1).sum();
}

}  // namespace

Matrix dense_hessian(const SoftmaxObjective& objective, const Matrix* probabilities) {
  const Problem& problem = objective.problem();
  const Index n = problem.rows(), size = problem.cols() + 1, k = problem.classes, strip = 128;
  const Index parts = std::clamp<Index>(n / 512, 1, 8);
  auto probability = [&](Index row, Index c) {
    return probabilities ? (*probabilities)(row, c) : static_cast<double>(objective.probability(row, c));
  };
  std::vector<Matrix> sums(static_cast<std::size_t>(parts));
  parallel_for(parts, objective.threads(), [&](Index part) {
    Matrix sum = Matrix::Zero(k * size, k * size), x(strip, size), weighted(strip, k * size), p(strip, k);
    for (Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); begin < end; begin += strip) {
      const Index rows = std::min(strip, end - begin);
      extended_block(problem, begin, rows, x);
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < k; ++c) p(r, c) = probability(begin + r, c);
      }
      for (Index a = 0; a < k; ++a) {  // block row a, columns b ≤ a; the rest by symmetry
        for (Index r = 0; r < rows; ++r) {
          const double weight = problem.row_weight[begin + r] * p(r, a);
          for (Index b = 0; b <= a; ++b) {
            weighted.row(r).segment(b * size, size) = (weight * (a == b ? others(p, r, a) : -p(r, b))) * x.row(r);
          }
        }
        gemm(true, false, size, (a + 1) * size, rows, x.data(), size, weighted.data(), k * size, 1.0,
             sum.row(a * size).data(), k * size);
      }
    }
    sums[static_cast<std::size_t>(part)] = std::move(sum);
  });
  tree_reduce(parts, objective.threads(), [&](Index into, Index from) {
    sums[static_cast<std::size_t>(into)] += sums[static_cast<std::size_t>(from)];
  });
  Matrix& hessian = sums[0];
  hessian.triangularView<Eigen::StrictlyUpper>() = hessian.transpose();
  return std::move(hessian);
}

}  // namespace poise
