// The convex solvers behind one small interface, and the bookkeeping they share.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "convex/objective.h"
#include "convex/preconditioner/preconditioner.h"
#include "convex/solver/state.h"

namespace poise::inline convex {

/// Whether time or an interrupt ended it.
inline bool is_stopped(Status status) { return status == Status::kInterrupted || status == Status::kTimeLimit; }

/// Counts, clocks, limits and the watcher of one solve; shared by its phases.
class Monitor {
 public:
  /// `watcher` may be null. `spent`: seconds of the time limit that are gone already.
  explicit Monitor(const SolveOptions& options, WatcherLink* watcher = nullptr, double spent = 0);
  /// What iterations say of the path that the solve is part of.
  void set_penalty_of_path(std::optional<double> l2) { l2_ = l2; }

  /// Reports the state as outer iteration number `iteration()`; `extra_passes` are those of other objectives.
  void iteration(const SolveState& state, double passes, const std::string& phase, bool on_part_of_rows = false);
  void message(const std::string& text) const;

  /// A reason to stop from outside the mathematics (time, iterations, interrupt), if there is one.
  std::optional<Status> limit_reached(int max_iterations);

  /// Whether time or interrupt end the solve; asked within long iterations.
  bool must_stop() const;
  /// What comes next takes so many seconds: they are kept free of the time limit, if that leaves half of it.
  void keep_free(double seconds) { kept_free_ = seconds <= 0.5 * time_limit_ ? seconds : 0; }
  /// Which of the two has.
  Status stopped_by() const;
  /// The same for what takes long and asks by itself. The monitor must outlive it.
  Stop stop() const {
    return [this] { return must_stop(); };
  }
  /// Solving ends before the time limit, so that the last bound has time, too: this is about the limit itself.
  bool is_past_limit() const;
  Stop stop_at_limit() const {
    return [this] { return is_past_limit(); };
  }
  bool is_past_time() const { return time_limit_ > 0 && spent_ + stopwatch_.seconds() >= time_limit_; }

  /// Whether the state between two iterations is wanted, and where it goes. Not after a wish to stop: that may have cut
  /// the iteration short.
  void keep_with(const Keeping<SolverState>* keeping) {
    keeping_ = keeping;
    from_ = keeping ? keeping->from : nullptr;
  }
  bool wants_state() const { return iterations_ > 0 && keeping_ && !must_stop() && keeping_->wants(); }
  void keep(SolverState state, const SoftmaxObjective& objective) const;
  /// Counts on from there; the objective, too, whose point becomes that of the state.
  void go_on_from(const SolverState& state, SoftmaxObjective& objective, Arithmetic arithmetic);
  /// The state that a solver is to go on from, if any; the first one that takes it does.
  const SolverState* from() const { return from_; }
  const SolverState* take_from() { return std::exchange(from_, nullptr); }

  int iterations() const { return iterations_; }
  double seconds() const { return earlier_ + stopwatch_.seconds(); }
  double tolerance() const { return tolerance_; }

 private:
  static constexpr double kSolving = 0.9;  // of the time limit

  bool is_interrupted() const { return watcher_ && watcher_->stop_requested(); }
  bool is_out_of_time() const {
    return time_limit_ > 0 &&
           spent_ + stopwatch_.seconds() >= std::min(kSolving * time_limit_, time_limit_ - kept_free_);
  }

  Stopwatch stopwatch_;
  double tolerance_, time_limit_, spent_, kept_free_ = 0;
  double earlier_ = 0;  // seconds of this solve before the state that it went on from; the time limit is not on them
  const Keeping<SolverState>* keeping_ = nullptr;
  const SolverState* from_ = nullptr;
  int iterations_ = 0;
  WatcherLink* watcher_;
  std::optional<double> l2_;
};

/// While it lives passes of the objective end early, by PassStopped, once `stop` (may be empty) says true.
class StoppablePasses {
 public:
  StoppablePasses(SoftmaxObjective& objective, Stop stop) : objective_(objective) {
    objective_.stop_passes_when(std::move(stop));
  }
  ~StoppablePasses() { objective_.stop_passes_when({}); }
  StoppablePasses(const StoppablePasses&) = delete;
  StoppablePasses& operator=(const StoppablePasses&) = delete;

