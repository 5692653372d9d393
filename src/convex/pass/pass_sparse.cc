// The pass over sparse rows. Scores go row by row. The product X̃ᵀR goes feature by feature, on a second copy of X by
// features: a feature's sum stays in registers and R, which has a row a row of X, in cache. Of many rows the sum is
// one along the tree of sections, each one or some chunks, for the owners of different sections.
#include <algorithm>
#include <bit>
#include <vector>

#include "base/aligned.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/require.h"
#include "base/stoppable.h"
#include "convex/pass/kernels.h"
#include "convex/pass/pass.h"
#include "convex/pass/two_classes.h"

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
  const std::size_t d = x.cols, sections = grid().sections, of_section = grid().chunks / sections;
  ByFeature& to = by_feature_;
  to.start.assign(d * sections + 1, 0);
  const auto for_each_section = [&](const auto& visit) {  // visit(section, first row, end)
    const TreeNode chunks = share_.chunks;
    for (std::size_t s = chunks.first / of_section; s * of_section < static_cast<std::size_t>(chunks.end); ++s)
      visit(s, local_row(s * of_section), local_row((s + 1) * of_section));
  };
  for_each_section([&](std::size_t s, Index first, Index end) {
    for (Index e = x.row_start[first]; e < x.row_start[end]; ++e) ++to.start[x.columns[e] * sections + s + 1];
  });
  for (std::size_t k = 1; k < to.start.size(); ++k) to.start[k] += to.start[k - 1];
  to.rows.resize(x.columns.size());
  to.values.resize(x.values.size()), to.doubles.resize(x.doubles.size());
  std::vector<Index> next(to.start.begin(), to.start.end() - 1);
  for_each_section([&](std::size_t s, Index first, Index end) {
    for (Index i = first; i < end; ++i) {
      for (Index e = x.row_start[i]; e < x.row_start[i + 1]; ++e) {
        const Index place = next[x.columns[e] * sections + s]++;
        to.rows[place] = static_cast<std::int32_t>(i);
        x.doubles.empty() ? to.values[place] = x.values[e] : to.doubles[place] = x.doubles[e];
      }
    }
  });
  for (Index part = 0; part <= threads_; ++part) {
    const auto bound = std::lower_bound(to.start.begin(), to.start.end(), part_begin(to.start.back(), threads_, part));
    const Index feature = (bound - to.start.begin()) / static_cast<Index>(sections);
    to.bounds.push_back(part == 0 ? 0 : part == threads_ ? x.cols : feature);
  }
}

/// X̃ᵀR of some sections, but for the bias, into `product`: for every feature along the tree of its sections.
template <typename Value, typename Real>
void PassEngine::products_by_feature(const std::vector<Value>& values, const Real* residual, Index padded,
                                     TreeNode sections, Parameters& product) const {
  const ByFeature& by = by_feature_;
  const Index all = grid().sections, classes = product.cols();
  const Index levels = std::bit_width(static_cast<std::size_t>(sections.end - sections.first));
  parallel_for(threads_, threads_, [&](Index part) {
    Padded<Real> sum(padded);
    std::vector<double> sums(levels * classes);  // those that wait for their other half
    for (Index j = by.bounds[part]; j < by.bounds[part + 1]; ++j) {
      Index waiting = 0;
      for (Index s = sections.first; s < sections.end; ++s) {
        const Index from = by.start[j * all + s], count = by.start[j * all + s + 1] - from;
        std::fill(sum.begin(), sum.end(), Real{0});
        add_scores(by.rows.data() + from, values.data() + from, count, residual, padded, sum.data());
        double* top = sums.data() + waiting++ * classes;
        std::copy_n(sum.begin(), classes, top);
        for (Index done = s - sections.first + 1; done % 2 == 0; done /= 2, --waiting, top -= classes) {
          for (Index c = 0; c < classes; ++c) top[c - classes] += top[c];
        }
      }
      std::copy_n(sums.begin(), classes, product.row(j).data());
    }
  });
}

template <typename Real>
TreeSum<Sums> PassEngine::run_sparse(const Pass& pass, const BlockKernel<Real>& kernel, Columns which) const {
  const CsrView& x = *features_.sparse();
  const bool one = which == Columns::kOne;
  const Index classes = problem_.classes, columns = one ? 1 : classes, padded = padded_size(columns), ld = block_rows();
  const Padded<Real> w = padded_rows<Real>(pass.first, padded, threads_),
                     w2 = padded_rows<Real>(pass.second, padded, threads_);
  Padded<Real> residual(pass.product ? x.rows() * padded : 0, Real{0});

  TreeSum<Sums> of_chunks = run_chunks(pass.numbers, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    std::vector<Real> z(classes * ld), z2(pass.second ? z.size() : 0);
    const Index last = (classes - columns) * ld;                    // where the scores of the columns begin
    if (pass.product) sums.product = Parameters::Zero(1, columns);  // of the biases
    for (Index begin = first; begin < end && !stopped(); begin += ld) {
      const Index rows = std::min(ld, end - begin);
      if (pass.first) block_scores(x, w, columns, padded, begin, rows, ld, z.data() + last);
      if (pass.second) block_scores(x, w2, columns, padded, begin, rows, ld, z2.data() + last);
      if (one) mirror_scores(z.data(), ld);
      if (one && pass.second) mirror_scores(z2.data(), ld);
      kernel({begin, rows, ld, z.data(), pass.second ? z2.data() : nullptr, sums});
      if (!pass.product) continue;
      if (one) fold_residual(z.data(), ld);
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < columns; ++c) {
          const Real value = z[last + c * ld + r];
          residual[(begin + r) * padded + c] = value;
          sums.product(0, c) += static_cast<double>(value);
        }
      }
    }
  });
  if (!pass.product) return of_chunks;
  TreeSum<Sums> found(grid().chunks);
  for (auto& [node, sums] : of_chunks.parts()) {
    Parameters product(x.cols + 1, columns);
    const auto multiply = [&](const auto& values) {
      products_by_feature(values, residual.data(), padded, sections_of(node), product);
    };
    const auto multiply_squares = [&](auto values) {
      for (auto& value : values) value *= value;
      multiply(values);
    };
    const bool squared = which == Columns::kSquared;
    if (by_feature_.doubles.empty()) {
      squared ? multiply_squares(by_feature_.values) : multiply(by_feature_.values);
    } else {
      squared ? multiply_squares(by_feature_.doubles) : multiply(by_feature_.doubles);
    }
    product.row(x.cols) = sums.product;
    sums.product = one ? both_signs(product) : std::move(product);
    found.add(node, std::move(sums));
  }
  return found;
}

TreeNode PassEngine::sections_of(TreeNode chunks) const {
  const Index of_section = grid().chunks / grid().sections;
  require(chunks == TreeNode{0, grid().chunks} || (chunks.first % of_section == 0 && chunks.end % of_section == 0),
          "rows that end within a section", "whole ones");
  return {chunks.first / of_section, std::max(chunks.end / of_section, chunks.first / of_section + 1)};
}

template TreeSum<Sums> PassEngine::run_sparse<float>(const Pass&, const BlockKernel<float>&, Columns) const;
template TreeSum<Sums> PassEngine::run_sparse<double>(const Pass&, const BlockKernel<double>&, Columns) const;

}  // namespace poise::inline convex
