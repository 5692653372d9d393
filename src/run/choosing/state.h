// A search for a penalty between two of its solves, as a plain value.
#pragma once

#include <optional>
#include <vector>

#include "convex/solver/state.h"
#include "poise/cross_validation.h"

namespace poise::inline run {

/// What a solve without a fold's rows has come to.
struct FoldSolve {
  Parameters w;
  double passes = 0;  ///< of the fold's objective, since it was made
  bool has_moments = false;
};

struct ChoiceState {
  SolvesState whole;             ///< of all rows
  std::vector<FoldSolve> folds;  ///< in the order of solving
};

/// As the public one, from and with states that are kept between its solves.
std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective,
                                       const PenaltySearchOptions& search, const SolveOptions& solve, Watcher* watcher,
                                       const Network* start, const Keeping<ChoiceState>& keeping);

}  // namespace poise::inline run
