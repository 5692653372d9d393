// Limited-memory BFGS (Nocedal 1980) whose initial matrix is the metric instead of a multiple of the identity.
#include <deque>

#include "convex/solvers.h"

namespace poise {
namespace {

constexpr std::size_t kHistory = 20;

double dot(const Parameters& a, const Parameters& b) { return a.cwiseProduct(b).sum(); }

struct Pair {
  Parameters step, change;  // W_{k+1} − W_k and ∇_{k+1} − ∇_k
  double inverse;           // 1/⟨step, change⟩
};

/// The two-loop recursion: approximately H⁻¹ G.
Parameters two_loop(const std::deque<Pair>& history, const Metric& metric, const Parameters& gradient) {
  Parameters q = gradient;
  std::vector<double> alpha(history.size());
  for (std::size_t k = history.size(); k-- > 0;) {
    alpha[k] = history[k].inverse * dot(history[k].step, q);
    q -= alpha[k] * history[k].change;
  }
  Parameters r = metric.solve(q);
  if (!history.empty()) {  // scale M⁻¹ to the curvature last seen
    const Pair& last = history.back();
    r *= 1 / (last.inverse * dot(last.change, metric.solve(last.change)));
  }
  for (std::size_t k = 0; k < history.size(); ++k) {
    r += (alpha[k] - history[k].inverse * dot(history[k].change, r)) * history[k].step;
  }
  return r;
}

}  // namespace

Outcome solve_lbfgs(SoftmaxObjective& objective, const Metric& metric, SolveState& state, Monitor& monitor,
                    int max_iterations) {
  std::deque<Pair> history;
  double promised = std::numeric_limits<double>::infinity();  // gradient size at the last certificate
  while (true) {
    if (const auto limit = monitor.limit_reached(max_iterations)) return limited(*limit, monitor);
    const Parameters direction = two_loop(history, metric, state.gradient);
    const double slope = dot(state.gradient, direction);
    if (!(slope > 0)) return no_progress(objective, metric, state, monitor);
    if (slope < 20 * monitor.tolerance() && slope < 0.1 * promised) {  // ½ slope estimates the gap
      promised = slope;
      certify_state(objective, metric, state, monitor.tolerance());
      if (state.gap() <= monitor.tolerance()) return certified(state, monitor);
    }
    Trial trial = line_search(objective, state, direction);
    if (trial.length == 0) return no_progress(objective, metric, state, monitor);
    Pair pair{trial.w - state.w, trial.gradient - state.gradient, 0};
    const double curvature = dot(pair.step, pair.change);
    if (curvature > 1e-14 * pair.step.norm() * pair.change.norm()) {
      pair.inverse = 1 / curvature;
      history.push_back(std::move(pair));
      if (history.size() > kHistory) history.pop_front();
    }
    accept(state, std::move(trial));
    monitor.iteration(state, objective.passes(), "all rows");
    if (state.gap() <= monitor.tolerance()) return certified(state, monitor);
  }
}

}  // namespace poise
