// Dense rows, a block at a time, multiplied by the weights of a layer and by residuals: by the kernels for few classes
// where there are few, else by products of any shape.
#pragma once

#include <algorithm>
#include <type_traits>
#include <vector>

#include "base/aligned.h"
#include "base/blas.h"
#include "base/index.h"
#include "convex/pass/dense_kernels.h"
#include "convex/pass/nonzero_rows.h"
#include "convex/problem.h"
#include "rows/storage.h"

namespace poise::inline convex {

template <typename Real>
using MatrixOf = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Rows as numbers of type Real: the storage itself where that holds them, else loaded into `scratch`, row r at r·ld.
template <typename Real, typename Scratch>
const Real* rows_as(const Problem& problem, Index first, Index rows, Index ld, bool square, Scratch& scratch) {
  if constexpr (std::is_same_v<Real, float>) {
    const float* const stored = problem.map().identity() ? problem.features.array<float>() : nullptr;
    if (stored != nullptr && !square && ld == problem.cols()) return stored + first * ld;
  }
  if (std::ssize(scratch) < rows * ld) scratch.resize(rows * ld);  // zeros behind each row, which stay
  problem.load(first, rows, scratch.data(), ld);
  for (Index k = 0; square && k < rows * ld; ++k) scratch[k] *= scratch[k];
  return scratch.data();
}

/// Whether (x − center)·gain of float32 numbers x is the same in float32 as in float64, rounded to float32. The
/// difference is: 53 digits are 2·24 + 2 or more, with which a second rounding changes nothing (Figueroa 1995). The
/// product with a power of two is exact, far from the ends of the range.
inline bool maps_in_float32(const ColumnMap& map) {
  const auto held = [](double center) { return static_cast<double>(static_cast<float>(center)) == center; };
  const auto moderate = [](double gain) { return gain >= 0x1p-60 && gain <= 0x1p60; };
  return std::ranges::all_of(map.center, held) && std::ranges::all_of(map.gain, moderate);
}

/// K×width weights, of which those beyond the features are 0, and K biases, from (d+1)×K parameters.
template <typename Real>
struct RealLayer {
  MatrixOf<Real> weights;
  Eigen::Matrix<Real, Eigen::Dynamic, 1> bias;

  RealLayer(const Parameters* w, Index width) {
    if (!w) return;
    const Index d = w->rows() - 1;
    weights = MatrixOf<Real>::Zero(w->cols(), width);
    weights.leftCols(d) = w->topRows(d).transpose().template cast<Real>();
    bias = w->bottomRows(1).transpose().template cast<Real>();
  }
};

/// How a pass of so many columns reads and multiplies its rows; `square`: x∘x in place of x. `nonzeros`: where float64
/// passes find them, or null.
template <typename Real>
class BlockProducts {
 public:
  BlockProducts(const Problem& problem, Index columns, bool square, const NonzeroRows* nonzeros)
      : problem_(problem),
        nonzeros_(nonzeros),
        columns_(columns),
        square_(square),
        few_(std::is_same_v<Real, float> && columns <= kFewClasses && problem.cols() >= kFewestFeatures),
        width_(problem.cols()) {
    if (!few_) return;
    stored_ = !square && kernels_read_storage();
    if (!stored_) {
      width_ = (width_ + kFeaturePadding - 1) / kFeaturePadding * kFeaturePadding;
    } else if (const ColumnMap& map = problem.map(); !map.identity()) {
      center_.assign(map.center.begin(), map.center.end());
      gain_.assign(map.gain.begin(), map.gain.end());
    }
  }

  Index width() const { return width_; }  ///< features, with zeros up to whole vectors where the kernels want them

  /// A block of rows as they are multiplied. One a thread.
  struct Block {
    Index begin = 0;
    StoredBlock rows;               // where the kernels read them
    const Real* numbers = nullptr;  // else
    std::vector<Real, AlignedAllocator<Real>> scratch;
  };

  void read(Index first, Index rows, Block& block) const {
    block.begin = first;
    block.rows.rows = rows;
    block.rows.features = width_;
    if (nonzeros_ != nullptr) return;
    if (stored_) {
      const DenseRows& dense = problem_.features.dense();
      block.rows.first = dense.record(first) + dense.runs[0].offset;
      block.rows.type = dense.runs[0].type;
      block.rows.stride = dense.stride;
      if (!gain_.empty()) block.rows.center = center_.data(), block.rows.gain = gain_.data();
    } else {
      block.numbers = rows_as<Real>(problem_, first, rows, width_, square_, block.scratch);
      block.rows.first = reinterpret_cast<const std::byte*>(block.numbers);
      block.rows.stride = width_ * static_cast<Index>(sizeof(Real));
    }
  }

  /// z (class-major, ld) = W X̃_Bᵀ + b.
  void scores(const RealLayer<Real>& layer, const Block& block, Index ld, Real* z) const {
    const Real* const weights = layer.weights.data();
    if constexpr (std::is_same_v<Real, float>) {
      if (few_) return dense_scores(block.rows, weights, layer.bias.data(), columns_, ld, z);
    }
    for (Index c = 0; c < columns_; ++c) std::fill_n(z + c * ld, ld, layer.bias[c]);
    if constexpr (std::is_same_v<Real, double>) {
      if (nonzeros_) return nonzeros_->add_scores(block.begin, block.rows.rows, weights, columns_, width_, ld, z);
    }
    gemm(false, true, columns_, block.rows.rows, width_, weights, width_, block.numbers, width_, Real{1}, z, ld);
  }

  /// sum (columns×width) += R X̃_B, R class-major.
  void add_product(const Real* residual, Index ld, const Block& block, Real* sum) const {
    if constexpr (std::is_same_v<Real, float>) {
      if (few_) return add_dense_product(block.rows, residual, columns_, ld, sum);
    } else {
      if (nonzeros_) return nonzeros_->add_product(block.begin, block.rows.rows, residual, columns_, width_, ld, sum);
    }
    gemm(false, false, columns_, width_, block.rows.rows, residual, ld, block.numbers, width_, Real{1}, sum, width_);
  }

 private:
  // Where the kernels win. On rows of 784 bytes a pass takes 0.65 to 0.8 of the time with 2 to 5 classes, 0.75 with
  // 10, 0.75 to 0.95 with 16, with 26 as long as before; 16 features and 7 classes take 1.6 times as long, for the
  // sums over lanes. A number that is centered is mapped anew for every five classes and product: from some ten on it
  // is cheaper to store it.
  static constexpr Index kFewClasses = 16, kFewClassesMapped = 10, kFewestFeatures = 32;

  bool kernels_read_storage() const {
    const std::vector<ColumnRun>& runs = problem_.features.dense().runs;
    if (runs.size() != 1 || runs[0].count < kFeaturePadding) return false;
    const bool mapped = !problem_.map().identity();
    return step_of(runs[0]) == static_cast<Index>(size_of(runs[0].type)) && has_dense_kernels(runs[0].type, mapped) &&
           (!mapped || maps_in_float32(problem_.map()));
  }

  const Problem& problem_;
  const NonzeroRows* nonzeros_;
  Index columns_;
  bool square_, few_, stored_ = false;
  Index width_;
  std::vector<float> center_, gain_;  // of every feature, where the kernels map them
};

}  // namespace poise::inline convex
