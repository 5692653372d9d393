// The Hessian of the loss as a whole, from its independent blocks: of the classes a < b
//   G_ab = Σ_i s_i p_ia p_ib x̃_i x̃_iᵀ,   H_ab = −G_ab,   H_aa = Σ_{b≠a} G_ab,
// the latter because Σ_{b≠a} p_b = 1 − p_a: positive numbers alone, no cancellation, and rows that add up to 0.
#include <algorithm>
#include <memory>
#include <vector>

#include "base/aligned.h"
#include "base/blas.h"
#include "base/index.h"
#include "base/parallel.h"
#include "convex/objective.h"
#include "convex/preconditioner/pair_kernels.h"

namespace poise::inline convex {
namespace {

constexpr Index kStrip = 64;  // rows at a time

using Doubles = std::vector<double, AlignedAllocator<double>>;

/// The blocks G_ab of some rows, each a row of `sums`: its upper triangle row by row, or, of few pairs, the whole block
/// of which the lower triangle counts.
class Blocks {
 public:
  Blocks(const SoftmaxObjective& objective, const Matrix* probabilities)
      : objective_(objective), probabilities_(probabilities) {
    if (!few_) return;
    nonzeros_ = objective.engine().nonzeros();
    if (!nonzeros_) found_ = NonzeroRows::find(objective.problem(), objective.threads()), nonzeros_ = found_.get();
  }

  Index width() const { return few_ ? size_ * size_ : pair_count(size_, 0, size_); }
  Index pairs() const { return pairs_; }

  Matrix sum(Index begin, Index end) const {
    Matrix sums = Matrix::Zero(pairs_, width()), weights(pairs_, kStrip), p(k_, kStrip);
    Doubles x(kStrip * ld_, 0), room(few_ ? kStrip * size_ : kStrip * most_columns() + kPairPadding);
    const Index block_rows = objective_.engine().block_rows();
    for (Index first = begin, rows = 0; first < end; first += rows) {
      rows = std::min({kStrip, end - first, block_rows - first % block_rows});
      weigh(first, rows, p, weights);
      if (nonzeros_) {
        add_sparse(first, rows, weights, sums);
        continue;
      }
      objective_.problem().load(first, rows, x.data(), ld_);
      for (Index r = 0; r < rows; ++r) x[r * ld_ + size_ - 1] = 1;
      if (few_) {
        add_one_by_one(x, rows, weights, room, sums);
      } else {
        add_together(x, rows, weights, room, sums);
      }
    }
    return sums;
  }

  Matrix hessian(const Matrix& sums) const {
    Matrix hessian = Matrix::Zero(k_ * size_, k_ * size_);
    Matrix block(size_, size_);
    Index pair = 0;
    for (Index a = 0; a < k_; ++a) {
      for (Index b = a + 1; b < k_; ++b, ++pair) {
        unpack(sums.row(pair).data(), block);
        hessian.block(a * size_, b * size_, size_, size_) = -block;
        hessian.block(b * size_, a * size_, size_, size_) = -block;
        hessian.block(a * size_, a * size_, size_, size_) += block;
        hessian.block(b * size_, b * size_, size_, size_) += block;
      }
    }
    return hessian;
  }

 private:
  static constexpr Index kFewPairs = 3;       // a product of so few rows costs less than the products of features
  static constexpr Index kManyColumns = 192;  // of products of features at a time, if one feature has not more

  /// s p_a p_b of all pairs: the weights of the rows.
  void weigh(Index first, Index rows, Matrix& p, Matrix& weights) const {
    for (Index c = 0; c < k_; ++c) {
      const float* kept = objective_.probabilities_from(first, c);
      for (Index r = 0; r < rows; ++r)
        p(c, r) = probabilities_ ? (*probabilities_)(first + r, c) : static_cast<double>(kept[r]);
    }
    objective_.touched_probabilities(first);
    const auto s = objective_.problem().row_weight.segment(first, rows).transpose().array();
    Index pair = 0;
    for (Index a = 0; a < k_; ++a) {
      for (Index b = a + 1; b < k_; ++b, ++pair)
        weights.row(pair).head(rows) = s * p.row(a).head(rows).array() * p.row(b).head(rows).array();
    }
  }

