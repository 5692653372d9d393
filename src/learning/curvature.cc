// Products with the Gauss–Newton matrix of a batch: what the step rule needs to know the unit of curvature.
#include "learning/workspace.h"

namespace poise::learning {

/// Forward: Ẏ_l = X_{l−1} V_lᵀ + v_l + Ẋ_{l−1} W_lᵀ, Ẋ_l = Ẏ_l ∘ σ'(Y_l). Into adjoint_.
void Workspace::tangent(const Chunk& c, const float* direction) {
  for (Index l = 1; l <= layout_.layers(); ++l) {
    const Rectangle part = rectangle(c, l);
    float* change = at(adjoint_, l, c.begin);
    if (layout_.convolution(l)) {
      tangent_images(c, l, direction, change);
    } else {
      propagate(c, l, direction, change);
      if (l > 1) add_change_from_below(c, l, change);
      add_bias_and_activate(Activation::kIdentity, direction + layout_.bias(l), change, part.stride, change, part);
    }
    if (l < layout_.layers()) through_activation(c, l, change);
  }
}

/// Times σ'(Y_l) and the mask of dropout. States that a rule has moved are not σ(Y_l); their predictions are.
void Workspace::through_activation(const Chunk& c, Index l, float* change) {
  const Rectangle part = rectangle(c, l);
  const bool dropped = drops(l), moved = rule_.moves_states();
  const float* x = at(dropped ? undropped_ : moved ? predicted_ : activation_, l, c.begin);
  times_derivative(options_.activation, x, change, part.stride, change, part);
  if (dropped) multiply_by(at(mask_, l, c.begin), change, part);
}

/// Ẏ_l += Ẋ_{l−1} W_lᵀ
void Workspace::add_change_from_below(const Chunk& c, Index l, float* change) {
  const Index n = layout_.outputs(l), k = layout_.inputs(l);
  for (Index p = 0; p < layout_.parts(l); ++p) {
    const auto [column, columns, weights] = layout_.part(l, p);
    multiply({false, false, c.rows, columns, k, k, columns, n, true}, at(adjoint_, l - 1, c.begin),
             parameters_ + weights, change + column);
  }
}

/// Ẏ_L ← R Ẏ_L with each row's share.
void Workspace::head_curvature(const Chunk& c) {
  const Index last = layout_.layers(), classes = layout_.outputs(last);
  loss_.curve(at(activation_, last, c.begin), share_.data() + c.begin, c.rows, classes, at(adjoint_, last, c.begin),
              scratch(kChunkRows * classes));
}

void Workspace::gauss_newton(Team& team, const Floats& direction) {
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
