#include "convex/certificate/local_sums.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/blas.h"
#include "base/parallel.h"
#include "convex/certificate/rounding.h"

namespace poise::inline convex {
namespace {

constexpr Index kStrip = 128, kCachedNumbers = Index{1} << 25, kMatrixNumbers = Index{1} << 25;

/// γ of sums over n rows: strips one after the other in each of `parts` parts; the rest is what each term has behind
/// it.
double rounding_of_sums(Index n, Index parts, Index classes) {
  const Index in_a_row = kStrip + n / (kStrip * parts) + parts + classes + 24;
  return 1.01 * kUnit * static_cast<double>(in_a_row);
}

}  // namespace

LocalSums::LocalSums(const Problem& problem, const FeatureBasis& basis, const ExactPoint& point, int threads)
    : problem_(problem), basis_(basis), point_(point), threads_(threads) {
  const std::vector<Index>& counted = basis.centered().counted();
  Vector mass = Vector::Zero(problem.classes);
  for (std::size_t r = 0; r < counted.size(); ++r) {
    stop().before_row();
    mass += problem.row_weight[counted[r]] * point.p.row(static_cast<Index>(r)).transpose();
  }
  mass.maxCoeff(&reference_);
  const auto n = static_cast<Index>(counted.size());
  if (n * basis.size() > kCachedNumbers) return;
  Matrix all(n, basis.size());
  parallel_for((n + kStrip - 1) / kStrip, threads, [&](Index strip) {
    for (Index r = strip * kStrip; r < std::min(n, (strip + 1) * kStrip); ++r)
      basis.values(counted[r], all.row(r).data());
  });
  cached_ = std::move(all);
}

/// φ of the at-th counted row.
void LocalSums::load(Index at, double* phi) const {
  if (cached_.size() > 0) {
    std::copy_n(cached_.row(at).data(), cached_.cols(), phi);
  } else {
    basis_.values(basis_.centered().counted()[at], phi);
  }
}

std::vector<Index> LocalSums::rows_of_most_curvature(double most_work) const {
  const auto n = static_cast<Index>(basis_.centered().counted().size());
  std::vector<Index> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  const double of_row = static_cast<double>(size()) * static_cast<double>(size() + basis_.size());
  const auto most = static_cast<Index>(most_work / of_row);
  if (most >= n) return rows;
  auto curvature = [&](Index r) {
    return problem_.row_weight[basis_.centered().counted()[r]] * (1 - point_.p.row(r).maxCoeff());
  };
  std::vector<double> size_of(n);
  for (Index r = 0; r < n; ++r) size_of[r] = curvature(r);
  std::nth_element(rows.begin(), rows.begin() + most, rows.end(), [&](Index a, Index b) {
    const double x = size_of[a], y = size_of[b];
    return x != y ? x > y : a < b;
  });
  rows.resize(most);
  std::sort(rows.begin(), rows.end());
  return rows;
}

LocalSums::Hessian LocalSums::hessian(double most_work) const {
  const std::vector<Index> rows = rows_of_most_curvature(most_work);
  const auto n = static_cast<Index>(rows.size());
  const Index q = basis_.size(), m = size(), blocks = problem_.classes - 1;
  const Index parts = std::clamp<Index>(std::min(n / 512, kMatrixNumbers / (m * m + 1)), 1, 8);
  std::vector<Matrix> sums(parts);
  for (Matrix& sum : sums) sum = Matrix::Zero(m, m);
  // Block row a, columns b ≤ a, of every part: a task each, the longest first.
  parallel_for(parts * blocks, threads_, [&](Index task) {
    const Index a = blocks - 1 - task / parts, part = task % parts;
    Matrix& sum = sums[part];
    Matrix phi(kStrip, q), weighted(kStrip, (a + 1) * q);
    for (Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); begin < end; begin += kStrip) {
      stop().ask();
      const Index count = std::min(kStrip, end - begin);
      for (Index r = 0; r < count; ++r) {
        const Index at = rows[begin + r];
        load(at, phi.row(r).data());
        const auto p = point_.p.row(at);
        const double s =
            problem_.row_weight[basis_.centered().counted()[at]] * std::max(0.0, 1 - 2 * point_.slack[at] - 8 * kUnit);
        double others = 0;
        for (Index b = 0; b < blocks; ++b) {
          const double pair = s * (p[class_of(a)] * p[class_of(b)]);
          if (b != a) others += pair;
          if (b < a) weighted.row(r).segment(b * q, q) = -pair * phi.row(r);
        }
        others += s * (p[class_of(a)] * p[reference_]);
        weighted.row(r).segment(a * q, q) = others * phi.row(r);
      }
      gemm(true, false, q, (a + 1) * q, count, phi.data(), q, weighted.data(), (a + 1) * q, 1.0, sum.row(a * q).data(),
           m);
    }
  });
  for (Index part = 1; part < parts; ++part) sums[0] += sums[part];
  return {std::move(sums[0]), rounding_of_sums(n, parts, problem_.classes)};
}

