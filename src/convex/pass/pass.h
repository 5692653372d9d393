// One fused pass over the rows: scores, a kernel per block of rows, and the products with the features, while the block
// is in cache. Everything a solver does to the data is such a pass (docs/theory/softmax.md#the-problem).
//
//   for every block of rows X_B:   Z_k = X̃_B W_k  (k = 1 or 2)   →   kernel: Z → R   →   G += X̃_Bᵀ R
//
// Blocks are dealt to a number of chunks that depends on the problem alone; each chunk has its own sums, which are
// added along a fixed tree: the same bits for any number of threads, and of owners of the rows.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/stoppable.h"
#include "base/tree_sum.h"
#include "convex/pass/nonzero_rows.h"
#include "convex/problem.h"

namespace poise::inline convex {

/// Blocks whose products are added in place; chunks of more have sums of such sums: of float32 numbers these keep their
/// digits, and what is proven by float64 ones its margin.
inline constexpr Index kBlocksInARow = 64;

/// Parameters up to which the Hessian as a whole is affordable: n p²/2 + p³/3 multiplications for p of them, where 200
/// Hessian products take 800 n p.
inline constexpr Index kMostParametersOfHessian = 1500;

/// How rows are dealt to chunks: at most 32, of whole blocks.
struct ChunkGrid {
  Index rows = 0, block_rows = 1, chunks = 1;
  Index sections = 1;         ///< of sparse rows: neighboring chunks whose products are one sum
  std::vector<Index> bounds;  ///< the first row of each chunk, and n

  /// Of all rows of a problem. Of rows that others have, in chunks of one owner each: where owners' bounds are among
  /// those that the rows would have together these are they, else others, about as many.
  explicit ChunkGrid(const Features& x);
  ChunkGrid() = default;

  /// Additions, one after the other, of which a sum over the rows of a chunk is made at most.
  Index longest_sum(bool sparse) const;
  Index begin(Index chunk) const { return bounds[chunk]; }
  /// The chunks that begin at these rows.
  TreeNode chunks_between(Index first_row, Index end_row) const;

 private:
  void divide(const std::vector<Index>& first_rows);
};

/// The rows of one of several owners: whole chunks.
struct Share {
  ChunkGrid grid;  ///< of the rows of all
  TreeNode chunks;
  /// Whether rows of few classes have so many zeros that the numbers beside them are multiplied alone
  /// (nonzero_rows.h); empty: as these rows ask for.
  std::optional<bool> nonzeros = std::nullopt;
};

/// What passes add up.
struct Sums {
  Parameters product;           ///< X̃ᵀR, (d+1)×K; empty if it is not wanted
  std::vector<double> numbers;  ///< what kernels have added
  std::vector<double> list;     ///< what they have appended, in the order of the rows

  Sums& operator+=(const Sums& other);
};

/// What the kernel gets: scores of `rows` rows from `first_row`, class-major K×ld (see kernels.h); `second` is null for
/// one matrix. It turns `scores` into R in place, adds to `sums.numbers` and appends to `sums.list`.
template <typename Real>
struct ScoreBlock {
  Index first_row, rows, ld;
  Real* scores;
  const Real* second;
  Sums& sums;
};

template <typename Real>
using BlockKernel = std::function<void(const ScoreBlock<Real>&)>;

/// As many threads as passes over these rows are worth, of those asked for.
int passes_in_parallel(const Problem& problem, int threads);

/// What a long computation asks: whether it is to end. May be empty.
using Stop = std::function<bool()>;

/// Thrown by a pass that was ended early: what it was to compute is not there.
struct PassStopped {};

/// What a pass is made of beside its kernel. `first` and `second`: (d+1)×K or null (no such scores; the kernel then
/// fills `scores`).
struct Pass {
  const Parameters* first = nullptr;
  const Parameters* second = nullptr;
  bool product = false;
  Index numbers = 0;
};

class PassEngine {
 public:
  /// `problem` must outlive the engine. `share`: which rows those of the problem are; empty: all there are.
  PassEngine(const Problem& problem, int threads, const std::optional<Share>& share = std::nullopt);