 private:
  SoftmaxObjective& objective_;
};

/// How a solver ended, and in its own words why.
struct Outcome {
  Status status;
  std::string why;
};

Outcome certified(const SolveState& state, const Monitor& monitor);
/// certified, or, where there is no gap yet, converged.
Outcome arrived(const SolveState& state, const Monitor& monitor);
Outcome limited(Status limit, const Monitor& monitor);
/// The end of the road in float64: a last, tighter certificate decides whether it is good enough.
Outcome no_progress(const SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                    const Monitor& monitor);

/// A point tried by a line search.
struct Trial {
  double length = 0;  // 0: no acceptable step
  Evaluation value;
  Parameters w, gradient;
  Parameters evaluated;  // a point tried after it; empty: it was the last
};

/// Backtracking on f(W − s·step) with the Armijo rule; each trial is a pass with gradient, as the first usually is the
/// last.
Trial line_search(SoftmaxObjective& objective, const SolveState& state, const Parameters& step);
/// The same on float32 passes.
Trial line_search(SoftmaxObjective& objective, const SolveState& state, const MatrixF& step);
void accept(SolveState& state, Trial&& trial);
/// Value and gradient in float64 where passes in float32 have ended; class sums 0, from which they drift.
void leave_float(SoftmaxObjective& objective, SolveState& state);

/// Each solver moves `state.w` (gauge-free: class sums 0) until the gap is at most the monitor's tolerance, no progress
/// is possible in float64, or a limit is hit. state.value and gradient belong to state.w on return; where a limit was
/// hit they may be rough, and so they may where a pass was stopped.
Outcome solve_newton(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations,
                     const std::string& phase, std::shared_ptr<const Preconditioner> preconditioner = nullptr,
                     Origin origin = {});
/// `cold`: start from a solution on a sixteenth of the rows.
Outcome solve_lbfgs(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations, bool cold);
Outcome solve_golden(SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                     Monitor& monitor, int max_iterations);
Outcome solve_descent(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations);
/// With the safeguard of Raydan (1997): a step is halved until f is below the largest of its last ten values by a share
/// of what the gradient promises.
Outcome solve_barzilai_borwein(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations);

/// ℓ = ½ λ_max(Σ s x̃x̃ᵀ) + max λ_j, of which ∇f has no larger slope: λ_max by power iteration, with a margin of 1 %.
double gradient_lipschitz(const SoftmaxObjective& objective);

/// When conjugate gradients may stop.
struct CgGoal {
  double reduction = 0.1;  ///< of the residual in the M⁻¹ norm
  /// Also wanted: Σ_j ‖ρ_j‖²/(2λ_j) ≤ this, ρ = ∇ − HV: what the residual costs the dual bound of V. Infinite: not
  /// wanted.
  double dual_loss = std::numeric_limits<double>::infinity();
  int max_products = 200;
  /// Whether products are made by the preconditioner's own Hessian, if it is one, instead of by passes: rounded to the
  /// size of H, not to that of HV, so not where V may be large along a direction of next to no curvature.
  bool by_matrix = false;
};

/// V with H V = G by preconditioned conjugate gradients at the objective's last point, products in float32 (float64 for
/// small problems). The bias row is then corrected so that the class balance of the dual point of V is right.
/// `stop` ends it early with what it has; `cut_short` becomes whether it ended at the most products.
Parameters solve_newton_system(const SoftmaxObjective& objective, const Preconditioner& preconditioner,
                               const Parameters& gradient, const CgGoal& goal, const Stop& stop = {},
                               bool* cut_short = nullptr);

/// The certificate at state.w (the objective's last point) of the dual point of V ≈ H⁻¹∇, kept in the state if better.
void bound_state(const SoftmaxObjective& objective, SolveState& state, const Parameters& v);

/// About how far f(w) is from its minimum, for a Newton step at w = state.w: half its squared decrement. Infinite where
/// that would seem near enough, but is no answer, as most of the curvature along the step is that of rows whose scores
/// it changes by about 1: each such step makes their loss and their curvature 1/e of what they were, and behind it may
/// wait what other rows have to gain. (A sentinel 1e12 in rows of one class: their loss is down to 1e-10 at a weight of
/// 2e-11, and the optimum has a weight of 1.)
double estimate_gap(const SoftmaxObjective& objective, const SolveState& state, const Parameters& step,
                    double tolerance);

/// No loss is below 0: a bound that is kept where it is within the tolerance and a penalty gives a minimizer.
void bound_by_zero(const SoftmaxObjective& objective, SolveState& state, double tolerance);

/// The best certificate it can reach at state.w without moving: a Newton system solved to the accuracy the tolerance
/// wants. Without dual bounds the estimate instead.
void certify_state(const SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                   double tolerance, const Stop& stop = {});

}  // namespace poise::inline convex
