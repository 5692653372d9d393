// The pass over sparse rows. Scores go row by row. The product X̃ᵀR goes feature by feature, on a second copy of X by
// features: a feature's sum stays in registers and R, which has a row a row of X, in cache; no partial sums are held
// and the bits do not depend on the threads.
#include <algorithm>
#include <vector>

#include "base/aligned.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/stoppable.h"
#include "convex/kernels.h"
#include "convex/pass.h"
#include "convex/two_classes.h"

namespace poise::inline convex {
namespace {

template <typename Real>
using Padded = std::vector<Real, AlignedAllocator<Real>>;  // rows begin at cache lines

Index round_up(Index value, Index multiple) { return (value + multiple - 1) / multiple * multiple; }
/// Numbers of a padded row of K classes; one class takes no more than its own.
Index padded_size(Index classes) { return classes == 1 ? 1 : round_up(classes, kClassPadding); }

/// As sparse_scores of one class: four sums, added up in the end.
template <typename Value, typename Real>
Real sparse_score(const std::int32_t* columns, const Value* values, Index count, const Real* weights) {
  Real sum[4] = {};
  Index k = 0;
  for (; k + 4 <= count; k += 4) {
    for (Index part = 0; part < 4; ++part)
      sum[part] += static_cast<Real>(values[k + part]) * weights[columns[k + part]];
  }
  for (; k < count; ++k) sum[0] += static_cast<Real>(values[k]) * weights[columns[k]];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

template <typename Value, typename Real>
void add_scores(const std::int32_t* columns, const Value* values, Index count, const Real* weights, Index padded,
                Real* out) {
  if (padded == 1) {
    *out += sparse_score(columns, values, count, weights);
  } else {
    sparse_scores(columns, values, count, weights, padded, out);
  }
}

/// (d+1)×K parameters as Real with rows padded to a multiple of kClassPadding; empty for null.
template <typename Real>
Padded<Real> padded_rows(const Parameters* w, Index padded, int threads) {
  if (!w) return {};
  Padded<Real> out(w->rows() * padded, Real{0});
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
void block_scores(const CsrView& x, const Padded<Real>& w, Index classes, Index padded, Index begin, Index rows,
                  Index ld, Real* z) {
  std::vector<Real> scores(padded);
  const auto add = [&](const auto& values, Index start, Index count) {
    add_scores(x.columns.data() + start, values.data() + start, count, w.data(), padded, scores.data());
  };
  for (Index r = 0; r < ld; ++r) {
    if (r < rows) {
      std::copy_n(w.end() - padded, padded, scores.begin());  // the bias
      const Index start = x.row_start[begin + r];
      const Index count = x.row_start[begin + r + 1] - start;
      x.doubles.empty() ? add(x.values, start, count) : add(x.doubles, start, count);
    }
    for (Index c = 0; c < classes; ++c) z[c * ld + r] = scores[c];
  }
}

}  // namespace

void PassEngine::transpose_features() {
  const CsrView& x = *features_.sparse();
  const std::size_t d = x.cols;
  ByFeature& to = by_feature_;
  to.start.assign(d + 1, 0);
  for (std::int32_t column : x.columns) ++to.start[column + 1];
  for (std::size_t j = 1; j <= d; ++j) to.start[j] += to.start[j - 1];
  to.rows.resize(x.columns.size());
  to.values.resize(x.values.size()), to.doubles.resize(x.doubles.size());
  std::vector<Index> next(to.start.begin(), to.start.end() - 1);
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index e = x.row_start[i]; e < x.row_start[i + 1]; ++e) {
      const Index place = next[x.columns[e]]++;
      to.rows[place] = static_cast<std::int32_t>(i);
      x.doubles.empty() ? to.values[place] = x.values[e] : to.doubles[place] = x.doubles[e];
    }
  }
  for (Index part = 0; part <= threads_; ++part) {
    const auto bound = std::lower_bound(to.start.begin(), to.start.end(), part_begin(to.start.back(), threads_, part));
    to.bounds.push_back(part == 0 ? 0 : part == threads_ ? x.cols : bound - to.start.begin());
  }
}

/// X̃ᵀR, but for the bias, into `product`.
template <typename Value, typename Real>
void PassEngine::products_by_feature(const std::vector<Value>& values, const Real* residual, Index padded,
                                     Parameters& product) const {
  const ByFeature& by = by_feature_;
  parallel_for(threads_, threads_, [&](Index part) {
    Padded<Real> sum(padded);
    for (Index j = by.bounds[part]; j < by.bounds[part + 1]; ++j) {
      const Index from = by.start[j];
      const Index count = by.start[j + 1] - from;
      std::fill(sum.begin(), sum.end(), Real{0});
      add_scores(by.rows.data() + from, values.data() + from, count, residual, padded, sum.data());
      std::copy_n(sum.begin(), product.cols(), product.row(j).data());
    }
  });
}

template <typename Real>
void PassEngine::run_sparse(const Parameters* first, const Parameters* second, const BlockKernel<Real>& kernel,
                            Parameters* product, Columns which) const {
  const CsrView& x = *features_.sparse();
  const bool one = which == Columns::kOne;
  const Index n = x.rows(), columns = one ? 1 : classes_, padded = padded_size(columns);
  const Index blocks = (n + block_rows_ - 1) / block_rows_, ld = block_rows_;
  const Padded<Real> w = padded_rows<Real>(first, padded, threads_), w2 = padded_rows<Real>(second, padded, threads_);
  Padded<Real> residual(product ? n * padded : 0, Real{0});

  StopTest stopped(stop_);

  parallel_for(chunks_, threads_, [&](Index chunk) {
    std::vector<Real> z(classes_ * ld), z2(second ? z.size() : 0);
    const Index last = (classes_ - columns) * ld;  // where the scores of the columns begin
    for (Index b = part_begin(blocks, chunks_, chunk); b < part_begin(blocks, chunks_, chunk + 1) && !stopped(); ++b) {
      const Index begin = b * block_rows_, rows = std::min(block_rows_, n - begin);
      if (first) block_scores(x, w, columns, padded, begin, rows, ld, z.data() + last);
      if (second) block_scores(x, w2, columns, padded, begin, rows, ld, z2.data() + last);
      if (one) mirror_scores(z.data(), ld);
      if (one && second) mirror_scores(z2.data(), ld);
      kernel({chunk, begin, rows, ld, z.data(), second ? z2.data() : nullptr});
      if (one) fold_residual(z.data(), ld);
      for (Index r = 0; product && r < rows; ++r) {
        for (Index c = 0; c < columns; ++c) residual[(begin + r) * padded + c] = z[last + c * ld + r];
      }
    }
  });
  if (stopped.has_stopped()) throw PassStopped();
  if (!product) return;
  product->resize(x.cols + 1, columns);
  const auto multiply = [&](const auto& values) {
    if (which != Columns::kSquared) return products_by_feature(values, residual.data(), padded, *product);
    auto squares = values;
    for (auto& value : squares) value *= value;
    products_by_feature(squares, residual.data(), padded, *product);
  };
  by_feature_.doubles.empty() ? multiply(by_feature_.values) : multiply(by_feature_.doubles);
  product->row(x.cols).setZero();
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < columns; ++c) (*product)(x.cols, c) += static_cast<double>(residual[i * padded + c]);
  }
}

template void PassEngine::run_sparse<float>(const Parameters*, const Parameters*, const BlockKernel<float>&,
                                            Parameters*, Columns) const;
template void PassEngine::run_sparse<double>(const Parameters*, const Parameters*, const BlockKernel<double>&,
                                             Parameters*, Columns) const;

}  // namespace poise::inline convex
