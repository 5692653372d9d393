// What a direction of recession has to satisfy (docs/theory/softmax.md#directions-of-recession): in no row may a class
// gain on one that the row's target gives weight.
#pragma once

#include <span>
#include <vector>

#include "base/index.h"
#include "convex/problem.h"

namespace poise::inline convex {

/// (x̃ᵀU)_own − (x̃ᵀU)_other ≥ 0 in row `row`, a margin.
struct Comparison {
  Index row;
  std::int32_t own, other;
};

/// Calls f(Comparison) for a row: its first class with a target above 0 against every other one, and back where that
/// has a target too (the margin has to be 0). A direction of recession has no margin below 0 and one above. None for
/// smoothed targets: they have no such direction.
template <typename F>
void for_each_comparison(const Problem& problem, Index row, const F& f) {
  if (problem.smoothing > 0) return;
  const bool hard = !problem.labels.empty();
  const auto classes = static_cast<std::int32_t>(problem.classes);
  std::int32_t own = hard ? problem.labels[row] : 0;
  while (!hard && problem.targets(row, own) <= 0) ++own;
  for (std::int32_t c = 0; c < classes; ++c) {
    if (c == own) continue;
    f(Comparison{row, own, c});
    if (!hard && problem.targets(row, c) > 0) f(Comparison{row, c, own});
  }
}

/// All of them, of the rows `counted`.
std::vector<Comparison> comparisons_of(const Problem& problem, std::span<const Index> counted);

/// Classes that no row of positive weight gives a target: their biases run off to −∞ whatever the penalty on weights.
std::vector<Index> classes_without_mass(const Problem& problem);

}  // namespace poise::inline convex
