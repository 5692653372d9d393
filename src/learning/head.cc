// The boundary: scores to probabilities, losses and the adjoint Y*_L of every row
// (docs/theory/network.md#f-propagation-and-f-adjoint).
#include <algorithm>
#include <array>
#include <cmath>

#include "learning/batch.h"
#include "learning/head_kernels.h"

namespace poise::learning {
namespace {

float sigmoid(float y) { return 1 / (1 + std::exp(-y)); }

template <typename Number>
Index first_largest(const Number* v, Index count) {
  return std::max_element(v, v + count) - v;
}

}  // namespace

/// to ← the targets t of a chunk, `wanted` the class of each: the first largest entry of t.
void Batch::targets(const Chunk& c, float* to, Index* wanted) const {
  const Index classes = layout_.outputs(layout_.layers());
  const double share = problem_.smoothing / static_cast<double>(classes);
  const auto off = static_cast<float>(share), on = static_cast<float>(share + (1 - problem_.smoothing));
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
      wanted[i] = first_largest(exact.data(), classes);
    }
  }
}

/// Y*_L of a chunk and, if they are to `count`, its sums.
void Batch::head(const Chunk& c, bool count) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  std::array<Index, kChunkRows> wanted;
  std::array<float, kChunkRows> best;
  std::array<double, kChunkRows> loss, gap{};
  float *scores = at(activation_, last, c.begin), *adjoint = at(adjoint_, last, c.begin);
  targets(c, adjoint, wanted.data());
  if (options_.loss == Loss::kCrossEntropy) {
    softmax_rows(scores, c.rows, classes, adjoint, {loss.data(), gap.data(), best.data()},
                 scratch(2 * kSoftmaxRows * classes));
  } else {
    for (Index i = 0; i < c.rows; ++i, scores += classes, adjoint += classes) {
      best[i] = static_cast<float>(first_largest(scores, classes));
      loss[i] = sigmoid_row(scores, adjoint);
    }
  }
  BatchSums ignored, &sums = count ? chunk_sums_[c.number] : ignored;
  const double mean = options_.reduction == Reduction::kMean ? 1 / static_cast<double>(rows_.size()) : 1;
  for (Index i = 0; i < c.rows; ++i) {
    const double weight = row_weight(c.begin + i);
    share_[c.begin + i] = static_cast<float>(weight * mean);
    sums.weight += weight;
    sums.loss += weight * loss[i];
    sums.entropy_gap += weight * gap[i];
    sums.worst_loss = std::max(sums.worst_loss, weight * loss[i]);
    sums.correct += static_cast<Index>(best[i]) == wanted[i] ? weight : 0;
  }
  if (!states_move_) share_out(c, last);
}

/// Y*_l of every row of a chunk times the row's share in the batch's gradient.
void Batch::share_out(const Chunk& c, Index l) {
  const Index n = layout_.width(l);
  for (Index i = 0; i < c.rows; ++i) {
    float* adjoint = at(adjoint_, l, c.begin + i);
    const float share = share_[c.begin + i];
    for (Index k = 0; k < n; ++k) adjoint[k] *= share;
  }
}

/// to ← e^{z − max z} of every row, without gaps: all rows in one go, since ten classes do not fill a vector.
void Batch::exponentials_of_scores(const Chunk& c, float* to) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  for (Index i = 0; i < c.rows; ++i) {
    const float* scores = at(activation_, last, c.begin + i);
    const float top = *std::max_element(scores, scores + classes);
    for (Index k = 0; k < classes; ++k) to[i * classes + k] = scores[k] - top;
  }
  exponentials(to, c.rows * classes);
}

/// One sigmoid a class, p = σ(z). Binary cross-entropy: ℓ = Σ softplus(z) − t z, Y* = p − t. Squared error:
/// ℓ = ½‖p − t‖², Y* = (p − t) ∘ p(1 − p); for the published code's rule what
/// docs/theory/network.md#what-the-published-local-program-runs derives. `adjoint` holds t and becomes Y*, scores
/// become p.
double Batch::sigmoid_row(float* scores, float* adjoint) const {
  const Index classes = layout_.outputs(layout_.layers());
  double loss = 0;
  for (Index k = 0; k < classes; ++k) {
    const float z = scores[k], t = adjoint[k], p = sigmoid(z), error = p - t;
    scores[k] = p;
    if (options_.loss == Loss::kBinaryCrossEntropy) {
      loss += std::max(z, 0.0f) - z * t + std::log1p(std::exp(-std::abs(z)));
      adjoint[k] = error;
      continue;
    }
    loss += 0.5 * static_cast<double>(error) * static_cast<double>(error);
    adjoint[k] = error * p * (1 - p);
    if (options_.reference_2024) {
      const float slope = sigmoid(adjoint[k]);  // of σ at the error itself
      adjoint[k] = slope * (1 - slope) * (adjoint[k] + rho_ * (p - adjoint[k]));
    }
  }
  return loss;
}

}  // namespace poise::learning
