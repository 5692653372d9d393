#include "convex/certificate/inverse_root.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "base/blas.h"
#include "base/parallel.h"
#include "convex/certificate/rounding.h"

namespace poise::inline convex {
namespace {

constexpr Index kPanel = 128;

/// c = a b, or a bᵀ, panel by panel of rows.
Matrix multiply(const Matrix& a, const Matrix& b, bool transpose_b, int threads, const ProofStop& stop) {
  const Index m = a.rows(), panels = (m + kPanel - 1) / kPanel;
  Matrix c(m, m);
  parallel_for(panels, threads, [&](Index panel) {
    stop.ask();
    const Index begin = panel * kPanel, count = std::min(kPanel, m - begin);
    const Index inner = begin + count;  // a is lower triangular, or its rows end there for what is wanted
    gemm(false, transpose_b, count, m, transpose_b ? m : inner, a.row(begin).data(), m, b.data(), m, 0.0,
         c.row(begin).data(), m);
  });
  return c;
}

/// In place of `h` its Cholesky factor, the upper triangle 0; false where that ends.
bool cholesky(Matrix& h, int threads, const ProofStop& stop) {
  const Index m = h.rows();
  for (Index begin = 0; begin < m; begin += kPanel) {
    const Index count = std::min(kPanel, m - begin), rest = m - begin - count;
    const Eigen::LLT<Eigen::MatrixXd> diagonal(h.block(begin, begin, count, count));
    if (diagonal.info() != Eigen::Success) return false;
    const Eigen::MatrixXd factor = diagonal.matrixL();
    h.block(begin, begin, count, count) = factor;
    if (rest == 0) break;
    Matrix below =
        factor.triangularView<Eigen::Lower>().solve(h.block(begin + count, begin, rest, count).transpose()).transpose();
    h.block(begin + count, begin, rest, count) = below;
    parallel_for((rest + kPanel - 1) / kPanel, threads, [&](Index panel) {
      stop.ask();
      const Index first = panel * kPanel, rows = std::min(kPanel, rest - first);
      Matrix update(rows, first + rows);
      gemm(false, true, rows, first + rows, count, below.row(first).data(), count, below.data(), count, 0.0,
           update.data(), first + rows);
      h.block(begin + count + first, begin + count, rows, first + rows) -= update;
    });
  }
  h.triangularView<Eigen::StrictlyUpper>().setZero();
  return true;
}

/// L⁻¹, a panel of columns a task.
Matrix inverse_of_lower(const Matrix& l, int threads, const ProofStop& stop) {
  const Index m = l.rows();
  Matrix x = Matrix::Zero(m, m);
  parallel_for((m + kPanel - 1) / kPanel, threads, [&](Index panel) {
    stop.ask();
    const Index begin = panel * kPanel, count = std::min(kPanel, m - begin), rest = m - begin;
    Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(rest, count);
    columns.topRows(count).setIdentity();
    l.bottomRightCorner(rest, rest).triangularView<Eigen::Lower>().solveInPlace(columns);
    x.block(begin, begin, rest, count) = columns;
  });
  return x;
}

}  // namespace

InverseRoot inverse_root(Matrix h, double error, int threads, const ProofStop& stop) {
  const Index m = h.rows();
  InverseRoot out;
  Vector unit(m);  // powers of two: scaling is exact
  for (Index k = 0; k < m; ++k) {
    if (!(h(k, k) > 1e-200) || !(h(k, k) < 1e200)) return out;
    unit[k] = std::ldexp(1.0, -static_cast<int>(std::lround(std::log2(h(k, k)) / 2)));
  }
  h = (unit.asDiagonal() * h * unit.asDiagonal()).eval();
  h.triangularView<Eigen::StrictlyUpper>() = h.transpose();
  if (!h.allFinite()) return out;
  Matrix factor = h;
  if (!cholesky(factor, threads, stop)) return out;
  out.x = inverse_of_lower(factor, threads, stop);
  if (!out.x.allFinite()) return out;

  const Matrix product = multiply(multiply(out.x, h, false, threads, stop), out.x, true, threads, stop);
  const double residual = (product - Matrix::Identity(m, m)).norm();
  // Rounding: |X| times a bound on what |Ĥ| (entries at most √(h_jj h_kk)) may be wrong by, times |X|ᵀ; in the 2-norm.
  const Vector size = h.diagonal().cwiseSqrt();
  const Matrix absolute = out.x.cwiseAbs();
  const double spread = (absolute * size).squaredNorm();
  const double norms = absolute.rowwise().sum().maxCoeff() * absolute.colwise().sum().maxCoeff();
  const double of_products = std::min(spread, norms * h.cwiseAbs().rowwise().sum().maxCoeff());
  const double of_entries = std::min(spread, norms * h.trace());
  const double steps = static_cast<double>(2 * m + 16) * kUnit;
  out.kappa =
      1.01 * (residual + 1.1 * steps * of_products + 1.1 * error * of_entries) + static_cast<double>(m) * 4 * kUnit;
  if (!(out.kappa < 1)) out.kappa = 1;
  out.x *= unit.asDiagonal();
  return out;
}

}  // namespace poise::inline convex
