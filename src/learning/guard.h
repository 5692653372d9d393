// Tells a step that went too far from a batch of bad luck.
#pragma once

#include <deque>

#include "learning/state.h"
#include "learning/workspace.h"

namespace poise::learning {

/// Judges the mean loss of the latest rows, each as it was just before its batch's step, against four times the loss at
/// the start, or of scores of 0 if that is larger. A batch of 32 rows or more is judged alone; of smaller ones as many
/// as make 32. The worst of these rows does not count, as it did not at the start: one row may be wrong by a hundred
/// nats, and by thousands if its features are that large, and no smaller step would help. (The squared loss cannot
/// exceed that limit, which is the largest it can be: of it only numbers that are not finite are seen.)
class Guard {
 public:
  enum class Verdict {
    kOpen,     ///< too few rows yet
    kGood,     ///< the weights that the latest `enough()` rows went through
    kDiverged  ///< too large, or not finite
  };

  /// `first_loss` may be NaN, of no rows; `guess_loss` is that of scores of 0. `rows` of weight above 0 are in the
  /// data.
  Guard(double first_loss, double guess_loss, Index rows);

  Verdict judge(const BatchSums& batch, Index rows);
  void forget() { latest_.clear(), rows_ = 0; }  ///< after a jump of the weights

  Index enough() const { return enough_; }
  GuardState state() const;
  void restore(const GuardState& state);

  double loss() const { return loss_; }    ///< what was judged last
  double limit() const { return limit_; }  ///< the largest loss that is good

  static constexpr Index kRows = 32;

 private:
  struct Judged {
    Index rows;
    double weight, loss, worst;
  };

  double limit_, loss_ = 0;
  Index enough_, rows_ = 0;
  std::deque<Judged> latest_;
};

/// The mean loss of rows, the worst of them counted as 0.
double loss_but_the_worst(const BatchSums& sums);

}  // namespace poise::learning
