// What a penalty is worth on rows held out: by folds, or by leaving out every row.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "poise/cross_validation.h"
#include "run/choosing/whole_problem.h"

namespace poise::inline run {

class HeldOut {
 public:
  virtual ~HeldOut() = default;
  /// Empty where the watcher or the time limit has ended it. A candidate that is proven to be worth more nats than
  /// `most` is given up.
  virtual std::optional<PenaltyChoice::Candidate> measure(double l2,
                                                          double most = std::numeric_limits<double>::infinity()) = 0;
};

/// `fold`: of every row, −1: never held out. `start`: a model of all rows for the first penalty that is measured.
std::unique_ptr<HeldOut> by_folds(WholeProblem& whole, std::vector<int> fold, int folds, const Network* start);
/// Rows with `fold` −1 are not measured.
std::unique_ptr<HeldOut> by_leaving_one_out(WholeProblem& whole, std::vector<int> fold, const Network* start);

}  // namespace poise::inline run
