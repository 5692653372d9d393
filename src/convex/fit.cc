// Softmax regression from data to model: chooses metric and solver, decides existence, certifies, reports.
#include <fmt/core.h>

#include <cmath>
#include <cstdlib>

#include "convex/solvers.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"

namespace poise {
namespace {

constexpr int kDefaultNewtonIterations = 200, kDefaultFirstOrderIterations = 20000;

int iteration_limit(const SolveOptions& options) {
  if (options.max_iterations > 0) return options.max_iterations;
  return options.solver == Solver::kAuto || options.solver == Solver::kNewton ? kDefaultNewtonIterations
                                                                              : kDefaultFirstOrderIterations;
}

Outcome run_solver(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, const SolveOptions& options) {
  const int limit = iteration_limit(options);
  if (options.solver == Solver::kDescent) return solve_descent(objective, state, monitor, limit);
  const auto metric = choose_metric(objective);
  switch (options.solver) {
    case Solver::kLbfgs: return solve_lbfgs(objective, *metric, state, monitor, limit);
    case Solver::kGolden: return solve_golden(objective, *metric, state, monitor, limit);
    default: return solve_newton(objective, *metric, state, monitor, limit, "all rows");
  }
}

}  // namespace

SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& options, const SolveOptions& solve,
                       Observer* observer, const SoftmaxModel* start) {
  Monitor monitor(solve, observer);
  SoftmaxObjective objective(make_problem(data, options, solve.threads), solve.threads);
  SolveState state;
  state.w = start ? to_parameters(*start, data) : objective.zero();
  state.value = objective.evaluate(state.w, &state.gradient);
  const Outcome outcome = run_solver(objective, state, monitor, solve);

  SoftmaxFit fit;
  fit.report.status = outcome.status;
  fit.report.why = outcome.why;
  fit.report.objective = state.value.objective;
  fit.report.certificate = state.bound;
  if (state.has_bound) fit.report.gap = state.gap();
  fit.report.iterations = monitor.iterations();
  fit.report.passes = objective.passes();
  fit.report.seconds = monitor.seconds();
  fit.model.schema = data.schema;
  to_model(state.w, data, fit.model);
  return fit;
}

}  // namespace poise
