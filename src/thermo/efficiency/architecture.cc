// Candidates of a budget, and the closed form that ranks them before any data are seen.
#include <fmt/core.h>

#include <iterator>

#include "base/index.h"
#include "poise/efficiency.h"
#include "poise/error.h"

namespace poise {
namespace {

constexpr Index kDepths[] = {1, 2, 3, 4, 6, 8, 12, 16};
constexpr Index kNarrowest = 4, kWidest = 64;

Candidate uniform(Index depth, Index width) { return {std::vector<Index>(depth, width)}; }

/// Largest width of `depth` hidden layers within the budget; 0 if there is none.
Index widest(Index depth, Index budget, Budget of, Index features, Index classes) {
  if (of == Budget::kNeurons) return budget / depth;
  Index width = 0;
  while (width <= kWidest && parameters_of(uniform(depth, width + 1), features, classes) <= budget) ++width;
  return width;
}

}  // namespace

Index parameters_of(const Candidate& candidate, Index features, Index classes) {
  Index below = features, sum = 0;
  for (Index width : candidate.hidden) {
    sum += width * (below + 1);
    below = width;
  }
  return sum + classes * (below + 1);
}

std::vector<Candidate> candidates_of(Index budget, Budget of, Index features, Index classes) {
  std::vector<Candidate> out;
  for (Index depth : kDepths) {
    const Index width = widest(depth, budget, of, features, classes);
    if (width >= kNarrowest && width <= kWidest) out.push_back(uniform(depth, width));
  }
  return out;
}

BudgetRange budgets_of(Budget of, Index features, Index classes) {
  const auto cost = [&](Index depth, Index width) {
    return of == Budget::kNeurons ? depth * width : parameters_of(uniform(depth, width), features, classes);
  };
  // Deeper is dearer: the last of the shallowest depths just fits, the first of the deepest ones is just not too wide.
  const Index shallow = kDepths[kFewestCandidates - 1], deep = kDepths[std::size(kDepths) - kFewestCandidates];
  return {cost(shallow, kNarrowest), cost(deep, kWidest + 1) - 1};
}

double expected_path_laplacian(const std::vector<Index>& widths, const std::vector<double>& variances) {
  if (variances.empty() || widths.size() != variances.size() + 1)
    throw Error(ErrorKind::kUsage, fmt::format("{} widths and {} variances", widths.size(), variances.size()),
                "a variance a layer, and one width more");
  const Index layers = std::ssize(variances);
  const auto squared_norm = [&](Index from, Index to) {  // E‖W_to … W_{from+1}‖² = N_from Π_{m=from+1}^{to} N_m v_m
    auto product = static_cast<double>(widths[from]);
    for (Index m = from + 1; m <= to; ++m) {
      product *= static_cast<double>(widths[m]) * variances[m - 1];
    }
    return product;
  };
  double sum = 0;  // over k < j ≤ l of 2 E‖J_{l←j}‖² E‖J_{j−1←k}‖²: the two Jacobians of a term share no weight
  for (Index j = 1; j <= layers; ++j) {
    double above = 0, below = 0;
    for (Index l = j; l <= layers; ++l) above += squared_norm(j, l);
    for (Index k = 0; k < j; ++k) below += squared_norm(k, j - 1);
    sum += 2 * above * below;
  }
  return sum;
}

}  // namespace poise
