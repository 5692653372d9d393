// A row's target against its scores.
#pragma once

#include <vector>

#include "base/index.h"
#include "convex/pass/pass.h"

namespace poise::inline convex {

/// ⟨t, z⟩ of one row of class-major scores; leaves t in `target`.
template <typename Real>
double target_score(const Problem& problem, const ScoreBlock<Real>& block, Index r, std::vector<double>& target) {
  problem.target_of(block.first_row + r, target);
  double sum = 0;
  for (Index c = 0; c < problem.classes; ++c) {
    sum += target[c] * static_cast<double>(block.scores[c * block.ld + r]);
  }
  return sum;
}

}  // namespace poise::inline convex
