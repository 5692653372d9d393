#include <algorithm>
#include <vector>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"
#include "convex/objective.h"

namespace poise::inline convex {
namespace {

/// Rows [begin, begin + rows) with a constant 1 appended, in double.
void extended_block(const Problem& problem, Index begin, Index rows, Matrix& out) {
  problem.load(begin, rows, out.data(), out.cols());
  out.topRows(rows).rightCols(1).setOnes();
}

/// C += Aᵀ B of rows×size matrices where that is symmetric: lower triangle, in strips of columns.
void add_symmetric_product(const Matrix& a, const double* b, Index ldb, Index rows, double* c, Index ldc) {
  constexpr Index kStrip = 32;
  const Index size = a.cols();
  for (Index j = 0; j < size; j += kStrip) {
    gemm(true, false, size - j, std::min(kStrip, size - j), rows, a.data() + j, size, b + j, ldb, 1.0, c + j * ldc + j,
         ldc);
  }
}

/// The upper triangle as the lower one, of the size×size block whose corner is (row, col).
void mirror(Matrix& m, Index row, Index col, Index size) {
  auto block = m.block(row, col, size, size);
  block.triangularView<Eigen::StrictlyUpper>() = block.transpose();
}

/// Σ_{k≠c} p_k: 1 − p_c without cancellation.
double others(const Matrix& p, Index row, Index c) {
  return p.row(row).head(c).sum() + p.row(row).tail(p.cols() - c - 1).sum();
}

}  // namespace

Matrix dense_hessian(const SoftmaxObjective& objective, const Matrix* probabilities) {
  const Problem& problem = objective.problem();
  const Index n = problem.rows(), size = problem.cols() + 1, k = problem.classes, strip = 128;
  const Index rows_of_blocks = k == 2 ? 1 : k;  // of two classes all blocks are the same up to sign
  const Index side = rows_of_blocks * size;
  constexpr Index kMostNumbers = Index{1} << 26;  // of the parts' sums: 512 MiB
  const Index parts = std::clamp<Index>(std::min(n / 512, kMostNumbers / (side * side)), 1, 8);
  auto probability = [&](Index row, Index c) {
    return probabilities ? (*probabilities)(row, c) : static_cast<double>(objective.probability(row, c));
  };
  std::vector<Matrix> sums(parts);
  parallel_for(parts, objective.threads(), [&](Index part) {
    Matrix sum = Matrix::Zero(side, side), x(strip, size), weighted(strip, side), p(strip, k);
    for (Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); begin < end; begin += strip) {
      const Index rows = std::min(strip, end - begin);
      extended_block(problem, begin, rows, x);
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < k; ++c) p(r, c) = probability(begin + r, c);
      }
      for (Index a = 0; a < rows_of_blocks; ++a) {  // block row a, columns b ≤ a; the rest by symmetry
        for (Index r = 0; r < rows; ++r) {
          const double weight = problem.row_weight[begin + r] * p(r, a);
          for (Index b = 0; b <= a; ++b) {
            weighted.row(r).segment(b * size, size) = (weight * (a == b ? others(p, r, a) : -p(r, b))) * x.row(r);
          }
        }
        for (Index b = 0; b <= a; ++b) {
          add_symmetric_product(x, weighted.data() + b * size, side, rows, &sum(a * size, b * size), side);
        }
      }
    }
    sums[part] = std::move(sum);
  });
  tree_reduce(parts, objective.threads(), [&](Index into, Index from) { sums[into] += sums[from]; });
  Matrix& hessian = sums[0];
  for (Index a = 0; a < rows_of_blocks; ++a) {
    for (Index b = 0; b <= a; ++b) mirror(hessian, a * size, b * size, size);
  }
  if (k == 2) {
    Matrix whole(2 * size, 2 * size);
    whole << hessian, -hessian, -hessian, hessian;
    return whole;
  }
  mirror(hessian, 0, 0, side);
  return std::move(hessian);
}

}  // namespace poise::inline convex
