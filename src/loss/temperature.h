// The temperature of scores, found by Newton's method on the slope of the cross-entropy.
#pragma once

#include "loss/scored_rows.h"
#include "poise/metrics.h"

namespace poise::inline loss {

/// Rows as their temperature depends on them.
struct TargetedScores {
  const ScoredRows& scores;
  Vector target_score;  ///< ⟨t, z⟩ − max z, n
  Vector share;         ///< of the weight of all rows; adds up to 1
};

/// Weighted means over rows at inverse temperature β; u = z − max z, p = softmax(βz).
struct ScoreMeans {
  double cross_entropy = 0;  ///< lse(βu) − β⟨t, u⟩
  double entropy = 0;        ///< H(p) = lse(βu) − β⟨p, u⟩
  double slope = 0;          ///< G(β) = ⟨p − t, u⟩ = dCE/dβ = (CE − H)/β: rises with β
  double variance = 0;       ///< Var_p(z) = dG/dβ
  double size = 0;           ///< |⟨p, u⟩| + |⟨t, u⟩|: what the rounding of the slope is relative to

  ScoreMeans& operator+=(const ScoreMeans& other);
};

/// What all rows have in common, of those with a share: whether their targets lie on the largest score (then the
/// sharpest scores are the best), and whether all classes have the same score (then all temperatures are).
struct ScoreKind {
  bool always_right = true, flat = true;
  ScoreKind& operator+=(const ScoreKind& other);
};

/// One pass.
ScoreMeans means_at(const TargetedScores& rows, double beta, const MeasureOptions& options);

inline constexpr int kMostTemperaturePasses = 20;

/// `at_one`: the means at β = 1. Makes at most kMostTemperaturePasses passes, mostly three or four.
Temperature fit_temperature(const TargetedScores& rows, const ScoreKind& kind, const ScoreMeans& at_one,
                            const MeasureOptions& options, int* passes = nullptr);

/// A block of rows at inverse temperature β, for whoever wants more of it than means.
class BlockMoments {
 public:
  explicit BlockMoments(Index classes);
  void compute(const double* scores, Index rows, double beta);
  void add(const TargetedScores& rows, Index first, Index count, double beta, ScoreMeans& to) const;

  std::vector<double> top, log_sum, mean, variance, spread;
  std::vector<std::int32_t> best;

 private:
  Index classes_;
  std::vector<double> scratch_;
};

}  // namespace poise::inline loss
