// The pass over sparse rows. Scores go row by row; the product X̃ᵀR divides the *features* among the threads: each adds
// all rows, in order, onto its own range of features, so no partial sums are held and the bits do not depend on the
// threads.
#include <algorithm>
#include <span>
#include <vector>

#include "base/parallel.h"
#include "convex/kernels.h"
#include "convex/pass.h"

namespace poise {
namespace {

Index round_up(Index value, Index multiple) { return (value + multiple - 1) / multiple * multiple; }

/// (d+1)×K parameters as Real with rows padded to a multiple of kClassPadding; empty for null.
template <typename Real>
std::vector<Real> padded_rows(const Parameters* w, Index padded, int threads) {
  if (!w) return {};
  std::vector<Real> out(static_cast<std::size_t>(w->rows() * padded), Real{0});
  const Index classes = w->cols(), parts = threads;
  parallel_for(parts, threads, [&](Index part) {
    for (Index j = part_begin(w->rows(), parts, part); j < part_begin(w->rows(), parts, part + 1); ++j) {
      std::transform(w->data() + j * classes, w->data() + (j + 1) * classes, out.data() + j * padded,
                     [](double value) { return static_cast<Real>(value); });
    }
  });
  return out;
}

template <typename Real>
void block_scores(const CsrMatrix& x, const std::vector<Real>& w, Index classes, Index padded, Index begin, Index rows,
                  Index ld, Real* z) {
  std::vector<Real> scores(static_cast<std::size_t>(padded));
  for (Index r = 0; r < ld; ++r) {
    if (r < rows) {
      std::copy_n(w.end() - padded, padded, scores.begin());  // the bias
      const Index start = x.row_start[static_cast<std::size_t>(begin + r)];
      const Index count = x.row_start[static_cast<std::size_t>(begin + r) + 1] - start;
      sparse_scores(x.columns.data() + start, x.values.data() + start, count, w.data(), padded, scores.data());
    }
    for (Index c = 0; c < classes; ++c) z[c * ld + r] = scores[static_cast<std::size_t>(c)];
  }
}

/// Rows [first, last) of X̃ᵀR into `product` (rows×K); all rows of X in order. The sums run in rows padded to `padded`.
template <typename Real>
void product_range(const CsrMatrix& x, std::span<const float> values, const std::vector<Real>& residual, Index padded,
                   std::int32_t first, std::int32_t last, Parameters& product) {
  std::vector<Real> sums(static_cast<std::size_t>((last - first) * padded), Real{0});
  Real* origin = sums.data() - static_cast<Index>(first) * padded;  // so that a column's number is its place
  for (Index i = 0; i < x.rows(); ++i) {
    const std::int32_t* columns = x.columns.data();
    const std::int32_t* row_end = columns + x.row_start[static_cast<std::size_t>(i) + 1];
    const std::int32_t* from = std::lower_bound(columns + x.row_start[static_cast<std::size_t>(i)], row_end, first);
    const std::int32_t* to = std::lower_bound(from, row_end, last);
    sparse_scatter(from, values.data() + (from - columns), to - from, residual.data() + i * padded, padded, origin);
  }
  const Index classes = product.cols();
  for (Index j = first; j < last; ++j) {
    std::copy_n(origin + j * padded, classes, product.data() + j * classes);
  }
}

}  // namespace

void PassEngine::divide_features() {
  const CsrMatrix& x = *features_.sparse();
  std::vector<Index> entries(static_cast<std::size_t>(x.cols) + 1, 0);  // in features before j
  for (std::int32_t column : x.columns) ++entries[static_cast<std::size_t>(column) + 1];
  for (std::size_t j = 1; j < entries.size(); ++j) entries[j] += entries[j - 1];
  feature_bounds_.clear();
  for (Index part = 0; part < threads_; ++part) {
    const auto bound = std::lower_bound(entries.begin(), entries.end(), part_begin(entries.back(), threads_, part));
    feature_bounds_.push_back(part == 0 ? 0 : static_cast<std::int32_t>(bound - entries.begin()));
  }
  feature_bounds_.push_back(static_cast<std::int32_t>(x.cols));
}

template <typename Real>
void PassEngine::run_sparse(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                            Parameters* product, bool square) const {
  const CsrMatrix& x = *features_.sparse();
  const Index n = x.rows(), padded = round_up(classes_, kClassPadding);
  const Index blocks = (n + block_rows_ - 1) / block_rows_, ld = block_rows_;
  const std::vector<Real> w = padded_rows<Real>(first, padded, threads_),
                          w2 = padded_rows<Real>(second, padded, threads_);
  std::vector<Real> residual(product ? static_cast<std::size_t>(n * padded) : 0, Real{0});

  parallel_for(chunks_, threads_, [&](Index chunk) {
    std::vector<Real> z(static_cast<std::size_t>(classes_ * ld)), z2(second ? z.size() : 0);
    for (Index b = part_begin(blocks, chunks_, chunk); b < part_begin(blocks, chunks_, chunk + 1); ++b) {
      const Index begin = b * block_rows_, rows = std::min(block_rows_, n - begin);
      if (first) block_scores(x, w, classes_, padded, begin, rows, ld, z.data());
      if (second) block_scores(x, w2, classes_, padded, begin, rows, ld, z2.data());
      kernel({chunk, begin, rows, ld, z.data(), second ? z2.data() : nullptr});
      for (Index r = 0; product && r < rows; ++r) {
        for (Index c = 0; c < classes_; ++c) {
          residual[static_cast<std::size_t>((begin + r) * padded + c)] = z[static_cast<std::size_t>(c * ld + r)];
        }
      }
    }
  });
  if (!product) return;
  std::vector<float> squares;
  if (square) {
    squares.resize(x.values.size());
    std::transform(x.values.begin(), x.values.end(), squares.begin(), [](float value) { return value * value; });
  }
  const std::span<const float> values(square ? squares : x.values);
  product->setZero(x.cols + 1, classes_);
  parallel_for(threads_, threads_, [&](Index part) {
    product_range(x, values, residual, padded, feature_bounds_[static_cast<std::size_t>(part)],
                  feature_bounds_[static_cast<std::size_t>(part) + 1], *product);
  });
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < classes_; ++c)
      (*product)(x.cols, c) += static_cast<double>(residual[static_cast<std::size_t>(i * padded + c)]);
  }
}

template void PassEngine::run_sparse<float>(const Parameters*, const Parameters*, const BlockKernel<float>&,
                                            Parameters*, bool) const;
template void PassEngine::run_sparse<double>(const Parameters*, const Parameters*, const BlockKernel<double>&,
                                             Parameters*, bool) const;

}  // namespace poise
