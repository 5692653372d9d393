// Certificates of models that are already there: the objective they were trained on, and how far from its optimum they
// are.
#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "convex/existence/verdict.h"
#include "convex/fields.h"
#include "convex/solver/solvers.h"
#include "network/model_check.h"
#include "network/recorded_options.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"

namespace poise {
namespace {

/// A dual bound is one for every W: that of a solve from the start, or from here, serves where the model's own is not
/// good enough. `state` stays where it is.
void solve_again(SoftmaxObjective& objective, SolveState& state, const Monitor& monitor, const Dataset& data) {
  SolveState other;
  other.w = objective.has_dual_bounds() ? objective.zero() : state.w;
  other.value = objective.evaluate(other.w, &other.gradient);
  Monitor of_its_own({.tolerance = monitor.tolerance()}, nullptr);
  solve_newton(objective, other, of_its_own, kNewtonIterations, "certify");
  if (!objective.has_dual_bounds()) decide(objective, other, of_its_own, data, Motion::kMove);
  if (other.has_bound) state.keep_better(other.bound);
  const Evaluation known = state.value;
  state.value = objective.evaluate(state.w, &state.gradient);
  if (known.rounding < state.value.rounding) state.value = known;
}

/// The report on a model that no direction of recession speaks against.
void report_gap(const SolveState& state, const Monitor& monitor, const std::string& missing, SolveReport& report) {
  report.objective = state.value.objective;
  if (std::isfinite(state.gap())) {
    report.gap = state.gap();
    report.certificate = state.bound;
    report.certificate.objective = report.objective;
    report.certificate.rounding = std::max(state.bound.rounding, state.value.rounding);
    report.certificate.gap = *report.gap;
  }
  const bool good = report.gap && *report.gap <= monitor.tolerance();
  report.status = good ? Status::kCertified : Status::kNotCertified;
  report.why =
      good ? certified(state, monitor).why
      : report.gap
          ? fmt::format("the proven gap {:.2e} is above the tolerance {:.2e}", *report.gap, monitor.tolerance())
          : "no gap could be proven: " + (missing.empty() ? "the bound is no finite number" : missing);
}

}  // namespace

ObjectiveOptions recorded_objective(const Network& model) {
  for (const char* key : {"l2", "unit", "label_smoothing"}) {
    if (model.metadata.contains(key)) continue;
    throw Error(ErrorKind::kData, fmt::format("the model does not say with which '{}' it was trained", key),
                "a model trained by Poise");
  }
  ObjectiveOptions options{.scale = Scale::kNone};
  read_recorded(model.metadata, options);
  return options;
}

SolveReport certify_softmax(const Network& model, const Dataset& data, const SolveOptions& solve) {
  check_fields(solve);
  require_softmax_layer(model);
  const ObjectiveOptions options = recorded_objective(model);
  Monitor monitor(solve);
  SoftmaxObjective objective(make_problem(data, options, solve.threads), solve.threads);
  const Problem& problem = objective.problem();
  SolveState state;
  state.w = to_parameters(as_trained(model), data, problem.units);
  state.value = objective.evaluate(state.w, &state.gradient);
  if (objective.has_dual_bounds())  // no loss is below 0
    state.keep_better({.rounding = state.value.rounding, .proves_existence = objective.minimizer_is_given()});
  SolveReport report;
  const bool penalized = (problem.penalty.array() > 0).all();
  const auto without_mass = find_class_without_mass(problem, data.schema);
  std::string missing;
  bool overlapping = false;
  if (!penalized) {
    if (without_mass) report.separation = without_mass;
    if (!report.separation && !data.labels.empty() && problem.smoothing == 0 && (problem.penalty.array() == 0).all())
      report.separation = find_separating_feature(data);
    if (!report.separation) report.separation = find_separating_combination(problem, data, solve.threads, &overlapping);
  }
  if (!report.separation) {
    if (objective.has_dual_bounds()) certify_state(objective, *local_preconditioner(objective), state, solve.tolerance);
    if (!(state.gap() <= solve.tolerance) && (!objective.has_dual_bounds() || is_cheap_to_prove(objective))) {
      Verdict verdict = decide(objective, state, monitor, data, Motion::kStay, overlapping);
      report.separation = std::move(verdict.separation);
      missing = verdict.missing;
    }
    if (!report.separation && !(state.gap() <= solve.tolerance) &&
        (is_small(objective) || is_cheap_to_prove(objective)))
      solve_again(objective, state, monitor, data);
  }
  if (!state.has_bound || !objective.has_dual_bounds()) sharpen(objective, state);
  if (!report.separation) bound_by_zero(objective, state, solve.tolerance);
  report.objective = state.value.objective;
  if (report.separation) {
    report.status = Status::kSeparable;
    report.why =
        fmt::format("no optimum exists{}: {}", without_mass ? ", without a penalty or with one" : " without a penalty",
                    report.separation->sentence);
  } else {
    report_gap(state, monitor, missing, report);
    report.certificate.proves_absence = without_mass.has_value();
    if (without_mass) report.why += "; no minimizer exists, the gap is to the infimum: " + without_mass->sentence;
  }
  report.passes = objective.passes();
  report.seconds = monitor.seconds();
  return report;
}

}  // namespace poise