  /// Indicators of categories, say: most products would be of zeros.
  void add_sparse(Index first, Index rows, const Matrix& weights, Matrix& sums) const {
    for (Index pair = 0; pair < pairs_; ++pair) {
      double* const block = sums.row(pair).data();
      for (Index r = 0; r < rows; ++r) {
        const NonzeroRows::Row x = nonzeros_->row(first + r);
        for (Index i = 0; i < x.count; ++i) {
          const double weighted = weights(pair, r) * x.values[i];
          double* const row = block + x.columns[i] * size_;
          for (Index j = 0; j <= i; ++j) row[x.columns[j]] += weighted * x.values[j];
        }
      }
    }
  }

  void add_one_by_one(const Doubles& x, Index rows, const Matrix& weights, Doubles& weighted, Matrix& sums) const {
    for (Index pair = 0; pair < pairs_; ++pair) {
      for (Index r = 0; r < rows; ++r) {
        const double weight = weights(pair, r), *row = x.data() + r * ld_;
        for (Index j = 0; j < size_; ++j) weighted[r * size_ + j] = weight * row[j];
      }
      multiply({.transpose_a = true,
                .m = size_,
                .n = size_,
                .k = rows,
                .lda = ld_,
                .ldb = size_,
                .ldc = size_,
                .accumulate = true,
                .lower = true},
               x.data(), weighted.data(), sums.row(pair).data());
    }
  }

  /// All pairs of classes by some products of features at a time.
  void add_together(const Doubles& x, Index rows, const Matrix& weights, Doubles& products, Matrix& sums) const {
    Index column = 0;
    for (Index first = 0, last = 0; first < size_; first = last) {
      last = end_of_columns(first);
      const Index columns = pair_count(size_, first, last);
      pair_products(x.data(), ld_, rows, size_, first, last, products.data());
      gemm(false, false, pairs_, columns, rows, weights.data(), kStrip, products.data(), columns, 1.0,
           sums.data() + column, sums.cols());
      column += columns;
    }
  }

  Index end_of_columns(Index first) const {
    Index last = first + 1;
    while (last < size_ && pair_count(size_, first, last + 1) <= kManyColumns) ++last;
    return last;
  }
  Index most_columns() const { return std::max(size_, kManyColumns); }

  void unpack(const double* from, Matrix& block) const {
    if (few_) {
      block = Eigen::Map<const Matrix>(from, size_, size_);
      block.triangularView<Eigen::StrictlyUpper>() = block.transpose();
      return;
    }
    for (Index i = 0; i < size_; from += size_ - i, ++i) {
      for (Index j = i; j < size_; ++j) block(i, j) = block(j, i) = from[j - i];
    }
  }

  const SoftmaxObjective& objective_;
  const Matrix* probabilities_;
  std::unique_ptr<const NonzeroRows> found_;
  const NonzeroRows* nonzeros_ = nullptr;
  Index k_ = objective_.classes(), pairs_ = k_ * (k_ - 1) / 2;
  Index size_ = objective_.features() + 1, ld_ = size_ + kPairPadding;
  bool few_ = pairs_ <= kFewPairs;
};

}  // namespace

Matrix dense_hessian(const SoftmaxObjective& objective, const Matrix* probabilities) {
  constexpr Index kMostNumbers = Index{1} << 26;  // of the parts' sums: 512 MiB
  const Blocks blocks(objective, probabilities);
  const Index n = objective.rows(), numbers = blocks.pairs() * blocks.width();
  const int threads = objective.threads();
  const Index parts = std::clamp<Index>(std::min(n / 512, kMostNumbers / numbers), 1, 8);
  std::vector<Matrix> sums(parts);
  parallel_for(parts, threads, [&](Index part) {
    sums[part] = blocks.sum(part_begin(n, parts, part), part_begin(n, parts, part + 1));
  });
  tree_reduce(parts, threads, [&](Index into, Index from) { sums[into] += sums[from]; });
  return blocks.hessian(sums[0]);
}

}  // namespace poise::inline convex
