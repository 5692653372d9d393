// Products with the Gauss–Newton matrix of a batch: what the step rule needs to know the unit of curvature.
#include <algorithm>

#include "learning/batch.h"

namespace poise::learning {
namespace {

/// e^z to probabilities in place; returns ⟨p, v⟩.
float softmax_mean(float* p, const float* v, Index count) {
  float sum = 0, mean = 0;
  for (Index k = 0; k < count; ++k) sum += p[k];
  for (Index k = 0; k < count; ++k) mean += (p[k] /= sum) * v[k];
  return mean;
}

}  // namespace

/// Forward: Ẏ_l = X_{l−1} V_lᵀ + v_l + Ẋ_{l−1} W_lᵀ, Ẋ_l = Ẏ_l ∘ σ'(Y_l). Into adjoint_.
void Batch::tangent(const Chunk& c, const float* direction) {
  for (Index l = 1; l <= layout_.layers(); ++l) {
    const Rectangle part = rectangle(c, l);
    float* change = at(adjoint_, l, c.begin);
    propagate(c, l, direction, change);
    if (l > 1) add_change_from_below(c, l, change);
    add_bias_and_activate(Activation::kIdentity, direction + layout_.bias(l), change, part.stride, change, part);
    if (l < layout_.layers()) through_activation(c, l, change);
  }
}

/// Times σ'(Y_l) and the mask of dropout. States that a rule has moved are not σ(Y_l); their predictions are.
void Batch::through_activation(const Chunk& c, Index l, float* change) {
  const Rectangle part = rectangle(c, l);
  const bool dropped = !mask_.empty(), moved = options_.rule == Rule::kPredictiveCoding;
  const float* x = at(dropped ? undropped_ : moved ? predicted_ : activation_, l, c.begin);
  times_derivative(options_.activation, x, change, part.stride, change, part);
  if (dropped) multiply_by(at(mask_, l, c.begin), change, part);
}

/// Ẏ_l += Ẋ_{l−1} W_lᵀ
void Batch::add_change_from_below(const Chunk& c, Index l, float* change) {
  const Index n = layout_.outputs(l), k = layout_.inputs(l);
  for (Index p = 0; p < layout_.parts(l); ++p) {
    const auto [column, columns, weights] = layout_.part(l, p);
    multiply({false, false, c.rows, columns, k, k, columns, n, true}, at(adjoint_, l - 1, c.begin),
             parameters_ + weights, change + column);
  }
}

/// Ẏ_L ← R Ẏ_L with each row's share. R is the Hessian of ℓ in Y_L, for the squared error its Gauss–Newton part:
/// diag p − p pᵀ for the softmax head, diag p(1 − p) for binary cross-entropy, its square for the squared error.
void Batch::head_curvature(const Chunk& c) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  const bool softmax = options_.loss == Loss::kCrossEntropy;
  float* exponentials = softmax ? scratch(c.rows * classes) : nullptr;
  if (softmax) exponentials_of_scores(c, exponentials);
  for (Index i = 0; i < c.rows; ++i) {
    float* change = at(adjoint_, last, c.begin + i);
    const float* p = softmax ? exponentials + i * classes : at(activation_, last, c.begin + i);
    const float mean = softmax ? softmax_mean(exponentials + i * classes, change, classes) : 0;
    const float share = share_[c.begin + i];
    for (Index k = 0; k < classes; ++k) {
      const float slope = softmax ? p[k] : p[k] * (1 - p[k]);  // of binary cross-entropy: σ'
      change[k] = share * (options_.loss == Loss::kSquared ? slope * slope : slope) * (change[k] - mean);
    }
  }
}

void Batch::gauss_newton(Team& team, const Floats& direction) {
  team.share(chunk_count(), [&](Index number) {
    const Chunk c = chunk(number);
    tangent(c, direction.data());
    head_curvature(c);
    for (Index l = layout_.layers(); l >= 1; --l) {
      float* adjoint = at(adjoint_, l, c.begin);
      if (l < layout_.layers()) through_activation(c, l, adjoint);
      keep_rounded(c, l);
      if (l > 1) back(c, l, adjoint, at(adjoint_, l - 1, c.begin));
    }
  });
  tile_gradients(team);
}

}  // namespace poise::learning
