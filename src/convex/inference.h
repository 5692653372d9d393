// poise/inference.h on rows that are known to be those trained on.
#pragma once

#include <string>
#include <vector>

#include "poise/inference.h"
#include "poise/network.h"

namespace poise::inline convex {

Inference infer(const Network& model, const Dataset& data, const InferenceOptions& options);

/// How sure some weights of a model are, by the Hessian where it is, which is at its optimum but for the gap that it
/// was trained to: no solve.
struct WeightErrors {
  struct Of {
    Index feature = 0, class_id = 0;
  };
  struct One {
    double standard_error = 0;
    double to_optimum = 0;  ///< what one Newton step adds: a gap g may be √(2 g N) standard errors away
  };
  std::vector<One> weights;  ///< per unit of the file, in the order of `which`
  std::string meaning;       ///< of intervals made with them, in a sentence
};

/// The weights are those whose sum over the classes is 0, W_jc = θ_jc − Σ_k θ_jk/K: with a_k = δ_kc − 1/K its variance
/// is aᵀ H⁻¹ a/N, of Variance::kHessian. Throws as infer does, but for what a solve finds out.
WeightErrors weight_errors(const Network& model, const Dataset& data, const ObjectiveOptions& objective,
                           const std::vector<WeightErrors::Of>& which, int threads);

}  // namespace poise::inline convex
