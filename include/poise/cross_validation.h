// What a softmax layer is worth on rows that it has not seen, and which penalty is best there, from the rows to train
// on alone.
#pragma once

#include <optional>
#include <vector>

#include "poise/metrics.h"
#include "poise/softmax_regression.h"

namespace poise {

struct CrossValidation {
  int folds = 0;
  Metrics metrics;  ///< of all rows that were held out, each by the model of the other folds
};

/// Divides the rows into `folds` parts, class by class and at random by `seed`, and measures each part by the model
/// that fit_softmax finds on the others; without an `l2` in `objective` the default is that of their number. A class's
/// only row is never held out, nor are rows of weight 0. `start` (optional), a model of all rows, saves time and
/// changes nothing: the optimum does not depend on it. Empty if the observer or the time limit, which covers all
/// solves, ended it, or if no class has two rows. Throws like fit_softmax, and Error(kUsage) for fewer than 2 folds or
/// fewer rows.
std::optional<CrossValidation> cross_validate(const Dataset& data, const ObjectiveOptions& objective = {},
                                              int folds = 5, const SolveOptions& solve = {}, std::uint64_t seed = 1,
                                              Observer* observer = nullptr, const Network* start = nullptr);

struct PenaltyChoice {
  struct Candidate {
    double l2 = 0;    ///< for all rows; in a fold as many times the default of its rows
    Metrics metrics;  ///< as in CrossValidation
  };
  int folds = 0;
  std::vector<Candidate> candidates;  ///< penalties falling
  std::size_t best = 0;               ///< the one of smallest cross-entropy, on ties the largest penalty
  bool ended_early = false;           ///< the observer or the time limit ended the search beyond the first seven

  double l2() const { return candidates[best].l2; }
};

/// Cross-validates 4³, 4², …, 4⁻³ times the default penalty, in every fold each from the solution before it; and where
/// the largest or the smallest is the best, four times more or less, and so on, until that gains less than a
/// ten-thousandth of the cross-entropy, between 1e-9 and 1e4. `l2` of `objective` is not looked at. Empty and throws as
/// cross_validate.
std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective = {}, int folds = 5,
                                       const SolveOptions& solve = {}, std::uint64_t seed = 1,
                                       Observer* observer = nullptr);

}  // namespace poise
