// The boundary: scores to probabilities, losses and the adjoint Y*_L of every row
// (docs/theory/network.md#f-propagation-and-f-adjoint).
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "learning/workspace.h"

namespace poise::learning {
namespace {

/// Of an adjoint: of features both losses have the error there.
double squared_norm(const float* v, Index count) {
  return std::transform_reduce(v, v + count, 0.0, std::plus<>(), [](float x) { return static_cast<double>(x) * x; });
}

Index first_largest(const std::vector<double>& v) { return std::max_element(v.begin(), v.end()) - v.begin(); }

}  // namespace

/// to ← the targets t of a chunk, `wanted` the class of each: the first largest entry of t.
void Workspace::targets(const Chunk& c, float* to, Index* wanted) const {
  const Index classes = layout_.outputs(layout_.layers());
  const double share = problem_.smoothing / static_cast<double>(classes);
  const auto off = static_cast<float>(share), on = static_cast<float>(share + (1 - problem_.smoothing));
  if (options_.target == Target::kFeatures) {
    for (Index i = 0; i < c.rows; ++i, to += classes) {
      load_row(problem_.features, scaling_.target, rows_[c.begin + i], to);
      wanted[i] = 0;
    }
    return;
  }
  std::vector<double> exact(problem_.labels.empty() ? classes : 0);
  for (Index i = 0; i < c.rows; ++i, to += classes) {
    const Index row = rows_[c.begin + i];
    if (exact.empty()) {
      wanted[i] = problem_.labels[row];
      std::fill_n(to, classes, off);
      to[wanted[i]] = on;
    } else {
      problem_.target_of(row, exact);
      std::copy(exact.begin(), exact.end(), to);
      wanted[i] = first_largest(exact);
    }
  }
}

/// Y*_L of a chunk from its scores; of every row ℓ, the gap CE − H, the class wanted and the first one of largest
/// score.
void Workspace::find_losses(const Chunk& c, Index* wanted, float* best, double* gap) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  float *scores = at(activation_, last, c.begin), *adjoint = at(adjoint_, last, c.begin);
  targets(c, adjoint, wanted);
  loss_.find(scores, c.rows, classes, adjoint, {losses_.data() + c.begin, gap, best}, scratch(kChunkRows * classes));
  if (options_.entropy_weight != 0) add_entropy(c);
}

/// What a weight κ of the entropy adds to a chunk, with p = softmax(z): ℓ ← ℓ + κ H(p), Y*_L ← Y*_L − κ p ∘ (z − ⟨p,
/// z⟩). And Var_p(z) of every row.
void Workspace::add_entropy(const Chunk& c) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  const double weight = options_.entropy_weight;
  std::vector<double> p(classes);
  for (Index i = c.begin; i < c.begin + c.rows; ++i) {
    const float* z = at(activation_, last, i);
    float* adjoint = at(adjoint_, last, i);
    const double top = *std::max_element(z, z + classes);
    double sum = 0, mean = 0, variance = 0;
    for (Index k = 0; k < classes; ++k) sum += p[k] = std::exp(z[k] - top);
    for (Index k = 0; k < classes; ++k) mean += (p[k] /= sum) * (z[k] - top);
    for (Index k = 0; k < classes; ++k) {
      const double from_mean = z[k] - top - mean;
      variance += p[k] * from_mean * from_mean;
      adjoint[k] -= static_cast<float>(weight * p[k] * from_mean);
    }
    losses_[i] += weight * (std::log(sum) - mean);
    score_variances_[i] = variance;
  }
}

/// Y*_L of a chunk, and its sums.
void Workspace::head(const Chunk& c) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  std::array<Index, kChunkRows> wanted;
  std::array<float, kChunkRows> best;
  std::array<double, kChunkRows> gap;
  find_losses(c, wanted.data(), best.data(), gap.data());
  BatchSums& sums = chunk_sums_[c.number];
  const double mean = options_.reduction == Reduction::kMean ? 1 / static_cast<double>(rows_.size()) : 1;
  for (Index i = 0; i < c.rows; ++i) {
    const double weight = row_weight(c.begin + i), loss = losses_[c.begin + i];
    share_[c.begin + i] = static_cast<float>(weight * mean);
    sums.weight += weight;
    sums.loss += weight * loss;
    sums.entropy_gap += weight * gap[i];
    if (options_.entropy_weight != 0) sums.score_variance += weight * score_variances_[c.begin + i];
    sums.worst_loss = std::max(sums.worst_loss, weight * loss);
    if (options_.target == Target::kFeatures) {
      sums.correct += weight * (1 - squared_norm(at(adjoint_, last, c.begin + i), classes) / scaling_.variance);
    } else {
      sums.correct += static_cast<Index>(best[i]) == wanted[i] ? weight : 0;
    }
  }
  if (rule_.by_rows) return;  // gets adjoints of single rows
  for (Index i = c.begin; i < c.begin + c.rows; ++i) {
    rule_.by_layer->change_output(at(activation_, last, i), at(adjoint_, last, i), classes);
  }
  share_out(c, last);
}

/// Y*_l of every row of a chunk times the row's share in the batch's gradient.
void Workspace::share_out(const Chunk& c, Index l) {
  const Index n = layout_.width(l);
  for (Index i = 0; i < c.rows; ++i) {
    float* adjoint = at(adjoint_, l, c.begin + i);
    const float share = share_[c.begin + i];
    for (Index k = 0; k < n; ++k) adjoint[k] *= share;
  }
}

}  // namespace poise::learning