  /// All rows there are, and how any share of them is to be multiplied.
  static Share whole(const Problem& problem, int threads);

  const Share& share() const { return share_; }
  const ChunkGrid& grid() const { return share_.grid; }
  Index block_rows() const { return grid().block_rows; }  ///< every block starts at a multiple of it
  int threads() const { return threads_; }

  /// From now on passes ask `stop` (may be empty), on the calling thread, between blocks, and throw PassStopped once it
  /// says true.
  void stop_when(Stop stop) { stop_ = std::move(stop); }

  /// Beside that, one for a while. Returns the one before.
  const Stop* stop_also_when(const Stop* stop) { return std::exchange(also_, stop); }

  /// Real is float (Hessian products: a relative 1e-6 does) or double (values, gradients, certificates).
  template <typename Real>
  TreeSum<Sums> run(const Pass& pass, const BlockKernel<Real>& kernel) const {
    return run_columns(pass, kernel, Columns::kClasses);
  }

  /// The same where scores matter by their differences alone and the rows of R add up to 0, as in all that is softmax:
  /// two classes then cost as much as one (two_classes.h).
  template <typename Real>
  TreeSum<Sums> run_differences(const Pass& pass, const BlockKernel<Real>& kernel) const {
    return run_columns(pass, kernel, problem_.classes == 2 ? Columns::kOne : Columns::kClasses);
  }

  /// The product (X̃∘X̃)ᵀR, of R that the kernel makes. For diagonals.
  TreeSum<Sums> run_squared(const BlockKernel<float>& kernel) const;

  /// Sums of any kind: `add` is called for the rows of every chunk. It asks `stopped` between blocks, and what it has
  /// added does not matter once that says true.
  using AddRows = std::function<void(Index first, Index end, Sums& sums, StopTest& stopped)>;
  TreeSum<Sums> run_chunks(Index numbers, const AddRows& add) const;

  /// Centered second moments  Σ_i s_i (x_i − c)(x_i − c)ᵀ, d×d, in float32 products. Where d×d is affordable.
  TreeSum<Sums> centered_gram(const Vector& center) const;

  /// What float64 passes over dense rows of few classes and parameters read in place of the rows; found at the first
  /// need. Null if the problem is another.
  const NonzeroRows* nonzeros() const;

 private:
  enum class Columns { kClasses, kSquared, kOne };  // kSquared: of x∘x; kOne: two classes in one (two_classes.h)

  template <typename Real>
  TreeSum<Sums> run_columns(const Pass& pass, const BlockKernel<Real>& kernel, Columns columns) const;
  template <typename Real>
  TreeSum<Sums> run_dense(const Pass& pass, const BlockKernel<Real>& kernel, Columns columns) const;
  template <typename Real>
  TreeSum<Sums> run_sparse(const Pass& pass, const BlockKernel<Real>& kernel, Columns columns) const;

  Index local_row(Index chunk) const { return grid().begin(chunk) - grid().begin(share_.chunks.first); }
  TreeNode sections_of(TreeNode chunks) const;
  void transpose_features();
  template <typename Value, typename Real>
  void products_by_feature(const std::vector<Value>& values, const Real* residual, Index padded, TreeNode sections,
                           Parameters& product) const;

  /// Sparse features once more, feature by feature: for X̃ᵀR.
  struct ByFeature {
    std::vector<Index> start;        // d·sections + 1: where those of a feature begin in a section
    std::vector<std::int32_t> rows;  // ascending
    std::vector<float> values;
    std::vector<double> doubles;  // in place of values, as in CsrMatrix
    std::vector<Index> bounds;    // ranges of features with about equally many entries, one a thread
  };

  const Problem& problem_;
  const Features& features_;
  Share share_;
  int threads_;
  Stop stop_;
  const Stop* also_ = nullptr;
  ByFeature by_feature_;
  mutable std::unique_ptr<const NonzeroRows> nonzeros_;
  mutable bool looked_for_nonzeros_ = false;
};

}  // namespace poise::inline convex
