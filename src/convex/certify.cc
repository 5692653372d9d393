// Certificates of models that are already there: the objective they were trained on, and how far from its optimum they
// are.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <limits>

#include "convex/names.h"
#include "convex/solvers.h"
#include "network/metadata.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"

namespace poise {
namespace {

double required_number(const SoftmaxModel& model, const std::string& key, double high) {
  if (const auto value = recorded_number(model.metadata, key, 0, high)) return *value;
  throw Error(ErrorKind::kData, "the model does not say with which '" + key + "' it was trained",
              "a model trained by Poise");
}

/// At the optimum itself directions without curvature, of one-hot columns that add up to a constant, may drown what the
/// moments still lack; on the way there they do not. A dual bound is one for every W, so that of a solve from the start
/// serves as well. `state` stays where it is.
void solve_again(SoftmaxObjective& objective, SolveState& state, const SolveOptions& solve) {
  SolveState other;
  other.w = objective.zero();
  other.value = objective.evaluate(other.w, &other.gradient);
  Monitor monitor({.tolerance = solve.tolerance}, nullptr);
  solve_newton(objective, other, monitor, kNewtonIterations, "certify");
  if (other.has_bound) state.keep_better(other.bound);
  state.value = objective.evaluate(state.w, &state.gradient);
}

}  // namespace

std::optional<SeparatingDirection> find_separation(SoftmaxObjective& objective, SolveState& state,
                                                   const Dataset& data) {
  if (auto found = separates(objective, state.w, data)) return found;
  state.value = objective.evaluate(state.w, &state.gradient);
  const Parameters step = solve_newton_system(objective, *local_metric(objective), state.gradient, {1e-3});
  const ColumnMap& units = objective.problem().units;
  return find_recession(data, std::array{to_file_units(-step, units), to_file_units(state.w, units)});
}

ObjectiveOptions recorded_objective(const SoftmaxModel& model) {
  constexpr double kMost = std::numeric_limits<double>::max();
  ObjectiveOptions options;
  options.l2 = required_number(model, "l2", kMost);
  options.unit = required_number(model, "unit", kMost);
  options.label_smoothing = required_number(model, "label_smoothing", 1 - 0x1p-53);
  options.scale = recorded_scale(model.metadata);
  options.balanced_classes = recorded_flag(model.metadata, "balanced_classes");
  return options;
}

SolveReport certify_softmax(const SoftmaxModel& model, const Dataset& data, const SolveOptions& solve) {
  check(solve);
  const ObjectiveOptions options = recorded_objective(model);
  Monitor monitor(solve, nullptr);
  SoftmaxObjective objective(make_problem(data, options, solve.threads), solve.threads);
  SolveState state;
  state.w = to_parameters(as_trained(model), data, objective.problem().units);
  state.value = objective.evaluate(state.w, &state.gradient);
  SolveReport report;
  report.objective = state.value.objective;
  if (options.l2 == 0 && options.label_smoothing == 0) {
    report.separation = find_separating_feature(data);
    if (!report.separation) report.separation = separates(objective, state.w, data);
  }
  if (!report.separation) {
    certify_state(objective, *local_metric(objective), state, solve.tolerance);
    if (!(state.gap() <= solve.tolerance) && is_small(objective)) solve_again(objective, state, solve);
    if (options.l2 == 0 && options.label_smoothing == 0 &&
        !(state.gap() <= solve.tolerance && state.bound.proves_existence)) {
      report.separation = find_separation(objective, state, data);
    }
  }
  if (report.separation) {
    report.status = Status::kSeparable;
    report.why = "no optimum exists without a penalty: " + report.separation->sentence;
  } else {
    if (std::isfinite(state.gap())) {
      report.gap = state.gap();
      report.certificate = state.bound;
    }
    const bool good = report.gap && *report.gap <= solve.tolerance;
    report.status = good ? Status::kCertified : Status::kNotCertified;
    report.why = good ? certified(state, monitor).why
                 : report.gap
                     ? fmt::format("the proven gap {:.2e} is above the tolerance {:.2e}", *report.gap, solve.tolerance)
                     : std::string("no gap could be proven");
  }
  report.passes = objective.passes();
  report.seconds = monitor.seconds();
  return report;
}

}  // namespace poise
