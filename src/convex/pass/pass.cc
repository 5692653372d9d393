#include "convex/pass/pass.h"

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
#include "convex/pass/dense_rows.h"
#include "convex/pass/kernels.h"
#include "convex/pass/two_classes.h"
#include "rows/storage.h"

namespace poise::inline convex {
namespace {

// A block of 256 KiB in float32 sits in the level-2 cache beside the weights. Measured on 60000×784×10, two threads, by
// bytes a block: see bench/README.md.
constexpr Index kBlockBytes = 256 * 1024;
constexpr Index kMaxChunks = 32;
// A feature's part of X̃ᵀR in a section of sparse rows should have some more numbers than it costs to add it to others.
constexpr Index kSectionEntries = 64;

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

void append(std::vector<double>& to, const std::vector<double>& more) { to.insert(to.end(), more.begin(), more.end()); }

/// All rows there are.
Share all_rows(const Problem& problem) {
  const ChunkGrid grid(problem.features);
  return {grid, {0, grid.chunks}};
}

bool may_have_nonzeros(const Problem& problem, Index most_parameters) {
  constexpr Index kFewClasses = 3;
  return !problem.features.is_sparse() && problem.classes <= kFewClasses &&
         problem.classes * (problem.cols() + 1) <= most_parameters;
}

}  // namespace

int passes_in_parallel(const Problem& problem, int threads) {
  // A pass of less than about 0.2 ms gains nothing from a second thread, and loses a time slice when that thread has to
  // wait for a processor.
  const double work = static_cast<double>(stored_entries(problem.features)) * static_cast<double>(problem.classes);
  return work > 5e6 ? resolve_threads(threads) : 1;
}

ChunkGrid::ChunkGrid(const Features& x) : rows(x.rows()) {
  const Index d = std::max<Index>(x.cols(), 1);
  const bool dense = !x.is_sparse();
  block_rows = dense ? std::clamp<Index>(kBlockBytes / (4 * d) / kRowPadding * kRowPadding, kRowPadding, 512) : 128;
  divide({0, rows});
  const auto is_bound = [&](Index row) { return std::ranges::binary_search(bounds, row); };
  if (!std::ranges::all_of(x.first_rows(), is_bound)) divide(x.first_rows());
  if (dense || chunks < kMaxChunks) return;
  while (sections < chunks && stored_entries(x) >= 2 * sections * d * kSectionEntries) sections *= 2;
}

/// Chunks between each two of these rows, about 32 in all.
void ChunkGrid::divide(const std::vector<Index>& first_rows) {
  bounds = {0};
  for (std::size_t k = 0; k + 1 < first_rows.size(); ++k) {
    const Index first = first_rows[k], end = first_rows[k + 1], blocks = (end - first + block_rows - 1) / block_rows;
    const Index share = (kMaxChunks * (end - first) + rows - 1) / std::max<Index>(rows, 1);
    const Index parts = std::clamp<Index>(share, 1, std::max<Index>(blocks, 1));
    if (end == first && rows > 0) continue;
    for (Index part = 1; part <= parts; ++part)
      bounds.push_back(std::min(end, first + part_begin(blocks, parts, part) * block_rows));
  }
  chunks = std::ssize(bounds) - 1;
}

TreeNode ChunkGrid::chunks_between(Index first_row, Index end_row) const {
  const auto at = [&](Index row) { return std::ranges::lower_bound(bounds, row) - bounds.begin(); };
  return {at(first_row), at(end_row)};
}

Index ChunkGrid::longest_sum(bool sparse) const {
  Index longest = 0;
  for (Index k = 0; k < chunks; ++k) longest = std::max(longest, begin(k + 1) - begin(k));
  const Index in_a_part = (sparse ? (rows + sections - 1) / sections : longest) + block_rows;
  if (sparse) return in_a_part;
  return std::min(in_a_part, kBlocksInARow * block_rows + in_a_part / (kBlocksInARow * block_rows) + 1);
}

Sums& Sums::operator+=(const Sums& other) {
  if (other.product.size() > 0) product += other.product;
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] += other.numbers[k];
  append(list, other.list);
  return *this;
}

PassEngine::PassEngine(const Problem& problem, int threads, const std::optional<Share>& share)
    : problem_(problem),
      features_(problem.features),
      share_(share ? *share : all_rows(problem)),
      threads_(passes_in_parallel(problem, threads)) {
  if (features_.is_sparse()) transpose_features();
}

TreeSum<Sums> PassEngine::run_chunks(Index numbers, const AddRows& add) const {
  TreeSum<Sums> tree(grid().chunks);
  const Index first = share_.chunks.first;
  StopTest stopped([this] { return (stop_ && stop_()) || (also_ && *also_ && (*also_)()); });
  parallel_for(share_.chunks.end - first, threads_, [&](Index number) {
    const Index chunk = first + number;
    Sums sums;
    sums.numbers.assign(numbers, 0);
    add(local_row(chunk), local_row(chunk + 1), sums, stopped);
    if (!stopped.has_stopped()) tree.add({chunk, chunk + 1}, std::move(sums));
  });
  if (stopped.has_stopped()) throw PassStopped();
  return tree;
}

