#include "convex/without_features.h"

#include <cmath>
#include <vector>

#include "base/index.h"

namespace poise::inline convex {
namespace {

/// f where no score depends on a feature: from cross-entropy and entropy in closed form.
Evaluation value_without_features(const Problem& problem, double cross_entropy, double entropy) {
  Evaluation value;
  value.objective = value.cross_entropy = cross_entropy;
  value.entropy = entropy;
  value.rounding = 1e-15 * static_cast<double>(problem.rows() + problem.classes) * (1 + cross_entropy);
  return value;
}

}  // namespace

SolveState zero_weights(const Problem& problem) {
  SolveState state;
  state.w = Parameters::Zero(problem.cols() + 1, problem.classes);
  const double uniform = std::log(static_cast<double>(problem.classes));
  state.value = value_without_features(problem, uniform, uniform);
  return state;
}

SolveState class_frequencies(const Problem& problem) {
  Vector share = Vector::Zero(problem.classes);
  std::vector<double> target(problem.classes);
  for (Index i = 0; i < problem.rows(); ++i) {
    problem.target_of(i, target);
    for (Index c = 0; c < problem.classes; ++c) share[c] += problem.row_weight[i] * target[c];
  }
  const Vector raised = share.cwiseMax(0.5 / static_cast<double>(problem.rows()));
  const Vector logarithm = raised.array().log();
  SolveState state;
  state.w = Parameters::Zero(problem.cols() + 1, problem.classes);
  state.w.bottomRows(1) = (logarithm.array() - logarithm.mean()).matrix().transpose();
  const Vector p = raised / raised.sum();
  const Vector log_p = p.array().log();
  state.value = value_without_features(problem, -share.dot(log_p), -p.dot(log_p));
  return state;
}

}  // namespace poise::inline convex
