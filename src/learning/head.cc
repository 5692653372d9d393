// The boundary: scores to probabilities, losses and the adjoint Y*_L of every row (THEORY 3.1).
#include <algorithm>
#include <cmath>

#include "learning/batch.h"

namespace poise::learning {
namespace {

/// σ'(y) of the sigmoid at y itself.
float sigmoid_derivative(float y) {
  const float s = 1 / (1 + std::exp(-y));
  return s * (1 - s);
}

Index largest(const float* v, Index count) { return std::max_element(v, v + count) - v; }

}  // namespace

/// Y*_L of a chunk and, if they are to `count`, its sums.
void Batch::head(const Chunk& c, bool count) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  std::vector<double> exact(static_cast<std::size_t>(classes));
  std::vector<float> target(static_cast<std::size_t>(classes));
  if (options_.loss == Loss::kCrossEntropy) exponentials_of_scores(c);
  BatchSums ignored, &sums = count ? chunk_sums_[static_cast<std::size_t>(c.number)] : ignored;
  const double mean = options_.reduction == Reduction::kMean ? 1 / static_cast<double>(rows_.size()) : 1;
  for (Index i = 0; i < c.rows; ++i) {
    const Index row = rows_[static_cast<std::size_t>(c.begin + i)];
    problem_.target_of(row, exact);
    std::copy(exact.begin(), exact.end(), target.begin());
    float *scores = at(activation_, last, c.begin + i), *adjoint = at(adjoint_, last, c.begin + i);
    const double weight = row_weight(c.begin + i);
    share_[static_cast<std::size_t>(c.begin + i)] = static_cast<float>(weight * mean);
    const bool correct = largest(scores, classes) == largest(target.data(), classes);
    double gap = 0;
    const double loss = options_.loss == Loss::kCrossEntropy ? softmax_row(target.data(), scores, adjoint, gap)
                                                             : sigmoid_row(target.data(), scores, adjoint);
    sums.weight += weight;
    sums.loss += weight * loss;
    sums.entropy_gap += weight * gap;
    sums.correct += correct ? weight : 0;
  }
  if (!states_move_) share_out(c, last);
}

/// Y*_l of every row of a chunk times the row's share in the batch's gradient.
void Batch::share_out(const Chunk& c, Index l) {
  const Index n = layout_.width(l);
  for (Index i = 0; i < c.rows; ++i) {
    float* adjoint = at(adjoint_, l, c.begin + i);
    const float share = share_[static_cast<std::size_t>(c.begin + i)];
    for (Index k = 0; k < n; ++k) adjoint[k] *= share;
  }
}

/// e^{z − max z} of every row, where its adjoint will be: all rows in one go, since ten classes do not fill a vector.
void Batch::exponentials_of_scores(const Chunk& c) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  for (Index i = 0; i < c.rows; ++i) {
    const float* scores = at(activation_, last, c.begin + i);
    float* shifted = at(adjoint_, last, c.begin + i);
    const float top = *std::max_element(scores, scores + classes);
    for (Index k = 0; k < classes; ++k) shifted[k] = scores[k] - top;
  }
  exponentials(at(adjoint_, last, c.begin), c.rows * classes);
}

/// ℓ = lse(z) − ⟨t, z⟩, Y* = p − t, and `gap` = CE − H(p) = ⟨z, p − t⟩ (THEORY 1.7). `adjoint` holds the exponentials.
double Batch::softmax_row(const float* target, const float* scores, float* adjoint, double& gap) const {
  const Index classes = layout_.outputs(layout_.layers());
  const float top = *std::max_element(scores, scores + classes);
  double sum = 0, expected = 0;
  for (Index k = 0; k < classes; ++k) {
    sum += static_cast<double>(adjoint[k]);
    expected += static_cast<double>(target[k]) * static_cast<double>(scores[k] - top);
  }
  const auto inverse = static_cast<float>(1 / sum);
  for (Index k = 0; k < classes; ++k) {
    adjoint[k] = adjoint[k] * inverse - target[k];
    gap += static_cast<double>(scores[k] - top) * static_cast<double>(adjoint[k]);
  }
  return std::log(sum) - expected;
}

/// One sigmoid a class, p = σ(z). Binary cross-entropy: ℓ = Σ softplus(z) − t z, Y* = p − t. Squared error:
/// ℓ = ½‖p − t‖², Y* = (p − t) ∘ p(1 − p); for the published code's rule what THEORY 3.5 derives. Scores become p.
double Batch::sigmoid_row(const float* target, float* scores, float* adjoint) const {
  const Index classes = layout_.outputs(layout_.layers());
  double loss = 0;
  for (Index k = 0; k < classes; ++k) {
    const float z = scores[k], p = 1 / (1 + std::exp(-z)), error = p - target[k];
    scores[k] = p;
    if (options_.loss == Loss::kBinaryCrossEntropy) {
      loss += std::max(z, 0.0f) - z * target[k] + std::log1p(std::exp(-std::abs(z)));
      adjoint[k] = error;
      continue;
    }
    loss += 0.5 * static_cast<double>(error) * static_cast<double>(error);
    adjoint[k] = error * p * (1 - p);
    if (options_.reference_2024) {
      adjoint[k] = sigmoid_derivative(adjoint[k]) * (adjoint[k] + rho_ * (p - adjoint[k]));
    }
  }
  return loss;
}

}  // namespace poise::learning
