// What a solve has to say besides its solution: whether there is a minimizer, and bounds on the distance to it.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "convex/existence/verdict.h"
#include "convex/independent_features.h"
#include "convex/memory.h"
#include "convex/softmax_solver.h"
#include "convex/without_features.h"

namespace poise::inline convex {

namespace {

constexpr double kNearbyPenalty = 1e-4;
// What shows without solving is looked for so long at least, if time is up before it has begun.
constexpr double kSecondsToLook = 1;

}  // namespace

std::optional<SeparatingDirection> SoftmaxSolver::obvious_separation(const Problem& problem) try {
  if ((problem.penalty.array() > 0).all()) return std::nullopt;
  if (without_mass_) return without_mass_;
  const Stopwatch looking;
  const Stop stop = [&] {
    return monitor_.must_stop() &&
           (monitor_.stopped_by() == Status::kInterrupted || looking.seconds() > kSecondsToLook);
  };
  const bool has_all_rows = problem.rows() == data_.rows();
  if (has_all_rows && !data_.labels.empty() && problem.smoothing == 0 && (problem.penalty.array() == 0).all()) {
    if (auto found = find_separating_feature(data_, stop)) return found;
  }
  return find_separating_combination(problem, data_, solve_.threads, &overlapping_, stop);
} catch (const PassStopped&) {
  return std::nullopt;
}

Outcome SoftmaxSolver::settle(SoftmaxObjective& objective, SolveState& state, Outcome outcome,
                              std::optional<SeparatingDirection>& separation) {
  if (objective.has_dual_bounds() && !is_cheap_to_prove(objective)) return outcome;
  if (!affords_exact_point(objective.problem(), solve_.memory)) {
    outcome.why += objective.has_rows() ? "; the proof that is left would hold the probabilities of all rows in "
                                          "float64, for which the memory allowed is too little"
                                        : "; the proof that is left would read rows that workers have";
    outcome.why += ": a larger penalty has another proof";
    return outcome;
  }
  const bool may_move = outcome.status == Status::kConverged;
  Verdict verdict = decide(objective, state, monitor_, data_, may_move ? Motion::kMove : Motion::kStay, overlapping_);
  if (verdict.separation) {
    separation = std::move(verdict.separation);
    return separable(*separation, outcome);
  }
  bound_by_zero(objective, state, solve_.tolerance);
  if (state.gap() <= solve_.tolerance) return certified(state, monitor_);
  if (verdict.stopped) return ended_in_proof(outcome);
  if (outcome.status != Status::kConverged) return outcome;
  if (std::isfinite(state.gap())) {
    outcome.why = fmt::format(
        "the proven gap {:.2e} is above the tolerance {:.2e}, and float64 steps lower the "
        "objective no further",
        state.gap(), solve_.tolerance);
  }
  const double fall = beyond_float64_ ? state.value.objective - beyond_float64_->value.objective : 0;
  if (fall > solve_.tolerance) verdict.missing = beyond_float64(objective, beyond_float64_->w, fall, data_);
  if (!verdict.missing.empty()) outcome.why += "; " + verdict.missing;
  if (!std::isfinite(state.gap()) && options_.l2 == 0) outcome.why += ". A penalty above 0 has a provable optimum";
  return outcome;
}

Outcome SoftmaxSolver::ended_in_proof(const Outcome& solved) const {
  const Status status = monitor_.stopped_by();
  return {status,
          fmt::format("{} in the proof that follows the solve, which had ended: {}",
                      status == Status::kInterrupted ? "interrupted" : "the time limit was reached", solved.why)};
}

Outcome SoftmaxSolver::sharpened(SolveState& state, const Outcome& outcome) const try {
  sharpen(objective_, state, monitor_.stop_at_limit());
  return outcome;
} catch (const PassStopped&) {
  return outcome.status == Status::kSeparable ? outcome : ended_in_proof(outcome);
}

/// Where solving begins in other features: `w` in them, or 0 if that is better.
static SolveState better_begin(SoftmaxObjective& objective, Parameters w, const Stop& stop) {
  const StoppablePasses stoppable(objective, stop);
  SolveState begin;
  begin.w = std::move(w);
  begin.value = objective.evaluate(begin.w, &begin.gradient);
  if (!(begin.value.objective <= objective.evaluate(objective.zero(), nullptr).objective)) begin.w = objective.zero();
  begin.value = objective.evaluate(begin.w, &begin.gradient);
  return begin;
}

std::optional<Outcome> SoftmaxSolver::solve_in_independent_features(SoftmaxObjective& objective, SolveState& state,
                                                                    bool cold) try {
  const auto others = IndependentFeatures::of(objective.problem(), objective.threads(), ProofStop(monitor_.stop()));
  if (!others) return std::nullopt;
  SoftmaxObjective inner(others->problem(), objective.threads());
  SolveState found = better_begin(inner, others->from_original(state.w), monitor_.stop());
  const Outcome outcome = run_solver(inner, found, cold);
  other_passes_ += inner.passes();
  if (is_stopped(outcome.status) && monitor_.is_past_time()) return outcome;
  SolveState back;
  back.w = others->to_original(found.w);
  back.value = objective.evaluate(back.w, &back.gradient);
  back.estimate = found.estimate;
  const bool none_left = outcome.status == Status::kIterationLimit && solve_.max_iterations > 0;
  if (is_stopped(outcome.status) || none_left) {
    if (back.value.objective < state.value.objective) state = std::move(back);
    return outcome;
  }
  try {
    if (is_followed_by_float64(objective, state, found, back)) {
      state = std::move(back);
      return outcome;
    }
  } catch (const PassStopped&) {
    if (back.value.objective < state.value.objective) state = std::move(back);
    return ended_in_proof(outcome);
  }
  state.value = objective.evaluate(state.w, &state.gradient);
  beyond_float64_ = std::move(back);
  beyond_float64_->value = found.value;
  return std::nullopt;
} catch (const PassStopped&) {  // before it had begun
  return std::nullopt;
}

bool SoftmaxSolver::is_followed_by_float64(SoftmaxObjective& objective, const SolveState& before,
                                           const SolveState& found, SolveState& back) const {
  const StoppablePasses stoppable(objective, monitor_.stop_at_limit());
  const double fall = before.value.objective - found.value.objective;
  if (!(fall >= 0) || !is_little(float64_error(objective, back.w, monitor_.stop_at_limit()), fall)) return false;
  sharpen(objective, back, monitor_.stop_at_limit());
  return is_little(std::abs(back.value.objective - found.value.objective), fall);
}

Outcome SoftmaxSolver::solve_nearby(SolveState& state) {
  Problem nearby = objective_.problem();
  poise::set_l2(nearby, kNearbyPenalty);
  SoftmaxObjective objective(std::move(nearby), solve_.threads);
  try {
    const StoppablePasses stoppable(objective, monitor_.stop());
    state.value = objective.evaluate(state.w, &state.gradient);
  } catch (const PassStopped&) {
    return limited(monitor_.stopped_by(), monitor_);
  }
  Outcome outcome = run_solver(objective, state, true);
  state.has_bound = false;  // of another objective
  return outcome;
}

void SoftmaxSolver::value_here(SolveState& state) {
  const Vector& penalty = objective_.problem().penalty;
  state.value.penalty = 0.5 * penalty.dot(state.w.topRows(penalty.size()).rowwise().squaredNorm());
  state.value.objective = state.value.cross_entropy + state.value.penalty;
  state.gradient.resize(0, 0);
  try {
    const StoppablePasses stoppable(objective_, monitor_.stop_at_limit());
    state.value = objective_.evaluate(state.w, &state.gradient);
    sharpen(objective_, state, monitor_.stop_at_limit());
  } catch (const PassStopped&) {  // the other problem's cross-entropy has to do
  }
}

void SoftmaxSolver::bound_briefly(SoftmaxObjective& objective, SolveState& state, Status limit) const {
  constexpr double kNear = 0.1, kFewPasses = 15;
  if (!objective.has_dual_bounds() || state.is_rough()) return;
  state.keep_better({.rounding = state.value.rounding, .proves_existence = objective.minimizer_is_given()});
  if (state.gradient.size() == 0) return;
  const Stop stop = [this, limit] { return limit == Status::kTimeLimit && monitor_.is_past_limit(); };
  const StoppablePasses stoppable(objective, stop);
  try {
    state.keep_better(objective.gradient_bound(state.w, state.value, state.gradient));
    if (limit == Status::kInterrupted) return;
    if (limit == Status::kTimeLimit && (objective.passes() < kFewPasses || stop())) return;
    state.value = objective.evaluate(state.w, &state.gradient);
    const std::unique_ptr<Preconditioner> preconditioner = local_preconditioner(objective, stop);
    if (!preconditioner) return;
    const double estimate = 0.5 * state.gradient.cwiseProduct(preconditioner->solve(state.gradient)).sum();
    if (estimate > kNear * state.value.objective) return;
    bound_state(objective, state, solve_newton_system(objective, *preconditioner, state.gradient, {1e-2}, stop));
  } catch (const PassStopped&) {  // the bounds so far are what there is
  }
}

Outcome SoftmaxSolver::certify_afresh(SoftmaxObjective& objective, SolveState& state, const Outcome& outcome) const {
  const Stop stop = [this] { return monitor_.is_past_limit(); };
  const StoppablePasses stoppable(objective, stop);
  try {
    state.value = objective.evaluate(state.w, &state.gradient);
    const auto preconditioner =
        affords_full(objective) ? full_preconditioner(objective, stop) : local_preconditioner(objective, stop);
    if (!preconditioner) return ended_in_proof(outcome);
    certify_state(objective, *preconditioner, state, solve_.tolerance, stop);
  } catch (const PassStopped&) {
    return ended_in_proof(outcome);
  }
  if (state.gap() <= solve_.tolerance) return certified(state, monitor_);
  return stop() ? ended_in_proof(outcome) : outcome;
}

Outcome SoftmaxSolver::separable(const SeparatingDirection& direction, const Outcome& outcome) const {
  if (outcome.status == Status::kInterrupted) return outcome;
  if (without_mass_) {
    return {Status::kSeparable, "no optimum exists, without a penalty or with one: " + direction.sentence +
                                    ". The model returned is a useful one, found on the way"};
  }
  return {Status::kSeparable,
          "no optimum exists without a penalty: " + direction.sentence +
              ". Use a penalty above 0 or label smoothing; the model returned is a useful one, found on the way"};
}

}  // namespace poise::inline convex
