// Newton's method with preconditioned conjugate gradients (docs/theory/softmax.md#solvers).
#include <algorithm>
#include <cmath>

#include "convex/solver/solvers.h"

namespace poise::inline convex {
namespace {

// Below this share of f the quadratic model is good enough that a dual bound from the Newton system is worth its pass.
constexpr double kCertifyBelow = 1e-4;
// So much of the tolerance left, and no bound has shown it: the Newton system is solved by passes from here on.
constexpr double kSurelyThere = 0.1;
// Most Hessian products in a step there. On news20 (λ = 1e-5), whose systems would take thousands, steps cut short at
// some hundreds reach 1e-8 sooner than one solved to the end.
constexpr int kMostProducts = 500;
// Exponential tails (see estimate_gap) take a Newton step for every factor e. What waits behind one may take steps in
// which f stays the same to the last bit: e^-36 of a loss is nothing, and a sentinel 1e18 lets go at e^-83. Such are
// made several at a time. After so many in all a tail is one that a tiny penalty, or rounding, keeps alive.
constexpr double kStepsInTail = 8;
constexpr int kMostInTail = 50;

/// The forcing term: solve loosely far away, tightly near the end; `estimate`: of the gap, relative to f. Near the end
/// the system is solved to what the dual bound needs, so that the same V both steps and certifies.
CgGoal forcing(double estimate, double f, bool has_bounds, double tolerance) {
  CgGoal goal;
  goal.reduction = std::clamp(std::sqrt(estimate), 1e-3, 0.1);
  if (estimate < kCertifyBelow && has_bounds) {
    goal.dual_loss = 0.25 * tolerance;
    goal.max_products = kMostProducts;
    goal.by_matrix = estimate * f > kSurelyThere * tolerance;
  }
  return goal;
}

/// What goes from one iteration to the next, besides the point.
struct Course {
  std::shared_ptr<const Preconditioner> preconditioner;
  Origin origin;  // of it
  bool full = false;
  double last_decrease = 1;
  int in_tail = 0;
};

SolverState newton_state(const SolveState& place, const Course& course, const std::string& phase) {
  SolverState state;
  state.phase = SolverState::Phase::kNewton;
  state.title = phase;
  state.place = place;
  if (!course.full) state.preconditioner = course.origin;
  state.full = course.full, state.last_decrease = course.last_decrease, state.in_tail = course.in_tail;
  return state;
}

Course go_on_with_newton(const SolverState& from, SoftmaxObjective& objective, SolveState& state, Monitor& monitor) {
  state = from.place;  // before anything that may be stopped
  Course course{make_again(from.preconditioner, objective, monitor.stop()), from.preconditioner, from.full,
                from.last_decrease, from.in_tail};
  monitor.go_on_from(from, objective, Arithmetic::kDouble);
  return course;
}

/// A fresh preconditioner where it is the Hessian itself or the last step was large; else the last one serves on. It is
/// null if time is up.
void renew_preconditioner(SoftmaxObjective& objective, const SolveState& state, const Monitor& monitor,
                          Course& course) {
  if (course.full) course.preconditioner = full_preconditioner(objective);
  if (course.preconditioner && (course.full || course.last_decrease <= 0.01)) return;
  course.origin = {Origin::Kind::kLocal, state.last_point(), Arithmetic::kDouble};
  course.preconditioner = local_preconditioner(objective, monitor.stop());
}

}  // namespace

Outcome solve_newton(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations,
                     const std::string& phase, std::shared_ptr<const Preconditioner> given, Origin origin) {
  const bool has_bounds = objective.has_dual_bounds();
  Course course{given, std::move(origin), is_small(objective) && !given, given ? 0.0 : 1.0, 0};
  state.evaluated.resize(0, 0);
  if (const SolverState* from = monitor.take_from()) course = go_on_with_newton(*from, objective, state, monitor);
  std::shared_ptr<const Preconditioner>& preconditioner = course.preconditioner;
  // One that was lent is of another problem: nobody could make it again.
  const auto can_be_kept = [&] { return course.full || !preconditioner || course.origin.kind != Origin::Kind::kNone; };
  while (true) {
    if (can_be_kept() && monitor.wants_state()) monitor.keep(newton_state(state, course, phase), objective);
    if (const auto limit = monitor.limit_reached(max_iterations)) return limited(*limit, monitor);
    renew_preconditioner(objective, state, monitor, course);
    if (!preconditioner) continue;  // out of time
    const double f = std::abs(state.value.objective);
    Parameters step = preconditioner->solve(state.gradient);
    const double estimate = 0.5 * state.gradient.cwiseProduct(step).sum() / f;
    bool cut_short = false;
    const CgGoal goal = forcing(estimate, f, has_bounds, monitor.tolerance());
    // Far from the end the Hessian's own solution will do, without a product to check it.
    if (!has_bounds || !preconditioner->hessian() || std::isfinite(goal.dual_loss))
      step = solve_newton_system(objective, *preconditioner, state.gradient, goal, monitor.stop(), &cut_short);
    if (cut_short && affords_full(objective)) course.full = true;
    const double decrement = 0.5 * state.gradient.cwiseProduct(step).sum();
    if (!(decrement > 0)) return no_progress(objective, *preconditioner, state, monitor);
    if (has_bounds && decrement < kCertifyBelow * f) bound_state(objective, state, step);
    const bool may_have_tail = !has_bounds && course.in_tail < kMostInTail, idle = decrement < 1e-15 * f;
    const double left = may_have_tail ? estimate_gap(objective, state, step, monitor.tolerance()) : decrement;
    const bool has_tail = !std::isfinite(left);
    course.in_tail += has_tail;
    Trial trial = line_search(objective, state, has_tail && idle ? Parameters(kStepsInTail * step) : step);
    if (trial.length == 0) return no_progress(objective, *preconditioner, state, monitor);
    accept(state, std::move(trial));
    course.last_decrease = (f - state.value.objective) / f;
    monitor.iteration(state, objective.passes(), phase);
    if (!has_bounds) state.estimate = left;  // of the point before: less is left now
    if (state.is_near(monitor.tolerance())) return arrived(state, monitor);
    if (idle && !has_tail) return no_progress(objective, *preconditioner, state, monitor);
  }
}

}  // namespace poise::inline convex
