// Rows drawn by importance: what stands for all rows where a preconditioner is made.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "poise/dataset.h"

namespace poise::inline convex {

/// Rows drawn for one class, with weights that make sums over them unbiased.
struct RowSample {
  std::vector<Index> rows;
  std::vector<double> weights;
};

/// Draws row i with probability min(1, τ w_i), τ such that about `wanted` rows are drawn; weight w_i / probability.
inline RowSample draw_rows(const std::vector<double>& w, double wanted, std::uint64_t seed) {
  double tau = wanted / std::max(1e-300, std::accumulate(w.begin(), w.end(), 0.0));
  for (int k = 0; k < 20; ++k) {  // rows at probability 1 give their surplus to the others
    double drawn = 0;
    for (double weight : w) drawn += std::min(1.0, tau * weight);
    if (drawn >= 0.98 * wanted || drawn <= 0) break;
    tau *= wanted / drawn;
  }
  RowSample sample;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double probability = std::min(1.0, tau * w[i]);
    if (probability <= 0 || random_uniform(seed, i) >= probability) continue;
    sample.rows.push_back(static_cast<Index>(i));
    sample.weights.push_back(w[i] / probability);
  }
  return sample;
}

}  // namespace poise::inline convex
