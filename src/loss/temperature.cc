#include "loss/temperature.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "network/score_kernels.h"

namespace poise::inline loss {
namespace {

// What is said where there is no best β (poise/metrics.h).
constexpr double kSharpest = 1e3, kFlattest = 1e-6;
constexpr double kSlack = 4 * std::numeric_limits<double>::epsilon();  // of rounding

bool is_above_zero(const ScoreMeans& at) { return at.slope > kSlack * at.size; }
bool is_below_zero(const ScoreMeans& at) { return at.slope < -kSlack * at.size; }

/// Where G rises through 0, which it does: Newton's method, kept inside of what is known to hold the zero. β never
/// changes by more than a factor at once, since far from the zero the slope of G may be next to nothing.
class ZeroOfSlope {
 public:
  /// The next β, or the same one if this is as near as rounding lets it come.
  double next(double beta, const ScoreMeans& at) {
    constexpr double kMostFactor = 16;
    const bool rises = is_below_zero(at);  // the zero is above
    if (!rises && !is_above_zero(at)) return beta;
    (rises ? low_ : high_) = beta;
    const double least = std::max(low_, beta / kMostFactor), most = std::min(high_, beta * kMostFactor);
    const double newton = beta - at.slope / at.variance;
    if (newton > least && newton < most) return std::abs(newton - beta) > kSlack * beta ? newton : beta;
    const bool between = rises ? most == high_ : least == low_;
    return between ? std::sqrt(low_ * high_) : rises ? most : least;
  }

 private:
  double low_ = 0, high_ = std::numeric_limits<double>::infinity();
};

/// Makes passes and counts them.
class Passes {
 public:
  Passes(const TargetedScores& rows, const ScoreMeans& at_one, const MeasureOptions& options)
      : beta(1), now(at_one), rows_(rows), options_(options) {}

  void move_to(double to) { now = at(beta = to); }
  ScoreMeans at(double where) {
    ++made;
    return means_at(rows_, where, options_);
  }

  double beta;
  ScoreMeans now;  // there
  int made = 0;

 private:
  const TargetedScores& rows_;
  const MeasureOptions& options_;
};

}  // namespace

ScoreMeans& ScoreMeans::operator+=(const ScoreMeans& other) {
  cross_entropy += other.cross_entropy;
  entropy += other.entropy;
  slope += other.slope;
  variance += other.variance;
  size += other.size;
  return *this;
}

ScoreKind& ScoreKind::operator+=(const ScoreKind& other) {
  always_right = always_right && other.always_right;
  flat = flat && other.flat;
  return *this;
}

BlockMoments::BlockMoments(Index classes) : classes_(classes), scratch_(kScoreRows * classes) {
  for (std::vector<double>* room : {&top, &log_sum, &mean, &variance, &spread}) room->resize(ScoredRows::kBlockRows);
  best.resize(ScoredRows::kBlockRows);
}

void BlockMoments::compute(const double* scores, Index rows, double beta) {
  softmax_moments(scores, rows, classes_, beta,
                  {top.data(), log_sum.data(), mean.data(), variance.data(), spread.data(), best.data()},
                  scratch_.data());
}

void BlockMoments::add(const TargetedScores& rows, Index first, Index count, double beta, ScoreMeans& to) const {
  for (Index r = 0; r < count; ++r) {
    const double share = rows.share[first + r], target = rows.target_score[first + r];
    if (share == 0) continue;  // whatever such a row has
    to.cross_entropy += share * (log_sum[r] - beta * target);
    to.entropy += share * (log_sum[r] - beta * mean[r]);
    to.slope += share * (mean[r] - target);
    to.variance += share * variance[r];
    to.size += share * (std::abs(mean[r]) + std::abs(target));
  }
}

ScoreMeans means_at(const TargetedScores& rows, double beta, const MeasureOptions& options) {
  return sum_over_rows<ScoreMeans>(rows.scores, options,
                                   [&](Index first, Index count, const double* scores, ScoreMeans& sum) {
                                     BlockMoments moments(rows.scores.classes());
                                     moments.compute(scores, count, beta);
                                     moments.add(rows, first, count, beta, sum);
                                   });
}

Temperature fit_temperature(const TargetedScores& rows, const ScoreKind& kind, const ScoreMeans& at_one,
                            const MeasureOptions& options, int* passes) {
  Passes pass(rows, at_one, options);
  const bool sharpest = kind.always_right && !kind.flat;
  // G only rises: what is above 0 at β = 1 may be so everywhere.
  const bool flattest = !kind.flat && !sharpest && is_above_zero(at_one) && !is_below_zero(pass.at(0));
  if (sharpest || flattest) pass.move_to(sharpest ? kSharpest : kFlattest);
  ZeroOfSlope zero;
  while (!sharpest && !flattest && !kind.flat && pass.made < kMostTemperaturePasses) {
    const double next = zero.next(pass.beta, pass.now);
    if (next == pass.beta) break;
    pass.move_to(next);
  }
  if (passes != nullptr) *passes = pass.made;
  return {1 / pass.beta, pass.now.cross_entropy, pass.now.entropy, sharpest || flattest};
}

}  // namespace poise::inline loss
