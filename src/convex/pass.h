// One fused pass over the rows: scores, a kernel per block of rows, and the products with the features, while the block
// is in cache. Everything a solver does to the data is such a pass (docs/theory/softmax.md#the-problem).
//
//   for every block of rows X_B:   Z_k = X̃_B W_k  (k = 1 or 2)   →   kernel: Z → R   →   G += X̃_Bᵀ R
//
// Blocks are dealt to a number of chunks that depends on the problem alone; each chunk has its own sum, and the sums
// are added along a fixed tree: the same bits for any number of threads.
#pragma once

#include <functional>
#include <memory>

#include "convex/nonzero_rows.h"
#include "convex/problem.h"

namespace poise::inline convex {

/// What the kernel gets: scores of `rows` rows from `first_row`, class-major K×ld (see kernels.h); `second` is null for
/// one matrix. It turns `scores` into R in place and keeps its statistics in a slot of its own, number `chunk` <
/// chunk_count().
template <typename Real>
struct ScoreBlock {
  Index chunk, first_row, rows, ld;
  Real* scores;
  const Real* second;
};

template <typename Real>
using BlockKernel = std::function<void(const ScoreBlock<Real>&)>;

/// Thrown by a pass that was ended early: what it was to compute is not there.
struct PassStopped {};

class PassEngine {
 public:
  /// `problem` must outlive the engine.
  PassEngine(const Problem& problem, int threads);

  Index chunk_count() const { return chunks_; }
  Index block_rows() const { return block_rows_; }  ///< every block starts at a multiple of it
  int threads() const { return threads_; }

  /// From now on `run` asks `stop` (may be empty), on the calling thread, between blocks, and throws PassStopped once
  /// it says true.
  void stop_when(std::function<bool()> stop) { stop_ = std::move(stop); }

  /// `first` and `second`: (d+1)×K or null (no such scores; the kernel then fills `scores`). `product` (if not null)
  /// becomes X̃ᵀR, (d+1)×K. Real is float (Hessian products: a relative 1e-6 does) or double (values, gradients,
  /// certificates).
  template <typename Real>
  void run(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
           Parameters* product) const {
    run_columns(first, second, kernel, product, Columns::kClasses);
  }

  /// The same where scores matter by their differences alone and the rows of R add up to 0, as in all that is softmax:
  /// two classes then cost as much as one (two_classes.h).
  template <typename Real>
  void run_differences(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                       Parameters* product) const {
    run_columns(first, second, kernel, product, classes_ == 2 ? Columns::kOne : Columns::kClasses);
  }

  /// As run without scores, with x∘x in place of x: `product` becomes (X̃∘X̃)ᵀR. For diagonals.
  void run_squared(const BlockKernel<float>& kernel, Parameters* product) const;

  /// Centered second moments  Σ_i s_i (x_i − c)(x_i − c)ᵀ, d×d, in float32 products. Where d×d is affordable.
  /// Nothing, 0×0, if `stop` (may be empty) has said true on the way.
  MatrixF centered_gram(const Vector& center, const std::function<bool()>& stop = {}) const;

  /// What float64 passes over dense rows of few classes and parameters read in place of the rows; found at the first
  /// need. Null if the problem is another.
  const NonzeroRows* nonzeros() const;

 private:
  enum class Columns { kClasses, kSquared, kOne };  // kSquared: of x∘x; kOne: two classes in one (two_classes.h)

  template <typename Real>
  void run_columns(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                   Parameters* product, Columns columns) const;
  template <typename Real>
  void run_dense(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                 Parameters* product, Columns columns) const;
  template <typename Real>
  void run_sparse(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                  Parameters* product, Columns columns) const;

  void transpose_features();
  template <typename Value, typename Real>
  void products_by_feature(const std::vector<Value>& values, const Real* residual, Index padded,
                           Parameters& product) const;

  /// Sparse features once more, feature by feature: for X̃ᵀR.
  struct ByFeature {
    std::vector<Index> start;
    std::vector<std::int32_t> rows;  // ascending
    std::vector<float> values;
    std::vector<double> doubles;  // in place of values, as in CsrMatrix
    std::vector<Index> bounds;    // ranges of features with about equally many entries, one a thread
  };

  const Problem& problem_;
  const Features& features_;
  Index classes_;
  int threads_;
  Index block_rows_;  // rows of a block: its dense form fits the level-2 cache
  Index chunks_;
  std::function<bool()> stop_;
  ByFeature by_feature_;
  mutable std::unique_ptr<const NonzeroRows> nonzeros_;
  mutable bool looked_for_nonzeros_ = false;
};

}  // namespace poise::inline convex
