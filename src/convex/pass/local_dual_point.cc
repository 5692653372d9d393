// The dual point of W and V, row by row (docs/theory/softmax.md#the-certificate).
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/index.h"
#include "convex/pass/kernels.h"
#include "convex/pass/local_rows.h"
#include "convex/pass/target_score.h"

namespace poise::inline convex {
namespace {

// The dual point q' = p(1 − u) keeps u ≤ this, well inside the simplex.
constexpr double kLargestRelativeChange = 0.95;

/// q' = p∘(1 − s u) in place of the scores, one row; returns H(q'). Where u would leave the simplex it is scaled back
/// (s < 1): any q' gives a valid bound. Classes without a target in any row get q' = 0, as at the infimum, where their
/// bias is −∞.
double dual_row(const ScoreBlock<double>& block, const double* p, double lse, const Vector& balance, Index r) {
  const Index classes = balance.size();
  double mean = 0, largest = 0;
  for (Index c = 0; c < classes; ++c) mean += p[c * block.ld + r] * block.second[c * block.ld + r];
  for (Index c = 0; c < classes; ++c) largest = std::max(largest, block.second[c * block.ld + r] - mean);
  const double scale = largest > kLargestRelativeChange ? kLargestRelativeChange / largest : 1;
  double entropy = 0, sum = 0;
  for (Index c = 0; c < classes; ++c) {
    const double u = scale * (block.second[c * block.ld + r] - mean);
    const double q = balance[c] > 0 ? p[c * block.ld + r] * (1 - u) : 0;
    if (q > 0) entropy += q * (lse - block.scores[c * block.ld + r] - std::log1p(-u));
    sum += q;
    block.scores[c * block.ld + r] = q;
  }
  if (!(sum > 0)) {  // only absent classes have probability: any distribution will do
    for (Index c = 0; c < classes; ++c) block.scores[c * block.ld + r] = balance[c];
    return 0;
  }
  // Rounding in the mean of a large V: exactly a distribution only after this.
  for (Index c = 0; c < classes; ++c) block.scores[c * block.ld + r] /= sum;
  return entropy / sum + std::log(sum);
}

}  // namespace

TreeSum<Sums> LocalRows::dual_point(const Request& request) const {
  const Index k = classes();
  const Pass pass{.first = request.first, .second = request.second, .product = true, .numbers = 2};
  return engine_.run_differences<double>(pass, [&](const ScoreBlock<double>& block) {
    std::vector<double> p(k * block.ld), lse(block.ld), expected(lse.size()), target(k);
    softmax_block(block.scores, k, block.ld, p.data(), lse.data(), expected.data());
    double cross_entropy = 0, entropy = 0;
    for (Index r = 0; r < block.rows; ++r) {
      const double s = weight(block.first_row + r), l = lse[r];
      cross_entropy += s * (l - target_score(problem_, block, r, target));
      entropy += s * dual_row(block, p.data(), l, request.vector, r);
      for (Index c = 0; c < k; ++c) {
        double& q = block.scores[c * block.ld + r];
        q = s * (q - target[c]);
      }
    }
    block.sums.numbers[0] += cross_entropy, block.sums.numbers[1] += entropy;
  });
}

}  // namespace poise::inline convex
