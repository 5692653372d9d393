// F-adjoint (docs/theory/network.md#f-propagation-and-f-adjoint): from Y*_L down, each layer hands its adjoint to the
// one below.
#include <algorithm>

#include "learning/workspace.h"

namespace poise::learning {

/// to ← Y*_l W_l: X*_{l−1}, both of the rows of a chunk.
void Workspace::back(const Chunk& c, Index l, const float* adjoint, float* to) {
  if (layout_.convolution(l)) return back_images(c.begin, c.rows, l, adjoint, to);
  const Index n = layout_.inputs(l), width = layout_.outputs(l);
  for (Index k = 0; k < layout_.parts(l); ++k) {
    const auto [column, columns, weights] = layout_.part(l, k);
    multiply({false, true, c.rows, n, columns, width, columns, n, k > 0}, adjoint + column, parameters_ + weights, to);
  }
}

/// to ← a block of X*_{l−1} without gaps, in the precision of training.
void Workspace::back(const Block& b, Index l, float* to) {
  const Index n = b.part.columns, width = layout_.outputs(l);
  for (Index k = 0; k < layout_.parts(l); ++k) {
    const Part part = layout_.part(l, k);
    const Index weights = part.weights + b.part.column * part.columns;
    const ProductShape shape{false, true, b.rows, n, part.columns, width, part.columns, n, k > 0};
    const Block from{b.row, b.rows, part};
    if (rounded_) {
      multiply(shape, at(adjoint16_, l, from), weights16_.data() + weights, to);
    } else {
      multiply(shape, at(adjoint_, l, from), parameters_ + weights, to);
    }
  }
}

/// A block of Y*_{l−1} from Y*_l, with what the rule does to it on the way.
void Workspace::adjoint(const Block& b, Index l) {
  float* const found = scratch(b.rows * b.part.columns);
  back(b, l, found);
  hand_down(b, l, found);
}

/// A block of Y*_{l−1} from `found`, that of X*_{l−1} without gaps.
void Workspace::hand_down(const Block& b, Index l, float* found) {
  const Index columns = b.part.columns;
  float* const to = at(adjoint_, l - 1, b);
  const float* x = at(activation_, l - 1, b);
  for (Index i = 0; i < b.rows; ++i) {
    rule_.by_layer->change_handed_down(share_[b.row + i], x + i * layout_.width(l - 1), found + i * columns, columns);
  }
  const bool dropped = drops(l - 1);
  times_derivative(options_.activation, dropped ? at(undropped_, l - 1, b) : x, found, columns, to,
                   rectangle(b, l - 1));
  if (dropped) multiply_by(at(mask_, l - 1, b), to, rectangle(b, l - 1));
  keep_rounded(adjoint_, adjoint16_, b, l - 1);
}

void Workspace::adjoint(Team& team, Index l) {
  if (layout_.convolution(l)) return team.share(images_count(), [&](Index k) { adjoint(images(k), l); });
  team.share(block_count(l - 1), [&](Index k) { adjoint(block(l - 1, k), l); });
}

/// All adjoints below the head, with one set of weights.
void Workspace::adjoints(Team& team) {
  if (rule_.by_rows) return team.share(chunk_count(), [&](Index k) { find_adjoints(chunk(k)); });
  for (Index l = layout_.layers(); l >= 2; --l) adjoint(team, l);
}

}  // namespace poise::learning
