#include "convex/pass.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/stoppable.h"
#include "convex/dense_rows.h"
#include "convex/kernels.h"
#include "convex/two_classes.h"
#include "rows/storage.h"

namespace poise::inline convex {
namespace {

// A block of 256 KiB in float32 sits in the level-2 cache beside the weights. Measured on 60000×784×10, two threads, by
// bytes a block: see bench/README.md.
constexpr Index kBlockBytes = 256 * 1024;
constexpr Index kMaxChunks = 32;
constexpr Index kChunkSumBytes = 64 * 1024 * 1024;  // all chunks' sums together

/// A pass of less than about 0.2 ms gains nothing from a second thread, and loses a time slice when that thread has to
/// wait for a processor.
bool worth_threads(const Features& x, Index classes) {
  return static_cast<double>(stored_entries(x)) * static_cast<double>(classes) > 5e6;
}

/// Σ_r of each row of R, class-major, in eight sums, of which the compiler makes vectors.
template <typename Real>
void add_rows(const Real* residual, Index ld, Index rows, Vector& sums) {
  constexpr Index kSums = 8;
  for (Index c = 0; c < sums.size(); ++c, residual += ld) {
    std::array<double, kSums> sum{};
    Index r = 0;
    for (; r + kSums <= rows; r += kSums) {
      for (Index l = 0; l < kSums; ++l) sum[l] += static_cast<double>(residual[r + l]);
    }
    for (; r < rows; ++r) sum[0] += static_cast<double>(residual[r]);
    sums[c] += std::accumulate(sum.begin(), sum.end(), 0.0);
  }
}

}  // namespace

PassEngine::PassEngine(const Problem& problem, int threads)
    : problem_(problem),
      features_(problem.features),
      classes_(problem.classes),
      threads_(worth_threads(problem.features, problem.classes) ? resolve_threads(threads) : 1) {
  const Index d = std::max<Index>(problem.cols(), 1), n = std::max<Index>(problem.rows(), 1), classes = classes_;
  const bool dense = !features_.is_sparse();
  block_rows_ = dense ? std::clamp<Index>(kBlockBytes / (4 * d) / kRowPadding * kRowPadding, kRowPadding, 512) : 128;
  const Index sum_bytes = 8 * (d + 1) * classes;
  const Index affordable = dense ? std::clamp<Index>(kChunkSumBytes / sum_bytes, 4, kMaxChunks) : kMaxChunks;
  chunks_ = std::min(affordable, (n + block_rows_ - 1) / block_rows_);
  if (!dense) transpose_features();
}

template <typename Real>
void PassEngine::run_columns(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                             Parameters* product, Columns columns) const {
  const bool one = columns == Columns::kOne;
  Parameters narrow, other;
  if (one && first) narrow = half_difference(*first), first = &narrow;
  if (one && second) other = half_difference(*second), second = &other;
  if (features_.is_sparse()) {
    run_sparse(first, second, kernel, product, columns);
  } else {
    run_dense(first, second, kernel, product, columns);
  }
  if (one && product) *product = both_signs(*product);
}

void PassEngine::run_squared(const BlockKernel<float>& kernel, Parameters* product) const {
  run_columns<float>(nullptr, nullptr, kernel, product, Columns::kSquared);
}

template <typename Real>
void PassEngine::run_dense(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                           Parameters* product, Columns which) const {
  const bool one = which == Columns::kOne;
  const Index n = features_.rows(), d = features_.cols(), columns = one ? 1 : classes_;
  const Index blocks = (n + block_rows_ - 1) / block_rows_, ld = block_rows_;
  const bool in_double = std::is_same_v<Real, double>;
  const BlockProducts<Real> products(problem_, columns, which == Columns::kSquared, in_double ? nonzeros() : nullptr);
  const RealLayer<Real> layer(first, products.width()), other(second, products.width());
  std::vector<MatrixOf<double>> sums(product ? chunks_ : 0);  // (X̃ᵀR)ᵀ, as the rows are multiplied
  StopTest stopped(stop_);

  parallel_for(chunks_, threads_, [&](Index chunk) {
    typename BlockProducts<Real>::Block x;
    std::vector<Real> z(classes_ * ld), z2(second ? z.size() : 0);
    const Index last = (classes_ - columns) * ld;  // where the scores of the columns begin
    MatrixOf<Real> sum = MatrixOf<Real>::Zero(product ? columns : 0, products.width());
    Vector bias_sum = Vector::Zero(product ? columns : 0);
    for (Index b = part_begin(blocks, chunks_, chunk); b < part_begin(blocks, chunks_, chunk + 1) && !stopped(); ++b) {
      const Index begin = b * block_rows_, rows = std::min(block_rows_, n - begin);
      products.read(begin, rows, x);
      if (first) products.scores(layer, x, ld, z.data() + last);
      if (second) products.scores(other, x, ld, z2.data() + last);
      if (one) mirror_scores(z.data(), ld);
      if (one && second) mirror_scores(z2.data(), ld);
      kernel({chunk, begin, rows, ld, z.data(), second ? z2.data() : nullptr});
      features_.touched(begin, rows);
      if (!product) continue;
      if (one) fold_residual(z.data(), ld);
      products.add_product(z.data() + last, ld, x, sum.data());
      add_rows(z.data() + last, ld, rows, bias_sum);
    }
    if (!product || stopped.has_stopped()) return;
    MatrixOf<double>& out = sums[chunk];
    out.resize(columns, d + 1);
    out.leftCols(d) = sum.leftCols(d).template cast<double>();
    out.col(d) = bias_sum;
  });
  if (stopped.has_stopped()) throw PassStopped();
  if (!product) return;
  const bool large = chunks_ * columns * d > 4000000;  // less is done before a second thread is awake
  tree_reduce(chunks_, large ? threads_ : 1, [&](Index into, Index from) { sums[into] += sums[from]; });
  *product = sums[0].transpose();
}

const NonzeroRows* PassEngine::nonzeros() const {
  constexpr Index kFewClasses = 3, kFewParameters = 400;
  const bool small = classes_ <= kFewClasses && classes_ * (features_.cols() + 1) <= kFewParameters;
  if (!std::exchange(looked_for_nonzeros_, true) && small && !features_.is_sparse())
    nonzeros_ = NonzeroRows::find(problem_, threads_);
  return nonzeros_.get();
}

template void PassEngine::run_columns<float>(const Parameters*, const Parameters*, const BlockKernel<float>&,
                                             Parameters*, Columns) const;
template void PassEngine::run_columns<double>(const Parameters*, const Parameters*, const BlockKernel<double>&,
                                              Parameters*, Columns) const;

MatrixF PassEngine::centered_gram(const Vector& center, const std::function<bool()>& stop) const {
  const Index n = features_.rows(), d = features_.cols();
  const Index parts = std::clamp<Index>(kChunkSumBytes / (4 * d * d), 2, 8);
  const Index strip = 256;
  const Eigen::RowVectorXf shift = center.transpose().cast<float>();
  std::vector<MatrixF> sums(parts);
  StopTest stopped(stop);
  parallel_for(parts, threads_, [&](Index part) {
    MatrixF sum = MatrixF::Zero(d, d), rows_scaled(strip, d);
    std::vector<float> scratch;
    const Index end = part_begin(n, parts, part + 1);
    for (Index i = part_begin(n, parts, part); i < end && !stopped(); i += strip) {
      const Index rows = std::min(strip, end - i);
      const Eigen::Map<const MatrixF> x(rows_as<float>(problem_, i, rows, d, false, scratch), rows, d);
      for (Index r = 0; r < rows; ++r) {
        rows_scaled.row(r) = (x.row(r) - shift) * static_cast<float>(std::sqrt(problem_.row_weight[i + r]));
      }
      features_.touched(i, rows);
      syrk_transposed(d, rows, rows_scaled.data(), d, sum.data(), d);
    }
    sums[part] = std::move(sum);
  });
  if (stopped()) return {};
  tree_reduce(parts, threads_, [&](Index into, Index from) { sums[into] += sums[from]; });
  return std::move(sums[0]);
}

}  // namespace poise::inline convex
