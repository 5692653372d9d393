// Value and gradient of the objective (docs/theory/softmax.md#the-problem). Its curvature: curvature.cc; what bounds
// it: certificate/dual_bound.cc.
#include "convex/objective.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "convex/existence/comparisons.h"
#include "convex/kernels.h"
#include "convex/row_sums.h"
#include "convex/vectors.h"

namespace poise::inline convex {
namespace {

/// ⟨t_i, z_i⟩ of every row of the block.
template <typename Real>
std::vector<double> target_scores(const Problem& problem, const ScoreBlock<Real>& block) {
  std::vector<double> sums(block.rows), target(problem.classes);
  for (Index r = 0; r < block.rows; ++r) {
    double& sum = sums[r];
    if (problem.labels.empty() || problem.smoothing > 0) {
      sum = target_score(problem, block, r, target);
    } else {
      sum = static_cast<double>(block.scores[problem.labels[block.first_row + r] * block.ld + r]);
    }
  }
  return sums;
}

/// R = s (p − t) in place of the scores; padding rows become 0. Labels need no target rows: what is the same for all
/// classes goes over whole vectors, and one entry a row is set right.
template <typename Real>
void residual_block(const Problem& problem, const ScoreBlock<Real>& block, const Real* p) {
  std::vector<Real> s(block.ld, Real{0});
  for (Index r = 0; r < block.rows; ++r) s[r] = static_cast<Real>(problem.row_weight[block.first_row + r]);
  const bool hard = !problem.labels.empty();
  const Real share = hard ? static_cast<Real>(problem.smoothing / static_cast<double>(problem.classes)) : Real{0};
  for (Index c = 0; c < problem.classes; ++c) {
    Real* out = block.scores + c * block.ld;
    const Real* in = p + c * block.ld;
    for (Index r = 0; r < block.ld; ++r) out[r] = s[r] * (in[r] - share);
  }
  std::vector<double> target(problem.classes);
  for (Index r = 0; r < block.rows; ++r) {
    const Real weight = s[r];
    if (hard) {
      const Index at = problem.labels[block.first_row + r] * block.ld + r;
      block.scores[at] = weight * (p[at] - share - static_cast<Real>(1 - problem.smoothing));
      continue;
    }
    problem.target_of(block.first_row + r, target);
    for (Index c = 0; c < problem.classes; ++c) {
      block.scores[c * block.ld + r] -= weight * static_cast<Real>(target[c]);
    }
  }
}

}  // namespace

SoftmaxObjective::SoftmaxObjective(Problem problem, int threads, std::uint64_t memory)
    : problem_(std::move(problem)),
      engine_(problem_, threads),
      every_class_has_mass_(classes_without_mass(problem_).empty()),
      probabilities_(problem_.rows(), problem_.classes, engine_.block_rows(), memory) {}

template <typename Real>
Evaluation SoftmaxObjective::evaluate_as(const Parameters& w, Parameters* gradient) {
  const Index block_rows = engine_.block_rows(), k = classes();
  probabilities_.make();
  std::vector<Sums> sums(engine_.chunk_count());
  auto kernel = [&](const ScoreBlock<Real>& block) {
    std::vector<Real> p(k * block.ld), lse(block.ld), expected(lse.size());
    softmax_block(block.scores, k, block.ld, p.data(), lse.data(), expected.data());
    const std::vector<double> target = target_scores(problem_, block);
    Sums& sum = sums[block.chunk];
    for (Index r = 0; r < block.rows; ++r) {
      const double s = problem_.row_weight[block.first_row + r], l = static_cast<double>(lse[r]);
      sum.cross_entropy += s * (l - target[r]);
      sum.entropy += s * (l - static_cast<double>(expected[r]));
    }
    if (gradient) residual_block(problem_, block, p.data());
    const Index number = block.first_row / block_rows;
    std::transform(p.begin(), p.end(), probabilities_.block(number),
                   [](Real value) { return static_cast<float>(value); });
    probabilities_.touched(number);
  };
  engine_.run_differences<Real>(&w, nullptr, kernel, gradient);
  passes_ += gradient ? 1 : 0.5;

  const Sums all = total(sums);
  Evaluation value;
  value.cross_entropy = all.cross_entropy;
  value.entropy = all.entropy;
  value.penalty = 0.5 * add_penalty(w, gradient);
  value.objective = value.cross_entropy + value.penalty;
  if constexpr (std::is_same_v<Real, double>) value.rounding = rounding_of_value(w, value);
  return value;
}

/// to += ΛV, if there is a `to`; returns ⟨V, ΛV⟩.
double SoftmaxObjective::add_penalty(const Parameters& v, Parameters* to) const {
  const Index k = classes();
  auto add = [&](Index begin, Index end) {
    double sum = 0;
    for (Index j = begin; j < end; ++j) {
      const double penalty = problem_.penalty[j], *row = v.data() + j * k;
      sum += penalty * inner_product(row, row, k);
      for (Index c = 0; to && c < k; ++c) to->data()[j * k + c] += penalty * row[c];
    }
    return sum;
  };
  return sum_of_pieces(features(), threads(), add, k);
}

Evaluation SoftmaxObjective::evaluate(const Parameters& w, Parameters* gradient, Arithmetic arithmetic) {
  return arithmetic == Arithmetic::kFloat ? evaluate_as<float>(w, gradient) : evaluate_as<double>(w, gradient);
}

}  // namespace poise::inline convex
