// What a softmax layer is worth on rows that it has not seen, and which penalty is best there, from the rows to train
// on alone.
//
// A fold is the problem without its rows, and nothing else changed: the weights of the other rows, the penalty beside
// their sum, and the units of both stay. In terms of the mean loss of the rows that are left, the fold's λ is λ/σ, σ
// their share of all weight; in terms of scikit-learn's C it is the same C.
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

/// Divides the rows into `folds` parts, class by class and at random by `seed`, and measures each part by the optimum
/// on the others. A class's only row is never held out, nor are rows of weight 0. `start` (optional), a model of all
/// rows, saves time and changes nothing: the optimum does not depend on it. Empty if the watcher or the time limit,
/// which covers all solves, ended it, or if no class has two rows. Throws like fit_softmax, and Error(kUsage) for fewer
/// than 2 folds or fewer rows.
std::optional<CrossValidation> cross_validate(const Dataset& data, const ObjectiveOptions& objective = {},
                                              int folds = 5, const SolveOptions& solve = {}, std::uint64_t seed = 1,
                                              Watcher* watcher = nullptr, const Network* start = nullptr);

enum class PenaltyRule {
  kBest,             ///< the smallest held-out cross-entropy
  kOneStandardError  ///< the largest penalty whose held-out cross-entropy is within a standard error of the smallest
};

const char* to_string(PenaltyRule rule);  ///< "best", "one-standard-error"

/// How a penalty is chosen.
struct PenaltySearchOptions {
  int folds = 5;
  /// Instead of folds, every row by the model of all others, in closed form from the exact Hessian at each optimum
  /// (docs/theory/softmax.md#leave-one-out): for up to kMostInferredParameters parameters (poise/inference.h).
  bool leave_one_out = false;
  PenaltyRule rule = PenaltyRule::kBest;
  std::vector<double> candidates = {};  ///< penalties above 0; empty: found on the way
  std::vector<int> fold_of_row = {};    ///< n numbers below `folds`, or −1: never held out; empty: dealt as above
  std::uint64_t seed = 1;               ///< of that deal
};

struct PenaltyChoice {
  struct Candidate {
    double l2 = 0;
    /// Held out, nats: mean over the rows. Of a hopeless candidate a lower bound.
    double cross_entropy = 0;
    /// √(Σ_k w_k (m_k − mean)²/(Σ w_k (folds − 1))), m_k the mean of a fold of weight w_k; of leave-one-out with a row
    /// in the place of a fold. NaN of a hopeless one.
    double standard_error = 0;
    std::vector<double> by_fold = {};  ///< the means of the folds, NaN where not measured; empty for leave-one-out
    /// It was given up, as it is proven that another is better: the rows of a fold lose at least as much by the model
    /// of the others as by that of all rows (docs/theory/softmax.md#hopeless-penalties).
    bool hopeless = false;
    Metrics metrics = {};  ///< as in CrossValidation; of a hopeless one nothing
  };
  int folds = 0;  ///< of leave-one-out the number of rows held out
  bool leave_one_out = false;
  std::vector<Candidate> candidates;  ///< penalties falling
  std::size_t best = 0;               ///< the one of smallest cross-entropy, on ties the largest penalty
  std::size_t chosen = 0;             ///< by the rule
  bool ended_early = false;           ///< the watcher or the time limit ended the search beyond the first seven
  std::optional<SoftmaxFit> fit;      ///< of all rows for the penalty chosen, as near as the search wanted it

  double l2() const { return candidates[chosen].l2; }
};

/// Tries 4³, 4², …, 4⁻³ times the default penalty, from the default on always the one next to the best so far; and
/// where the largest or the smallest is the best, four times more or less, and so on, until that gains less than a
/// ten-thousandth of the cross-entropy or 1e-5 nats, between 1e-9 and 1e4. All folds share what is set up, and each
/// solve starts from the solution on all rows, which the penalty chosen needs anyway. With the rule kBest hopeless
/// candidates are given up early. With an `l2` in `objective` the search is about that in place of the default; `start`
/// (optional) is a model of all rows for it. Empty and throws as cross_validate.
std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective = {},
                                       const PenaltySearchOptions& search = {}, const SolveOptions& solve = {},
                                       Watcher* watcher = nullptr, const Network* start = nullptr);

}  // namespace poise