LocalSums::Gradient LocalSums::gradient() const {
  const std::vector<Index>& counted = basis_.centered().counted();
  const auto n = static_cast<Index>(counted.size());
  const Index q = basis_.size(), blocks = problem_.classes - 1, parts = std::clamp<Index>(n / 512, 1, 8);
  const double of_sums = rounding_of_sums(n, parts, problem_.classes);
  std::vector<Matrix> sums(parts), errors(sums.size());
  parallel_for(parts, threads_, [&](Index part) {
    Matrix sum = Matrix::Zero(blocks, q), error = sum, phi(kStrip, q), residual(kStrip, blocks), wrong = residual;
    std::vector<double> target(problem_.classes);
    for (Index begin = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); begin < end; begin += kStrip) {
      stop().ask();
      const Index count = std::min(kStrip, end - begin);
      for (Index r = 0; r < count; ++r) {
        load(begin + r, phi.row(r).data());
        const Index i = counted[begin + r];
        const double s = problem_.row_weight[i];
        problem_.target_of(i, target);
        const auto p = point_.p.row(begin + r);
        for (Index a = 0; a < blocks; ++a) {
          const Index c = class_of(a);
          const double t = target[c];
          // p − 1 of the own class as minus the others, which does not cancel.
          const double others = t == 1 ? p.head(c).sum() + p.tail(problem_.classes - c - 1).sum() : 0;
          residual(r, a) = s * (t == 1 ? -others : p[c] - t);
          wrong(r, a) = s * (point_.slack[begin + r] * (t == 1 ? others : p[c]) + (t == 1 ? 0 : 16 * kUnit * t) +
                             8 * kUnit * std::abs(p[c] - t)) +
                        of_sums * std::abs(residual(r, a)) + 1e-300;
        }
      }
      gemm(true, false, blocks, q, count, residual.data(), blocks, phi.data(), q, 1.0, sum.data(), q);
      phi = phi.cwiseAbs().eval();
      gemm(true, false, blocks, q, count, wrong.data(), blocks, phi.data(), q, 1.0, error.data(), q);
    }
    sums[part] = std::move(sum);
    errors[part] = std::move(error);
  });
  for (Index part = 1; part < parts; ++part) {
    sums[0] += sums[part];
    errors[0] += errors[part];
  }
  return {Eigen::Map<const Vector>(sums[0].data(), size()), 1.01 * Eigen::Map<const Vector>(errors[0].data(), size())};
}

double LocalSums::exact_reach(const Matrix& x, const Matrix& phi, Index count) const {
  const Index q = basis_.size(), m = size(), blocks = problem_.classes - 1;
  std::vector<Matrix> images(blocks, Matrix(count, m));
  for (Index a = 0; a < blocks; ++a) {  // X is lower triangular: no row above the block
    Matrix& image = images[a];
    image.leftCols(a * q).setZero();
    gemm(false, true, count, m - a * q, q, phi.data(), q, x.row(a * q).data() + a * q, m, 0.0, image.data() + a * q, m);
  }
  double largest = 0;
  for (Index a = 0; a < blocks; ++a) {
    const Matrix& image = images[a];
    largest = std::max(largest, image.rowwise().squaredNorm().maxCoeff());
    for (Index b = 0; b < a; ++b) largest = std::max(largest, (image - images[b]).rowwise().squaredNorm().maxCoeff());
  }
  return largest;
}

double LocalSums::reach(const Matrix& x, bool affordable) const {
  const auto n = static_cast<Index>(basis_.centered().counted().size());
  const Index q = basis_.size(), m = size(), blocks = problem_.classes - 1;
  const Index strip =
      affordable ? std::clamp<Index>(Index{1} << 20, 1, kStrip * (m * blocks)) / (m * blocks) + 1 : kStrip;
  std::vector<Matrix> squares;  // X_aᵀX_a
  Vector sizes(blocks);         // ‖X_a‖_F
  for (Index a = 0; a < blocks; ++a) {
    const auto block = x.middleCols(a * q, q).bottomRows(m - a * q);
    stop().ask();
    sizes[a] = block.norm();
    if (!affordable) squares.push_back(block.transpose() * block);
  }
  std::vector<double> largest((n + strip - 1) / strip), length(largest.size());
  parallel_for(static_cast<Index>(largest.size()), threads_, [&](Index number) {
    stop().ask();
    const Index begin = number * strip, count = std::min(strip, n - begin);
    Matrix phi(count, q);
    for (Index r = 0; r < count; ++r) load(begin + r, phi.row(r).data());
    length[number] = phi.rowwise().norm().maxCoeff();
    double& most = largest[number];
    if (affordable) {
      most = std::sqrt(exact_reach(x, phi, count));
      return;
    }
    Matrix norms = Matrix::Zero(count, std::max<Index>(blocks, 2));  // two: the reference class has 0
    for (Index a = 0; a < blocks; ++a)
      norms.col(a) = (phi * squares[a]).cwiseProduct(phi).rowwise().sum().cwiseMax(0.0).cwiseSqrt();
    for (Index r = 0; r < count; ++r) {
      std::partial_sort(norms.row(r).begin(), norms.row(r).begin() + 2, norms.row(r).end(), std::greater<>());
      most = std::max(most, norms(r, 0) + norms(r, 1));
    }
  });
  // Products of q and m terms, once more or less: what they lose is below γ ‖X_a‖_F ‖φ‖, of two classes.
  const double lost = 4 * kUnit * static_cast<double>(m + q + 16) * sizes.maxCoeff();
  double result = 0;
  for (std::size_t k = 0; k < largest.size(); ++k)
    result = std::max(result,
                      largest[k] * (1 + 1e-9) + (affordable ? lost : std::sqrt(lost * sizes.maxCoeff())) * length[k]);
  return result;
}

}  // namespace poise::inline convex
