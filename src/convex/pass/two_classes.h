// Two classes in one column: softmax asks for differences of scores alone, and the rows of what it gives back add up to
// 0. So h = (w_1 − w_0)/2 stands for W in a pass, Z = (−X̃h, X̃h), and X̃ᵀR = (−g, g) with g = X̃ᵀ(r_1 − r_0)/2: half
// the products. It is what W gives whose columns add up to 0, as those of every solver do, to rounding.
#pragma once

#include "convex/problem.h"

namespace poise::inline convex {

inline Parameters half_difference(const Parameters& w) { return 0.5 * (w.col(1) - w.col(0)); }

/// (−g, g) of g.
inline Parameters both_signs(const Parameters& column) {
  Parameters both(column.rows(), 2);
  both << -column, column;
  return both;
}

/// Scores 2×ld, of which the second row is there.
template <typename Real>
void mirror_scores(Real* z, Index ld) {
  for (Index r = 0; r < ld; ++r) z[r] = -z[ld + r];
}

/// R in the place of scores: (r_1 − r_0)/2 becomes the second row.
template <typename Real>
void fold_residual(Real* z, Index ld) {
  for (Index r = 0; r < ld; ++r) z[ld + r] = Real{0.5} * (z[ld + r] - z[r]);
}

}  // namespace poise::inline convex
