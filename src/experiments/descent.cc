#include "experiments/descent.h"

#include <fmt/core.h>

#include <cmath>

#include "convex/problem.h"
#include "convex/solver/solvers.h"

namespace poise::experiments {
namespace {

constexpr double kRounding = 1e-14;  // of f

const char* const kClaim = "no penalty is needed: descent by 1/ℓ never rises, and f_k − f* ≤ ℓ‖W_0 − W*‖²/(2k)";

/// f after every step.
class Values : public Watcher {
 public:
  explicit Values(Events& events) : events_(events) {}
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kIteration) {
      values_.push_back(event.iteration->objective);
      events_.show(fmt::format("descent: step {}, objective {:.9g}", values_.size(), values_.back()));
    }
    return events_.interrupted() ? Answer::kStop : Answer::kGoOn;
  }
  const std::vector<double>& values() const { return values_; }

 private:
  Events& events_;
  std::vector<double> values_;
};

}  // namespace

DescentTrace descend_without_penalty(const Dataset& data, const ObjectiveOptions& options, const Network& optimum,
                                     int threads, double time_limit, Events& events) {
  SoftmaxObjective objective(make_problem(data, options, threads), threads);
  Parameters best = to_parameters(optimum, data, objective.problem().units);
  project_onto_class_sums_zero(best);
  const double lowest = objective.evaluate(best, nullptr).objective;
  SolveState state;
  state.w = objective.zero();
  state.value = objective.evaluate(state.w, &state.gradient);
  double before = state.value.objective;

  DescentTrace trace;
  trace.lipschitz = gradient_lipschitz(objective);
  trace.distance = best.norm();
  Values watch(events);
  WatcherLink link(&watch);
  Monitor monitor({.tolerance = 1e-300, .time_limit = time_limit}, &link);
  const auto outcome = solve_descent(objective, state, monitor, kDescentSteps);
  trace.stopped = outcome.status == Status::kTimeLimit || outcome.status == Status::kInterrupted;
  trace.steps = static_cast<int>(watch.values().size());
  trace.at_rest = !trace.stopped && trace.steps < kDescentSteps;
  for (int k = 1; k <= trace.steps; ++k) {
    const double value = watch.values()[static_cast<std::size_t>(k) - 1];
    const double share = (value - lowest) * 2 * k / (trace.lipschitz * trace.distance * trace.distance);
    trace.rises += value > before + kRounding * before;
    if (share > trace.worst_share) trace.worst_share = share, trace.worst_step = k;
    before = value;
  }
  trace.left = before - lowest;
  if (outcome.status == Status::kTimeLimit) events.ran_out_of_time();
  return trace;
}

nlohmann::json to_json(const DescentTrace& trace) {
  return {{"steps", trace.steps},           {"stopped", trace.stopped},   {"rises", trace.rises},
          {"lipschitz", trace.lipschitz},   {"distance", trace.distance}, {"worst_share_of_bound", trace.worst_share},
          {"worst_step", trace.worst_step}, {"above_optimum", trace.left}};
}

Finding finding_on(const DescentTrace& trace, const std::string& data, double smoothing) {
  Finding finding{data, kClaim,
                  fmt::format("{}, {} steps{}: rose in {}; at most {:.2f} of the bound (k = {}); f − f* = {:.1e} nats "
                              "at the end; ℓ = {:.3g}, ‖W*‖ = {:.3g}",
                              smoothing > 0 ? fmt::format("smoothing {}", smoothing) : "labels as they are",
                              trace.steps, trace.at_rest ? ", then at rest in float64" : "", trace.rises,
                              trace.worst_share, trace.worst_step, trace.left, trace.lipschitz, trace.distance)};
  if (trace.rises > 0 || trace.worst_share > 1) {
    finding.verdict = Verdict::kNotReproduced;
  } else if (!trace.stopped) {
    finding.verdict = Verdict::kReproduced;
  }
  return finding;
}

Finding no_descent(const std::string& data) { return {data, kClaim, "no minimizer was proven in the time it had"}; }

}  // namespace poise::experiments
