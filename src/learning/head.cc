// The boundary: scores to probabilities, losses and the adjoint Y*_L of every row (THEORY 3.1).
#include <algorithm>
#include <cmath>

#include "learning/batch.h"

namespace poise::learning {

struct Target {
  const float* values;  // t
  Index label;          // its first largest entry
  bool one_hot;
};

namespace {

float sigmoid(float y) { return 1 / (1 + std::exp(-y)); }

/// Without branches, which random scores would mispredict.
float greatest(const float* v, Index count) {
  float found = v[0];
  for (Index k = 1; k < count; ++k) found = std::max(found, v[k]);
  return found;
}

/// t of one row after another. Labels change two numbers a row; only soft targets are written anew.
class Targets {
 public:
  explicit Targets(const Problem& problem)
      : problem_(problem),
        off_(static_cast<float>(problem.smoothing / static_cast<double>(problem.classes))),
        on_(static_cast<float>(problem.smoothing / static_cast<double>(problem.classes) + (1 - problem.smoothing))),
        values_(static_cast<std::size_t>(problem.classes), off_) {
    if (problem.labels.empty()) exact_.resize(values_.size());
  }

  Target of(Index row) {
    if (!exact_.empty()) {
      problem_.target_of(row, exact_);
      std::copy(exact_.begin(), exact_.end(), values_.begin());
      label_ = std::max_element(values_.begin(), values_.end()) - values_.begin();
    } else {
      values_[static_cast<std::size_t>(label_)] = off_;
      label_ = problem_.labels[static_cast<std::size_t>(row)];
      values_[static_cast<std::size_t>(label_)] = on_;
    }
    return {values_.data(), label_, exact_.empty() && off_ == 0};
  }

 private:
  const Problem& problem_;
  const float off_, on_;
  std::vector<float> values_;
  std::vector<double> exact_;
  Index label_ = 0;
};

}  // namespace

/// Y*_L of a chunk and, if they are to `count`, its sums.
void Batch::head(const Chunk& c, bool count) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  Targets targets(problem_);
  if (options_.loss == Loss::kCrossEntropy) exponentials_of_scores(c, at(adjoint_, last, c.begin));
  BatchSums ignored, &sums = count ? chunk_sums_[static_cast<std::size_t>(c.number)] : ignored;
  const double mean = options_.reduction == Reduction::kMean ? 1 / static_cast<double>(rows_.size()) : 1;
  for (Index i = 0; i < c.rows; ++i) {
    const Target target = targets.of(rows_[static_cast<std::size_t>(c.begin + i)]);
    float *scores = at(activation_, last, c.begin + i), *adjoint = at(adjoint_, last, c.begin + i);
    const double weight = row_weight(c.begin + i);
    share_[static_cast<std::size_t>(c.begin + i)] = static_cast<float>(weight * mean);
    const float top = greatest(scores, classes);
    const bool correct = std::find(scores, scores + target.label + 1, top) == scores + target.label;
    double gap = 0;
    const double loss = options_.loss == Loss::kCrossEntropy ? softmax_row(target, scores, top, adjoint, gap)
                                                             : sigmoid_row(target.values, scores, adjoint);
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

/// to ← e^{z − max z} of every row, without gaps: all rows in one go, since ten classes do not fill a vector.
void Batch::exponentials_of_scores(const Chunk& c, float* to) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  for (Index i = 0; i < c.rows; ++i) {
    const float* scores = at(activation_, last, c.begin + i);
    const float top = greatest(scores, classes);
    for (Index k = 0; k < classes; ++k) to[i * classes + k] = scores[k] - top;
  }
  exponentials(to, c.rows * classes);
}

/// ℓ = lse(z) − ⟨t, z⟩, Y* = p − t, and `gap` = CE − H(p) = ⟨z, p − t⟩ (THEORY 1.7). `top` = max z; `adjoint` holds the
/// exponentials.
double Batch::softmax_row(const Target& target, const float* scores, float top, float* adjoint, double& gap) const {
  const Index classes = layout_.outputs(layout_.layers());
  auto shifted = [&](Index k) { return static_cast<double>(scores[k] - top); };
  double sum = 0, expected = 0;
  for (Index k = 0; k < classes; ++k) sum += static_cast<double>(adjoint[k]);
  if (target.one_hot) {
    expected = shifted(target.label);
  } else {
    for (Index k = 0; k < classes; ++k) expected += static_cast<double>(target.values[k]) * shifted(k);
  }
  const auto inverse = static_cast<float>(1 / sum);
  for (Index k = 0; k < classes; ++k) {
    adjoint[k] = adjoint[k] * inverse - target.values[k];
    gap += shifted(k) * static_cast<double>(adjoint[k]);
  }
  return std::log(sum) - expected;
}

/// One sigmoid a class, p = σ(z). Binary cross-entropy: ℓ = Σ softplus(z) − t z, Y* = p − t. Squared error:
/// ℓ = ½‖p − t‖², Y* = (p − t) ∘ p(1 − p); for the published code's rule what THEORY 3.5 derives. Scores become p.
double Batch::sigmoid_row(const float* target, float* scores, float* adjoint) const {
  const Index classes = layout_.outputs(layout_.layers());
  double loss = 0;
  for (Index k = 0; k < classes; ++k) {
    const float z = scores[k], p = sigmoid(z), error = p - target[k];
    scores[k] = p;
    if (options_.loss == Loss::kBinaryCrossEntropy) {
      loss += std::max(z, 0.0f) - z * target[k] + std::log1p(std::exp(-std::abs(z)));
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
