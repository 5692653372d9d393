#include "convex/existence/comparisons.h"

#include "base/index.h"

namespace poise::inline convex {

std::vector<Comparison> comparisons_of(const Problem& problem, std::span<const Index> counted) {
  std::vector<Comparison> out;
  for (Index row : counted) for_each_comparison(problem, row, [&](const Comparison& c) { out.push_back(c); });
  return out;
}

std::vector<Index> classes_without_mass(const Problem& problem) {
  std::vector<Index> without;
  if (problem.smoothing > 0) return without;
  std::vector<char> has_mass(problem.classes, 0);
  for (Index i = 0; i < problem.rows(); ++i) {
    if (!(problem.row_weight[i] > 0)) continue;
    if (!problem.labels.empty()) {
      has_mass[problem.labels[i]] = 1;
      continue;
    }
    for (Index c = 0; c < problem.classes; ++c) {
      if (problem.targets(i, c) > 0) has_mass[c] = 1;
    }
  }
  for (Index c = 0; c < problem.classes; ++c) {
    if (!has_mass[c]) without.push_back(c);
  }
  return without;
}

}  // namespace poise::inline convex
