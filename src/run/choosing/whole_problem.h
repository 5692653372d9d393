// The problem of all rows, solved for several penalties: where every fold's solve starts, and what bounds its loss.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "convex/penalty_solver.h"
#include "run/choosing/state.h"

namespace poise::inline run {

/// Cross-entropy of a row's target (without smoothing) at scores z.
double loss_at(const Eigen::Ref<const Eigen::RowVectorXd>& scores, const Dataset& data, Index row);

/// Weights of the rows in held-out means, adding up to 1: those of the data alone.
Vector held_out_weights(const Dataset& data);

class WholeProblem {
 public:
  struct Solution {
    double l2;
    Parameters w;
    SoftmaxFit fit;
  };

  WholeProblem(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve, Watcher* watcher,
               const Keeping<ChoiceState>& keeping = {});
  WholeProblem(const WholeProblem&) = delete;
  WholeProblem& operator=(const WholeProblem&) = delete;

  /// Null where the watcher or the time limit has ended it. `start`: for the first solve.
  const Solution* solve(double l2, const Network* start = nullptr);
  SoftmaxObjective& objective() { return solver_->objective(); }
  const Problem& problem() const { return problem_; }
  const Dataset& data() const { return data_; }
  const ObjectiveOptions& options() const { return options_; }
  Watcher* watcher() const { return watcher_; }
  /// Tells the watcher which part of measuring a penalty goes on: "fold 2 of 5".
  void tell(double l2, const std::string& part) const;
  /// With what is left of the time; empty if nothing is, or if the watcher wants to stop.
  std::optional<SolveOptions> still_allowed() const;
  /// Whether nothing is left, or the watcher wants to stop: for what takes long and asks by itself.
  Stop stop() const {
    return [this] { return !still_allowed(); };
  }
  /// Whether held-out losses are those that the solves minimize: rows of equal classes and hard targets.
  bool measures_what_it_minimizes() const;
  /// The next of the folds' solves that had ended in the state that the search goes on from; null if none is left.
  const FoldSolve* replay_fold();
  void remember_fold(FoldSolve solve);
  /// The fit for this penalty, which has been solved for.
  SoftmaxFit take(double l2);

 private:
  const Solution* nearest(double l2) const;
  Keeping<SolvesState> keeping_of_solver();

  const Dataset& data_;
  ObjectiveOptions options_;
  SolveOptions solve_;
  Watcher* watcher_;
  Stopwatch spent_;
  Problem problem_;
  const Keeping<ChoiceState> keeping_;
  const Keeping<SolvesState> of_solver_;
  std::unique_ptr<PenaltySolver> solver_;
  std::vector<FoldSolve> folds_;  // solved so far, if they are kept
  std::vector<std::unique_ptr<Solution>> found_;
};

bool was_stopped(const SoftmaxFit& fit);

}  // namespace poise::inline run
