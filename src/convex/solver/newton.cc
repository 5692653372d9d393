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

/// What goes from one iteration to the next, besides the point.
struct Course {
  std::shared_ptr<const Preconditioner> preconditioner;
  Origin origin;  // of it
  bool full = false;
  double last_decrease = 1;
  int in_tail = 0;
  // The last dual bound of a solved system: half the squared decrement at its point, and how far below f it was.
  double bounded_at = 0, missed = 0;

  /// Whether a bound at half the squared decrement `estimate` may be expected to be near enough. The dual point of the
  /// step V is p(W − V) to first order and misses f(W − V) by Σ s KL(q′‖p(W − V)), of fourth order in V: the second
  /// power of the decrement. Where rows change by more than q′ can follow it falls faster: between bounds, on ten sets,
  /// by powers 1.3 to 4.2. The third is expected, with room: an iteration costs more than a bound in vain.
  bool expects_bound(double estimate, double tolerance) const {
    constexpr double kRoom = 4;
    if (bounded_at == 0) return true;
    const double share = estimate / bounded_at;
    return share * share * share * missed <= kRoom * tolerance;
  }
};

/// The forcing term: solve loosely far away, tightly near the end; `estimate`: of the gap. Near the end, where a bound
/// may be expected, the system is solved to what it needs, so that the same V both steps and certifies.
CgGoal forcing(const Course& course, double estimate, double f, bool has_bounds, double tolerance) {
  CgGoal goal;
  goal.reduction = std::clamp(std::sqrt(estimate / f), 1e-3, 0.1);
  if (!has_bounds || !(estimate < kCertifyBelow * f)) return goal;
  const bool lent = course.preconditioner->hessian() && !course.full;
  goal.by_matrix = estimate > kSurelyThere * tolerance;
  // What the Hessian of another problem solves bounds nothing.
  if ((lent && goal.by_matrix) || !course.expects_bound(estimate, tolerance)) return goal;
  goal.dual_loss = 0.25 * tolerance;
  goal.max_products = kMostProducts;
  return goal;
}

SolverState newton_state(const SolveState& place, const Course& course, const std::string& phase) {
  SolverState state;
  state.phase = SolverState::Phase::kNewton;
  state.title = phase;
  state.place = place;
  if (!course.full) state.preconditioner = course.origin;
  state.full = course.full, state.last_decrease = course.last_decrease, state.in_tail = course.in_tail;
  state.tried = course.bounded_at, state.before = course.missed;
  return state;
}

Course go_on_with_newton(const SolverState& from, SoftmaxObjective& objective, SolveState& state, Monitor& monitor) {
  state = from.place;  // before anything that may be stopped
  Course course{make_again(from.preconditioner, objective, monitor.stop()),
                from.preconditioner,
                from.full,
                from.last_decrease,
                from.in_tail,
                from.tried,
                from.before};
  monitor.go_on_from(from, objective, Arithmetic::kDouble);
  return course;
}

/// A fresh preconditioner where it is the Hessian itself or the last step was large; else the last one serves on. It is
/// null if time is up.
void renew_preconditioner(SoftmaxObjective& objective, const SolveState& state, const Monitor& monitor,
                          Course& course) {
  if (course.full) course.preconditioner = full_preconditioner(objective, monitor.stop());
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
    const double estimate = 0.5 * state.gradient.cwiseProduct(step).sum();
    bool cut_short = false;
    const CgGoal goal = forcing(course, estimate, f, has_bounds, monitor.tolerance());
    const bool bounds = std::isfinite(goal.dual_loss);
    // Where no bound is made the Hessian's own solution will do, without a product to check it.
    if (!has_bounds || !preconditioner->hessian() || bounds)
      step = solve_newton_system(objective, *preconditioner, state.gradient, goal, monitor.stop(), &cut_short);
    if (cut_short && affords_full(objective)) course.full = true;
    const double decrement = 0.5 * state.gradient.cwiseProduct(step).sum();
    if (!(decrement > 0)) return no_progress(objective, *preconditioner, state, monitor);
    const Certificate bound = bounds ? objective.dual_bound(state.w, step) : Certificate();
    if (bounds) state.keep_better(bound);
    const bool may_have_tail = !has_bounds && course.in_tail < kMostInTail, idle = decrement < 1e-15 * f;
    const double left = may_have_tail ? estimate_gap(objective, state, step, monitor.tolerance()) : decrement;
    const bool has_tail = !std::isfinite(left);
    course.in_tail += has_tail;
    Trial trial = line_search(objective, state, has_tail && idle ? Parameters(kStepsInTail * step) : step);
    if (trial.length == 0) return no_progress(objective, *preconditioner, state, monitor);
    accept(state, std::move(trial));
    if (bounds && !cut_short) course.bounded_at = decrement, course.missed = state.value.objective - bound.dual_value;
    course.last_decrease = (f - state.value.objective) / f;
    monitor.iteration(state, objective.passes(), phase);
    if (!has_bounds) state.estimate = left;  // of the point before: less is left now
    if (state.is_near(monitor.tolerance())) return arrived(state, monitor);
    if (idle && !has_tail) return no_progress(objective, *preconditioner, state, monitor);
  }
}

}  // namespace poise::inline convex
