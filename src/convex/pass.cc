#include "convex/pass.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <type_traits>
#include <vector>

#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/stoppable.h"
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

template <typename Real>
using MatrixOf = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A pass of less than about 0.2 ms gains nothing from a second thread, and loses a time slice when that thread has to
/// wait for a processor.
bool worth_threads(const Features& x, Index classes) {
  return static_cast<double>(stored_entries(x)) * static_cast<double>(classes) > 5e6;
}

/// The block as Real numbers: the storage itself where that holds them, else loaded into `scratch`.
template <typename Real>
const Real* block_as(const Problem& problem, Index first, Index rows, bool square, std::vector<Real>& scratch) {
  const Index d = problem.cols();
  if constexpr (std::is_same_v<Real, float>) {
    const float* const stored = problem.map().identity() ? problem.features.array<float>() : nullptr;
    if (stored != nullptr && !square) return stored + first * d;
  }
  scratch.resize(rows * d);
  problem.load(first, rows, scratch.data(), d);
  if (square) std::transform(scratch.begin(), scratch.end(), scratch.begin(), [](Real x) { return x * x; });
  return scratch.data();
}

/// K×d weights and K biases as Real, from (d+1)×K parameters.
template <typename Real>
struct Layer {
  MatrixOf<Real> weights;
  Eigen::Matrix<Real, Eigen::Dynamic, 1> bias;
  explicit Layer(const Parameters* w) {
    if (!w) return;
    weights = w->topRows(w->rows() - 1).transpose().cast<Real>();
    bias = w->bottomRows(1).transpose().cast<Real>();
  }
};

/// z (K×ld, class-major) = weights X_Bᵀ + bias.
template <typename Real>
void block_scores(const Layer<Real>& layer, const Real* x, Index rows, Index ld, Real* z) {
  const Index classes = layer.weights.rows(), d = layer.weights.cols();
  for (Index c = 0; c < classes; ++c) std::fill_n(z + c * ld, ld, layer.bias[c]);
  gemm(false, true, classes, rows, d, layer.weights.data(), d, x, d, Real{1}, z, ld);
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
  const Layer<Real> layer(first), other(second);
  std::vector<Parameters> sums(product ? chunks_ : 0);
  StopTest stopped(stop_);

  parallel_for(chunks_, threads_, [&](Index chunk) {
    std::vector<Real> x_scratch;
    std::vector<Real> z(classes_ * ld), z2(second ? z.size() : 0);
    const Index last = (classes_ - columns) * ld;  // where the scores of the columns begin
    MatrixOf<Real> sum = MatrixOf<Real>::Zero(product ? columns : 0, d);
    Vector bias_sum = Vector::Zero(product ? columns : 0);
    for (Index b = part_begin(blocks, chunks_, chunk); b < part_begin(blocks, chunks_, chunk + 1) && !stopped(); ++b) {
      const Index begin = b * block_rows_, rows = std::min(block_rows_, n - begin);
      const Real* x = block_as(problem_, begin, rows, which == Columns::kSquared, x_scratch);
      if (first) block_scores(layer, x, rows, ld, z.data() + last);
      if (second) block_scores(other, x, rows, ld, z2.data() + last);
      if (one) mirror_scores(z.data(), ld);
      if (one && second) mirror_scores(z2.data(), ld);
      kernel({chunk, begin, rows, ld, z.data(), second ? z2.data() : nullptr});
      if (!product) continue;
      if (one) fold_residual(z.data(), ld);
      const Real* const residual = z.data() + last;
      gemm(false, false, columns, d, rows, residual, ld, x, d, Real{1}, sum.data(), d);
      for (Index c = 0; c < columns; ++c) {
        for (Index r = 0; r < rows; ++r) bias_sum[c] += static_cast<double>(residual[c * ld + r]);
      }
    }
    if (!product || stopped.has_stopped()) return;
    Parameters& out = sums[chunk];
    out.resize(d + 1, columns);
    out.topRows(d) = sum.transpose().template cast<double>();
    out.row(d) = bias_sum.transpose();
  });
  if (stopped.has_stopped()) throw PassStopped();
  if (!product) return;
  const bool large = chunks_ * columns * d > 4000000;  // less is done before a second thread is awake
  tree_reduce(chunks_, large ? threads_ : 1, [&](Index into, Index from) { sums[into] += sums[from]; });
  *product = std::move(sums[0]);
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
      const Eigen::Map<const MatrixF> x(block_as(problem_, i, rows, false, scratch), rows, d);
      for (Index r = 0; r < rows; ++r) {
        rows_scaled.row(r) = (x.row(r) - shift) * static_cast<float>(std::sqrt(problem_.row_weight[i + r]));
      }
      syrk_transposed(d, rows, rows_scaled.data(), d, sum.data(), d);
    }
    sums[part] = std::move(sum);
  });
  if (stopped()) return {};
  tree_reduce(parts, threads_, [&](Index into, Index from) { sums[into] += sums[from]; });
  return std::move(sums[0]);
}

}  // namespace poise::inline convex