template <typename Real>
TreeSum<Sums> PassEngine::run_columns(const Pass& pass, const BlockKernel<Real>& kernel, Columns columns) const {
  const bool one = columns == Columns::kOne;
  Pass narrow = pass;
  Parameters first, second;
  if (one && pass.first) first = half_difference(*pass.first), narrow.first = &first;
  if (one && pass.second) second = half_difference(*pass.second), narrow.second = &second;
  return features_.is_sparse() ? run_sparse(narrow, kernel, columns) : run_dense(narrow, kernel, columns);
}

TreeSum<Sums> PassEngine::run_squared(const BlockKernel<float>& kernel) const {
  return run_columns<float>({.product = true}, kernel, Columns::kSquared);
}

template <typename Real>
TreeSum<Sums> PassEngine::run_dense(const Pass& pass, const BlockKernel<Real>& kernel, Columns which) const {
  const bool one = which == Columns::kOne, reads = pass.first || pass.second || pass.product;
  const Index d = features_.cols(), classes = problem_.classes, columns = one ? 1 : classes, ld = block_rows();
  const bool in_double = std::is_same_v<Real, double>;
  const BlockProducts<Real> products(problem_, columns, which == Columns::kSquared, in_double ? nonzeros() : nullptr);
  const RealLayer<Real> layer(pass.first, products.width()), other(pass.second, products.width());

  return run_chunks(pass.numbers, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    typename BlockProducts<Real>::Block x;
    std::vector<Real> z(classes * ld), z2(pass.second ? z.size() : 0);
    const Index last = (classes - columns) * ld;  // where the scores of the columns begin
    MatrixOf<Real> sum = MatrixOf<Real>::Zero(pass.product ? columns : 0, products.width());
    Matrix total = Matrix::Zero(sum.rows(), sum.rows() > 0 ? d + 1 : 0);
    Vector bias_sum = Vector::Zero(sum.rows());
    const auto flush = [&] {
      total.leftCols(d) += sum.leftCols(d).template cast<double>();
      total.col(d) += bias_sum;
    };
    Index blocks = 0;
    for (Index begin = first; begin < end && !stopped(); begin += ld) {
      const Index rows = std::min(ld, end - begin);
      if (reads) products.read(begin, rows, x);
      if (pass.first) products.scores(layer, x, ld, z.data() + last);
      if (pass.second) products.scores(other, x, ld, z2.data() + last);
      if (one) mirror_scores(z.data(), ld);
      if (one && pass.second) mirror_scores(z2.data(), ld);
      kernel({begin, rows, ld, z.data(), pass.second ? z2.data() : nullptr, sums});
      if (reads) features_.touched(begin, rows);
      if (!pass.product) continue;
      if (one) fold_residual(z.data(), ld);
      if (++blocks > kBlocksInARow) flush(), sum.setZero(), bias_sum.setZero(), blocks = 1;
      products.add_product(z.data() + last, ld, x, sum.data());
      add_rows(z.data() + last, ld, rows, bias_sum);
    }
    if (!pass.product || stopped.has_stopped()) return;
    flush();
    const Parameters product = total.transpose();
    sums.product = one ? both_signs(product) : product;
  });
}

const NonzeroRows* PassEngine::nonzeros() const {
  constexpr Index kFewParameters = 400;
  if (!std::exchange(looked_for_nonzeros_, true) && may_have_nonzeros(problem_, kFewParameters) &&
      share_.nonzeros.value_or(true))
    nonzeros_ = NonzeroRows::find(problem_, threads_, share_.nonzeros.has_value());
  return nonzeros_.get();
}

Share PassEngine::whole(const Problem& problem, int threads) {
  Share share = all_rows(problem);
  share.nonzeros = !problem.features.is_elsewhere() && may_have_nonzeros(problem, kMostParametersOfHessian) &&
                   NonzeroRows::find(problem, threads);
  return share;
}

template TreeSum<Sums> PassEngine::run_columns<float>(const Pass&, const BlockKernel<float>&, Columns) const;
template TreeSum<Sums> PassEngine::run_columns<double>(const Pass&, const BlockKernel<double>&, Columns) const;

TreeSum<Sums> PassEngine::centered_gram(const Vector& center) const {
  const Index d = features_.cols(), strip = 256;
  const Eigen::RowVectorXf shift = center.transpose().cast<float>();
  return run_chunks(0, [&](Index first, Index end, Sums& sums, StopTest& stopped) {
    MatrixF sum = MatrixF::Zero(d, d), rows_scaled(strip, d);
    std::vector<float> scratch;
    for (Index i = first; i < end && !stopped(); i += strip) {
      const Index rows = std::min(strip, end - i);
      const Eigen::Map<const MatrixF> x(rows_as<float>(problem_, i, rows, d, false, scratch), rows, d);
      for (Index r = 0; r < rows; ++r) {
        rows_scaled.row(r) = (x.row(r) - shift) * static_cast<float>(std::sqrt(problem_.row_weight[i + r]));
      }
      features_.touched(i, rows);
      syrk_transposed(d, rows, rows_scaled.data(), d, sum.data(), d);
    }
    sums.product = sum.cast<double>();
  });
}

}  // namespace poise::inline convex
