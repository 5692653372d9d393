// One softmax problem solved for one penalty after another; what does not depend on the penalty is set up once.
#pragma once

#include <memory>

#include "convex/preconditioner/preconditioner.h"
#include "convex/solver/state.h"
#include "poise/softmax_regression.h"

namespace poise::inline convex {

class PenaltySolver {
 public:
  virtual ~PenaltySolver() = default;

  /// From `start` or, where it is null, where the last solutions lead. `preconditioner` (may be null): of a problem
  /// that is nearly the same, for a start near the optimum.
  virtual SoftmaxFit solve(double l2, const Parameters* start,
                           std::shared_ptr<const Preconditioner> preconditioner = nullptr) = 0;
  /// Of the last solve, in the problem's units; 0 where it has found none.
  virtual Parameters weights() const = 0;
  virtual SoftmaxObjective& objective() = 0;
  /// Whether a wish to stop, or the time limit, may have cut the last solve short, whatever it has come to.
  virtual bool was_cut_short() const = 0;
  /// The solves so far, if they are kept.
  virtual const std::vector<FinishedSolve>& finished() const = 0;
};

/// `problem` is that of `data`, or of some of its rows: features, classes and options are reported by the names that
/// they have there. The time limit of `solve` covers all solves. `data` and `watcher` must outlive the solver.
std::unique_ptr<PenaltySolver> make_penalty_solver(Problem problem, const Dataset& data,
                                                   const ObjectiveOptions& options, const SolveOptions& solve,
                                                   Watcher* watcher, const Keeping<SolvesState>& keeping = {});

}  // namespace poise::inline convex
