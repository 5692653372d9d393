// Features that are nearly combinations of others, replaced by what the others leave of them: so that float64 (and
// float32) passes see what only those tell.
#pragma once

#include <optional>

#include "convex/certificate/feature_basis.h"
#include "convex/problem.h"

namespace poise::inline convex {

/// The same problem without a penalty, in other features: x̃_j as they are, but where the basis has a combination φ_k of
/// nearly dependent columns, φ_k in place of the column it was made from (feature_basis.h), each value rounded once.
/// Scores are the same up to rounding, so the infimum is.
class IndependentFeatures {
 public:
  /// Empty if nothing is nearly dependent, a feature has a penalty, or the copy of the features would be too large.
  /// Dependence is looked for in a sample of the rows. Throws PassStopped where `stop` ends it.
  static std::optional<IndependentFeatures> of(const Problem& problem, int threads, ProofStop stop = {});

  const Problem& problem() const { return problem_; }
  /// Weights on the features of the original problem that give the scores of V on those of this.
  Parameters to_original(const Parameters& v) const;
  /// And back, as far as float64 has not lost them.
  Parameters from_original(const Parameters& w) const;

 private:
  IndependentFeatures() = default;

  Problem problem_;
  std::vector<Index> replaced_;  // features
  Matrix weights_;               // a row each: weights on the original features, and on the constant
};

}  // namespace poise::inline convex
