// Limited-memory BFGS (Nocedal 1980) whose initial matrix is the metric instead of a multiple of the identity.
#include <cmath>
#include <deque>
#include <vector>

#include "base/random.h"
#include "convex/solvers.h"

namespace poise {
namespace {

constexpr std::uint64_t kWarmStartSeed = 16;
constexpr std::size_t kHistory = 10;
// The metric is rebuilt once where the curvature has settled: when an iteration gains less than this share of f.
constexpr double kRebuildDecrease = 0.05;
// float32 passes as long as an iteration gains more than this share of f; their own error is about 1e-8.
constexpr double kFloatDecrease = 3e-7;

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
  for (std::size_t k = 0; k < history.size(); ++k) {
    r += (alpha[k] - history[k].inverse * dot(history[k].change, r)) * history[k].step;
  }
  return r;
}

/// Drives L-BFGS: precision, metric, history.
class Lbfgs {
 public:
  Lbfgs(SoftmaxObjective& objective, std::unique_ptr<Metric> metric, SolveState& state, Monitor& monitor)
      : objective_(objective), metric_(std::move(metric)), state_(state), monitor_(monitor) {}

  Outcome run(int max_iterations, double stop_decrease, const std::string& phase, double passes_before) {
    while (true) {
      if (const auto limit = monitor_.limit_reached(max_iterations)) return limited(*limit, monitor_);
      const double before = state_.value.objective;
      const bool moved = step();
      if (!moved && precision_ == Precision::kFloat) {
        switch_to_double();
        continue;
      }
      if (!moved) return no_progress(objective_, *metric_, state_, monitor_);
      if (precision_ == Precision::kDouble && certify()) {
        monitor_.iteration(state_, passes_before + objective_.passes(), phase);
        return certified(state_, monitor_);
      }
      monitor_.iteration(state_, passes_before + objective_.passes(), phase);
      const double decrease = (before - state_.value.objective) / std::abs(before);
      if (decrease < stop_decrease) return {Status::kConverged, "warm start done"};
      if (decrease < kFloatDecrease && precision_ == Precision::kFloat) switch_to_double();
      if (decrease < kRebuildDecrease && !rebuilt_ && stop_decrease == 0) rebuild();
    }
  }

 private:
  bool step() {
    Parameters direction = two_loop(history_, *metric_, state_.gradient);
    if (!(dot(state_.gradient, direction) > 0)) {
      history_.clear();
      direction = metric_->solve(state_.gradient);
    }
    Trial trial = line_search(objective_, state_, direction, precision_);
    if (trial.length == 0) return false;
    Pair pair{trial.w - state_.w, trial.gradient - state_.gradient, 0};
    const double curvature = dot(pair.step, pair.change);
    if (curvature > 1e-14 * pair.step.norm() * pair.change.norm()) {
      pair.inverse = 1 / curvature;
      history_.push_back(std::move(pair));
      if (history_.size() > kHistory) history_.pop_front();
    }
    accept(state_, std::move(trial));
    return true;
  }

  void switch_to_double() {
    precision_ = Precision::kDouble;
    state_.value = objective_.evaluate(state_.w, &state_.gradient);
  }

  void rebuild() {
    metric_ = local_metric(objective_);
    rebuilt_ = true;
  }

  /// The bound of V = 0 costs nothing. Near the goal, V = the quasi-Newton step is worth a pass; when that gets within reach, a
  /// Newton system.
  bool certify() {
    const bool penalized = (objective_.problem().penalty.array() > 0).all();
    if (penalized) state_.keep_better(objective_.gradient_bound(state_.w, state_.value, state_.gradient));
    if (state_.gap() <= monitor_.tolerance()) return true;
    const double estimate = 0.5 * dot(state_.gradient, two_loop(history_, *metric_, state_.gradient));
    if (estimate > 0.3 * monitor_.tolerance() || estimate > 0.1 * tried_) return false;
    tried_ = estimate;
    certify_state(objective_, *metric_, state_, monitor_.tolerance());
    return state_.gap() <= monitor_.tolerance();
  }

  SoftmaxObjective& objective_;
  std::unique_ptr<Metric> metric_;
  SolveState& state_;
  Monitor& monitor_;
  std::deque<Pair> history_;
  Precision precision_ = Precision::kFloat;
  bool rebuilt_ = false;
  double tried_ = std::numeric_limits<double>::infinity();
};

/// A sixteenth of the rows, drawn at random: about two passes' worth of work that replaces several iterations.
void warm_start(const SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations) {
  constexpr Index kShare = 16, kFewestRows = 10000;
  if (objective.rows() < kFewestRows) return;
  std::vector<Index> rows;
  for (Index i = 0; i < objective.rows(); ++i) {
    if (random_bits(kWarmStartSeed, static_cast<std::uint64_t>(i)) % kShare == 0) rows.push_back(i);
  }
  SoftmaxObjective part(select_rows(objective.problem(), rows), objective.threads());
  SolveState start;
  start.w = state.w;
  start.value = part.evaluate(start.w, &start.gradient, Precision::kFloat);
  auto metric = objective.problem().features.sparse() ? local_metric(part) : uniform_metric(part);
  Lbfgs(part, std::move(metric), start, monitor).run(max_iterations, 0.03, "1/16 of the rows", 0);
  state.w = start.w;
}

}  // namespace

Outcome solve_lbfgs(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations, bool cold) {
  if (cold) warm_start(objective, state, monitor, max_iterations);
  state.value = objective.evaluate(state.w, &state.gradient, Precision::kFloat);
  return Lbfgs(objective, local_metric(objective), state, monitor).run(max_iterations, 0, "all rows", 0);
}

}  // namespace poise
