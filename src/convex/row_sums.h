// What a pass over the rows adds up beside its product: numbers of rows, a slot for every chunk.
#pragma once

#include <algorithm>
#include <vector>

#include "base/index.h"
#include "convex/pass.h"

namespace poise::inline convex {

/// Σ s_i [lse(z_i) − ⟨t_i, z_i⟩] and Σ s_i H of the rows of a chunk.
struct Sums {
  double cross_entropy = 0, entropy = 0;
};

/// Of all chunks.
inline Sums total(const std::vector<Sums>& chunks) {
  Sums all;
  for (const Sums& chunk : chunks) {  // chunk order is fixed, so are the bits
    all.cross_entropy += chunk.cross_entropy;
    all.entropy += chunk.entropy;
  }
  return all;
}

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
