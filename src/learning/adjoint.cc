// F-adjoint (THEORY 3.1): from Y*_L down, by the rules in which each layer hands its adjoint to the one below.
#include <algorithm>

#include "learning/batch.h"

namespace poise::learning {

/// to ← Y*_l W_l: X*_{l−1}, both of the rows of a chunk, which have no gaps.
void Batch::back(const Chunk& c, Index l, const float* adjoint, float* to) {
  const Index n = layout_.inputs(l), width = layout_.outputs(l);
  for (Index k = 0; k < layout_.parts(l); ++k) {
    const auto [column, columns, weights] = layout_.part(l, k);
    multiply({false, true, c.rows, n, columns, width, columns, n, ProductInput::kFloat32, k > 0}, adjoint + column,
             parameters_ + weights, to);
  }
}

/// The calling member's copy of Y*_l, the rows of a part lying together: as oneDNN is at its best, which otherwise
/// takes and gives back memory at every product.
void Batch::gather_adjoint(Index l) {
  if (layout_.parts(l) == 1 || rounded_) return;
  own().adjoint.resize(static_cast<std::size_t>(room() * layout_.width(l)));
  float* to = own().adjoint.data();
  for (Index k = 0; k < layout_.parts(l); ++k) {
    const Part part = layout_.part(l, k);
    for (Index i = 0; i < row_count(); ++i) to = std::copy_n(at(adjoint_, l, {i, 1, part}), part.columns, to);
  }
}

/// to ← a block of X*_{l−1} without gaps, in the precision of training.
void Batch::back(const Block& b, Index l, float* to) {
  const Index n = b.part.columns, width = layout_.outputs(l);
  for (Index k = 0; k < layout_.parts(l); ++k) {
    const Part part = layout_.part(l, k);
    const Index weights = part.weights + b.part.column * part.columns;
    if (rounded_) {
      multiply({false, true, b.rows, n, part.columns, width, part.columns, n, ProductInput::kBfloat16, k > 0},
               at(adjoint16_, l, {b.row, b.rows, part}), weights16_.data() + weights, to);
      continue;
    }
    const bool gathered = layout_.parts(l) > 1;
    const float* adjoint =
        gathered ? own().adjoint.data() + row_count() * part.column + b.row * part.columns : at(adjoint_, l, b.row);
    multiply({false, true, b.rows, n, part.columns, part.columns, part.columns, n, ProductInput::kFloat32, k > 0},
             adjoint, parameters_ + weights, to);
  }
}

/// A block of Y*_{l−1} from Y*_l, relaxed as far as the rule does.
void Batch::adjoint(const Block& b, Index l) {
  const Index columns = b.part.columns;
  float *found = scratch(b.rows * columns), *to = at(adjoint_, l - 1, b);
  back(b, l, found);
  const bool dropped = !mask_.empty();
  if (options_.rule == Rule::kEquilibrium) relax_rows(b, l - 1, found, columns);
  times_derivative(options_.activation, at(dropped ? undropped_ : activation_, l - 1, b), found, columns, to,
                   rectangle(b, l - 1));
  if (dropped) multiply_by(at(mask_, l - 1, b), to, rectangle(b, l - 1));
  keep_rounded(adjoint_, adjoint16_, b, l - 1);
}

/// X* + ρ (X − X*), each row with its share: the adjoint has it already, the activation has not.
void Batch::relax_rows(const Block& b, Index l, float* adjoint, Index stride) {
  for (Index i = 0; i < b.rows; ++i) {
    const float* x = at(activation_, l, b) + i * layout_.width(l);
    relax(rho_, share_[static_cast<std::size_t>(b.row + i)], x, adjoint + i * stride, b.part.columns);
  }
}

void Batch::adjoint(Team& team, Index l) {
  gather_adjoint(l);
  team.share(block_count(l - 1), [&](Index k) { adjoint(block(l - 1, k), l); });
}

/// All adjoints below the head, with one set of weights.
void Batch::adjoints(Team& team) {
  if (options_.rule == Rule::kPredictiveCoding) {
    team.share(chunk_count(), [&](Index k) { relax_states(chunk(k)); });
  } else if (states_move_) {
    team.share(chunk_count(), [&](Index k) { relax_simultaneously(chunk(k)); });
  } else {
    for (Index l = layout_.layers(); l >= 2; --l) adjoint(team, l);
  }
}

}  // namespace poise::learning
