// Newton's method with preconditioned conjugate gradients (THEORY 4.6 C, A.4).
#include <algorithm>
#include <cmath>

#include "convex/solvers.h"

namespace poise {

Outcome solve_newton(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations,
                     const std::string& phase) {
  double reduction = 0.1, last_decrease = 1;
  const bool small = is_small(objective);
  std::unique_ptr<Metric> metric;
  while (true) {
    if (const auto limit = monitor.limit_reached(max_iterations)) return limited(*limit, monitor);
    // A fresh metric each step where it is the Hessian itself or where the step was large, else the last one serves on.
    if (!metric || small || last_decrease > 0.01) metric = local_metric(objective);
    const CgResult newton = solve_newton_system(objective, *metric, state.gradient, reduction, 100);
    const double decrement = 0.5 * state.gradient.cwiseProduct(newton.step).sum();
    if (!(decrement > 0)) return no_progress(objective, *metric, state, monitor);
    if (decrement < 10 * monitor.tolerance() || decrement < 1e-3) {
      certify_state(objective, *metric, state, monitor.tolerance(), &newton.step);
    }
    const double before = state.value.objective;
    Trial trial = line_search(objective, state, newton.step);
    if (trial.length == 0) return no_progress(objective, *metric, state, monitor);
    accept(state, std::move(trial));
    last_decrease = (before - state.value.objective) / std::abs(before);
    monitor.iteration(state, objective.passes(), phase);
    if (state.gap() <= monitor.tolerance()) return certified(state, monitor);
    if (decrement < 1e-15 * std::abs(state.value.objective)) return no_progress(objective, *metric, state, monitor);
    reduction = std::clamp(std::sqrt(decrement / std::abs(state.value.objective)), 1e-3, 0.1);
  }
}

}  // namespace poise
