// Softmax regression from data to model: decides existence, chooses preconditioner and solver, certifies, reports.
#pragma once

#include <memory>
#include <optional>

#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "convex/penalty_solver.h"
#include "convex/solver/solution_path.h"
#include "convex/solver/solvers.h"
#include "network/provenance.h"

namespace poise::inline convex {

/// Solves for one penalty after another. What does not depend on the penalty is set up once: rows, weights, units,
/// moments, the copy of sparse features by feature.
class SoftmaxSolver : public PenaltySolver {
 public:
  /// `problem`: in place of that of `data`, of which it may have some rows.
  SoftmaxSolver(const Dataset& data, const ObjectiveOptions& options, const SolveOptions& solve, Watcher* watcher,
                std::optional<Problem> problem = std::nullopt, const Keeping<SolvesState>& keeping = {});
  SoftmaxSolver(const SoftmaxSolver&) = delete;
  SoftmaxSolver& operator=(const SoftmaxSolver&) = delete;

  SoftmaxFit solve(double l2, const Parameters* start, std::shared_ptr<const Preconditioner> preconditioner) override;

  void set_l2(double l2);
  /// Iterations say the penalty.
  void is_of_path() { of_path_ = true; }
  /// Begins at the last solution or where the last ones lead, if there are any, else at W = 0.
  SoftmaxFit solve();
  SoftmaxFit solve(const Network& start);
  SoftmaxObjective& objective() override { return objective_; }
  bool was_cut_short() const override { return monitor_.must_stop(); }
  const std::vector<FinishedSolve>& finished() const override { return finished_; }
  Parameters weights() const override { return last_ ? last_->w : objective_.zero(); }

 private:
  static ObjectiveOptions checked(const Dataset& data, ObjectiveOptions options, const SolveOptions& solve);
  /// λ_j = l2 (unit/scale)² of units far from 1 may be no number any more.
  void check_penalty() const;

  SoftmaxFit solve_at(Parameters start);
  SoftmaxFit solve_from(SolveState state, bool cold);
  /// The next of the solves that had ended in the state that this goes on from; empty if there is none left.
  std::optional<SoftmaxFit> replay();
  void remember(const SolveState& state, const SoftmaxFit& fit);
  /// What the next solve begins with.
  void leave(SolveState state, Status status);
  SolvesState states(std::optional<SolverState> current) const { return {finished_, std::move(current)}; }
  Outcome solve_and_prove(SolveState& state, bool cold, std::optional<SeparatingDirection>& separation);
  /// f and ∇f where solving begins; L-BFGS needs none that are not known. False if there is no time for them; from a
  /// model to start with they are computed all the same.
  bool begin(SolveState& state, bool cold);
  /// Goes to where the last solutions lead, if the objective is lower there. Costs a pass. MNIST, 12 penalties from 0.1
  /// to 1e-4: 190 passes; through two points 203, without it 235.
  void look_ahead(SolveState& state);
  /// Adds `sign` times the penalty to value and gradient.
  void take_penalty(SolveState& state, double sign) const;
  Solver solver_for(const SoftmaxObjective& objective) const;
  /// Solves; where a limit ended that, the best point so far is left, with its value and gradient in float64.
  Outcome run_solver(SoftmaxObjective& objective, SolveState& state, bool cold);
  Outcome run_unless_stopped(SoftmaxObjective& objective, SolveState& state, bool cold);
  Outcome run(Solver solver, SoftmaxObjective& objective, SolveState& state, bool cold);
  SoftmaxFit finish(const SoftmaxObjective& objective, const SolveState& state, const Outcome& outcome,
                    std::optional<SeparatingDirection> separation);
  void record_training(const Problem& problem, double penalty, Metadata& metadata) const;

  // softmax_proofs.cc
  /// What shows without solving that no minimizer exists.
  std::optional<SeparatingDirection> obvious_separation(const Problem& problem);
  /// Where no minimizer exists: the optimum with a small penalty, a useful model all the same.
  Outcome solve_nearby(SolveState& state);
  /// The value of a state of another penalty, as exact as time allows.
  void value_here(SolveState& state);
  Outcome separable(const SeparatingDirection& direction, const Outcome& outcome) const;
  /// Without a penalty, where features are nearly dependent: solves in others and returns to these if float64 scores
  /// can follow. The state stays where it is if there is nothing to gain.
  std::optional<Outcome> solve_in_independent_features(SoftmaxObjective& objective, SolveState& state, bool cold);
  /// Whether scores in float64 keep what was `found` in other features, once `back` in these; f of `back` is sharpened.
  bool is_followed_by_float64(SoftmaxObjective& objective, const SolveState& before, const SolveState& found,
                              SolveState& back) const;
  /// A bound where a limit came before the first. Two cost nothing: no loss is below 0, and what the gradient gives.
  /// A Newton system gives a better one where the optimum is near, for the price of some passes: not worth it far away,
  /// nor where time is up after few of them, nor where somebody waits. (Without a penalty loose bounds are none.)
  void bound_briefly(SoftmaxObjective& objective, SolveState& state, Status limit) const;
  /// A solver's preconditioner may be of a point left long ago: with one of this point the gap may still be proven.
  Outcome certify_afresh(SoftmaxObjective& objective, SolveState& state, const Outcome& outcome) const;
  /// Where time or an interrupt ended a proof: what was solved and proven before stays.
  Outcome ended_in_proof(const Outcome& solved) const;
  /// f as exact as it gets.
  Outcome sharpened(SolveState& state, const Outcome& outcome) const;
  /// What the solver has left open: a proof from the curvature, or a direction of recession.
  Outcome settle(SoftmaxObjective& objective, SolveState& state, Outcome outcome,
                 std::optional<SeparatingDirection>& separation);

  const Stopwatch since_;
  const Dataset& data_;
  ObjectiveOptions options_;
  const SolveOptions solve_;
  WatcherLink watcher_;
  Monitor monitor_;  // of one solve, as what follows but for the objective
  SoftmaxObjective objective_;
  std::optional<SeparatingDirection> without_mass_;  // as a direction of recession
  std::optional<SolveState> beyond_float64_;         // what other features would give
  std::optional<SolveState> last_;                   // the solution before
  const Keeping<SolvesState> keeping_;
  Keeping<SolverState> within_;          // the same of the first solver of the solve that goes on
  std::vector<FinishedSolve> finished_;  // if they are kept
  std::size_t replayed_ = 0;
  bool has_gone_on_ = false;  // with the solve that had not ended
  SolutionPath path_;
  std::shared_ptr<const Preconditioner> lent_;  // to the solve that goes on
  std::optional<double> passes_before_;         // made by the objective; empty before the first solve
  double other_passes_ = 0;                     // in other features
  bool of_path_ = false;
  bool overlapping_ = false;  // no direction of recession seems to exist
};

}  // namespace poise::inline convex
