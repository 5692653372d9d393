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
#include "convex/pass/hessian_blocks.h"
#include "convex/pass/local_rows.h"
#include "convex/pass/pair_kernels.h"

namespace poise::inline convex {
namespace {

constexpr Index kRowsAtOnce = 64;  // rows at a time

using Doubles = std::vector<double, AlignedAllocator<double>>;

/// How the blocks stand in a matrix, each a row: its upper triangle row by row, or, of few pairs, the whole block
/// of which the lower triangle counts.
struct Layout {
  Layout(Index class_count, Index features) : classes(class_count), size(features + 1) {}

  Index pairs() const { return classes * (classes - 1) / 2; }
  bool few() const { return pairs() <= kFewPairs; }
  Index width() const { return few() ? size * size : pair_count(size, 0, size); }

  Matrix hessian(const Matrix& sums) const {
    Matrix hessian = Matrix::Zero(classes * size, classes * size);
    Matrix block(size, size);
    Index pair = 0;
    for (Index a = 0; a < classes; ++a) {
      for (Index b = a + 1; b < classes; ++b, ++pair) {
        unpack(sums.row(pair).data(), block);
        hessian.block(a * size, b * size, size, size) = -block;
        hessian.block(b * size, a * size, size, size) = -block;
        hessian.block(a * size, a * size, size, size) += block;
        hessian.block(b * size, b * size, size, size) += block;
      }
    }
    return hessian;
  }

  void unpack(const double* from, Matrix& block) const {
    if (few()) {
      block = Eigen::Map<const Matrix>(from, size, size);
      block.triangularView<Eigen::StrictlyUpper>() = block.transpose();
      return;
    }
    for (Index i = 0; i < size; from += size - i, ++i) {
      for (Index j = i; j < size; ++j) block(i, j) = block(j, i) = from[j - i];
    }
  }

  Index classes, size;

 private:
  static constexpr Index kFewPairs = 3;  // a product of so few rows costs less than the products of features
};

/// The blocks of some rows.
class Blocks {
 public:
  Blocks(const LocalRows& rows, const Matrix* probabilities)
      : rows_(rows), probabilities_(probabilities), layout_(rows.problem().classes, rows.problem().cols()) {
    if (!few_) return;
    nonzeros_ = rows.engine().nonzeros();
    const std::optional<bool> has_nonzeros = rows.engine().share().nonzeros;
    if (nonzeros_ || !has_nonzeros.value_or(true)) return;
    found_ = NonzeroRows::find(rows.problem(), rows.engine().threads(), has_nonzeros.has_value());
    nonzeros_ = found_.get();
  }

  Matrix sum(Index begin, Index end, StopTest& stopped) const {
    Matrix sums = Matrix::Zero(pairs_, layout_.width()), weights(pairs_, kRowsAtOnce), p(k_, kRowsAtOnce);
    Doubles x(kRowsAtOnce * ld_, 0), room(few_ ? kRowsAtOnce * size_ : kRowsAtOnce * most_columns() + kPairPadding);
    const Index block_rows = rows_.engine().block_rows();
    for (Index first = begin, rows = 0; first < end && !stopped(); first += rows) {
      rows = std::min({kRowsAtOnce, end - first, block_rows - first % block_rows});
      weigh(first, rows, p, weights);
      if (nonzeros_) {
        add_sparse(first, rows, weights, sums);
        continue;
      }
      rows_.problem().load(first, rows, x.data(), ld_);
      for (Index r = 0; r < rows; ++r) x[r * ld_ + size_ - 1] = 1;
      if (few_) {
        add_one_by_one(x, rows, weights, room, sums);
      } else {
        add_together(x, rows, weights, room, sums);
      }
    }
    return sums;
  }

 private:
  static constexpr Index kManyColumns = 192;  // of products of features at a time, if one feature has not more

  /// s p_a p_b of all pairs: the weights of the rows.
  void weigh(Index first, Index rows, Matrix& p, Matrix& weights) const {
    for (Index c = 0; c < k_; ++c) {
      const float* kept = rows_.probabilities_from(first, c);
      for (Index r = 0; r < rows; ++r)
        p(c, r) = probabilities_ ? (*probabilities_)(first + r, c) : static_cast<double>(kept[r]);
    }
    rows_.touched_probabilities(first);
    const auto s = rows_.problem().row_weight.segment(first, rows).transpose().array();
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
      gemm(false, false, pairs_, columns, rows, weights.data(), kRowsAtOnce, products.data(), columns, 1.0,
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

  const LocalRows& rows_;
  const Matrix* probabilities_;
  Layout layout_;
  std::unique_ptr<const NonzeroRows> found_;
  const NonzeroRows* nonzeros_ = nullptr;
  Index k_ = layout_.classes, pairs_ = layout_.pairs();
  Index size_ = layout_.size, ld_ = size_ + kPairPadding;
  bool few_ = layout_.few();
};

}  // namespace

TreeSum<Sums> LocalRows::hessian_blocks(const Matrix* probabilities) const {
  const Blocks blocks(*this, probabilities);
  return engine_.run_chunks(0, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    sums.product = blocks.sum(first, end, stopped);
  });
}

Matrix hessian_from_blocks(const Matrix& blocks, Index classes, Index features) {
  return Layout(classes, features).hessian(blocks);
}

}  // namespace poise::inline convex
