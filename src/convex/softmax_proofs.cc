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

}  // namespace

std::optional<SeparatingDirection> SoftmaxSolver::obvious_separation(const Problem& problem) {
  if ((problem.penalty.array() > 0).all()) return std::nullopt;
  if (without_mass_) return without_mass_;
  const bool has_all_rows = problem.rows() == data_.rows();
  if (has_all_rows && !data_.labels.empty() && problem.smoothing == 0 && (problem.penalty.array() == 0).all()) {
    if (auto found = find_separating_feature(data_)) return found;
  }
  return find_separating_combination(problem, data_, solve_.threads, &overlapping_);
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

std::optional<Outcome> SoftmaxSolver::solve_in_independent_features(SoftmaxObjective& objective, SolveState& state,
                                                                    bool cold) {
  const auto others = IndependentFeatures::of(objective.problem(), objective.threads());
  if (!others) return std::nullopt;
  SoftmaxObjective inner(others->problem(), objective.threads());
  SolveState found;
  found.w = others->from_original(state.w);
  found.value = inner.evaluate(found.w, &found.gradient);
  if (!(found.value.objective <= inner.evaluate(inner.zero(), nullptr).objective)) found.w = inner.zero();
  found.value = inner.evaluate(found.w, &found.gradient);
  const Outcome outcome = run_solver(inner, found, cold);
  other_passes_ += inner.passes();
  if (is_stopped(outcome.status) && monitor_.is_past_time()) return outcome;
  SolveState back;
  back.w = others->to_original(found.w);
  back.value = objective.evaluate(back.w, &back.gradient);
  back.estimate = found.estimate;
  if (is_stopped(outcome.status)) {
    if (back.value.objective < state.value.objective) state = std::move(back);
    return outcome;
  }
  const double fall = state.value.objective - found.value.objective;
  if (fall >= 0 && is_little(float64_error(objective, back.w), fall)) {
    sharpen(objective, back);
    if (is_little(std::abs(back.value.objective - found.value.objective), fall)) {
      state = std::move(back);
      return outcome;
    }
  }
  state.value = objective.evaluate(state.w, &state.gradient);
  beyond_float64_ = std::move(back);
  beyond_float64_->value = found.value;
  return std::nullopt;
}

Outcome SoftmaxSolver::solve_nearby(SolveState& state) {
  Problem nearby = objective_.problem();
  poise::set_l2(nearby, kNearbyPenalty);
  SoftmaxObjective objective(std::move(nearby), solve_.threads);
  state.value = objective.evaluate(state.w, &state.gradient);
  Outcome outcome = run_solver(objective, state, true);
  state.has_bound = false;  // of another objective
  return outcome;
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
        affords_full(objective) ? full_preconditioner(objective) : local_preconditioner(objective, stop);
    if (!preconditioner) return outcome;
    certify_state(objective, *preconditioner, state, solve_.tolerance, stop);
  } catch (const PassStopped&) {
    return outcome;
  }
  return state.gap() <= solve_.tolerance ? certified(state, monitor_) : outcome;
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
