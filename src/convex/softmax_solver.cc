#include "convex/softmax_solver.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/require.h"
#include "convex/existence/verdict.h"
#include "convex/fields.h"
#include "convex/memory.h"
#include "convex/without_features.h"
#include "convex/workers/worker_rows.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/version.h"

namespace poise::inline convex {
namespace {

/// What is asked for holds for all that follow each other; the default for each, `made` iterations after the first.
int iteration_limit(const SolveOptions& options, Solver solver, int made) {
  if (options.max_iterations > 0) return options.max_iterations;
  return made + (solver == Solver::kNewton ? kNewtonIterations : kOtherIterations);
}

/// Who passes over the rows.
SoftmaxObjective::MakeOwner owner_of(const SolveOptions& options) {
  return [options](const Problem& problem) -> std::unique_ptr<RowOwner> {
    if (options.workers && !options.workers->channels.empty())
      return std::make_unique<WorkerRows>(problem, options.threads, options.memory, *options.workers);
    return std::make_unique<LocalRows>(problem, options.threads, options.memory);
  };
}

SoftmaxObjective make_objective(const Dataset& data, const ObjectiveOptions& options, const SolveOptions& solve,
                                std::optional<Problem> problem) {
  if (!data.features.is_elsewhere()) {
    return {problem ? std::move(*problem) : make_problem(data, options, solve.threads), solve.threads, owner_of(solve)};
  }
  require(solve.workers != nullptr, "rows that workers have, without the workers", "those that rows_of has asked");
  require(options.l2.value_or(1) > 0, "rows that workers have, and no penalty",
          "a penalty above 0: other proofs than those it gives read the rows");
  Problem elsewhere = weigh_rows(data, options);
  auto owner = std::make_unique<WorkerRows>(elsewhere, solve.threads, solve.memory, *solve.workers);
  choose_scale(elsewhere, data, options, [&] { return moments_of(*owner, data.features); });
  return {std::move(elsewhere), solve.threads, [&](const Problem& its) {
            owner->is_about(its);
            return std::move(owner);
          }};
}

}  // namespace

SoftmaxSolver::SoftmaxSolver(const Dataset& data, const ObjectiveOptions& options, const SolveOptions& solve,
                             Watcher* watcher, std::optional<Problem> problem, const Keeping<SolvesState>& keeping)
    : data_(data),
      options_(checked(data, options, solve)),
      solve_(solve),
      watcher_(watcher),
      monitor_(solve, &watcher_),
      objective_(make_objective(data, options_, solve, std::move(problem))),
      without_mass_(find_class_without_mass(objective_.problem(), data.schema)),
      keeping_(keeping) {
  within_.is_due = keeping.is_due;
  within_.keep = [this](SolverState state) { keeping_.keep(states(std::move(state))); };
  check_penalty();
}

SoftmaxFit SoftmaxSolver::solve(double l2, const Parameters* start,
                                std::shared_ptr<const Preconditioner> preconditioner) {
  set_l2(l2);
  if (!start) return solve();
  if (solve_.solver == Solver::kAuto || solve_.solver == Solver::kNewton) lent_ = std::move(preconditioner);
  SoftmaxFit fit = solve_at(*start);
  lent_ = nullptr;
  return fit;
}

void SoftmaxSolver::set_l2(double l2) {
  options_.l2 = l2;
  if (last_) take_penalty(*last_, -1);
  objective_.set_l2(l2);
  check_penalty();
  if (last_) take_penalty(*last_, 1);
}

SoftmaxFit SoftmaxSolver::solve() {
  const bool goes_on = last_.has_value();
  return solve_from(goes_on ? std::move(*last_) : zero_weights(objective_.problem()), !goes_on);
}

SoftmaxFit SoftmaxSolver::solve(const Network& start) {
  return solve_at(to_parameters(as_trained(start), data_, objective_.problem().units));
}

ObjectiveOptions SoftmaxSolver::checked(const Dataset& data, ObjectiveOptions options, const SolveOptions& solve) {
  check_fields(solve);
  check_memory(data, solve.memory);
  options.l2 = resolve_l2(data, options);
  return options;
}

SoftmaxFit SoftmaxSolver::solve_at(Parameters start) {
  SolveState state;
  state.w = std::move(start);
  return solve_from(std::move(state), false);
}

std::optional<SoftmaxFit> SoftmaxSolver::replay() {
  if (!keeping_.from || replayed_ == keeping_.from->finished.size()) return std::nullopt;
  const FinishedSolve& found = keeping_.from->finished[replayed_++];
  passes_before_ = found.passes;
  objective_.count_passes(found.passes, found.has_moments);
  SoftmaxFit fit;
  fit.report = found.report;
  fit.model = to_model(found.place.w, objective_.problem().units, data_.schema);
  record_training(objective_.problem(), found.place.value.penalty, fit.model.metadata);
  finished_.push_back(found);
  leave(found.place, found.report.status);
  return fit;
}

void SoftmaxSolver::remember(const SolveState& state, const SoftmaxFit& fit) {
  if (!keeping_.keep || is_stopped(fit.report.status) || was_cut_short()) return;
  finished_.push_back({*options_.l2, fit.report, state, objective_.passes(), objective_.has_moments()});
  keeping_.keep(states(std::nullopt));
}

void SoftmaxSolver::leave(SolveState state, Status status) {
  last_.reset();
  if (!std::isfinite(state.value.objective)) return;
  if (status == Status::kCertified) path_.remember(*options_.l2, state.w);
  last_.emplace(std::move(state));
  last_->has_bound = false;  // of this penalty alone
  last_->estimate = std::numeric_limits<double>::infinity();
}

SoftmaxFit SoftmaxSolver::solve_from(SolveState state, bool cold) {
  if (std::optional<SoftmaxFit> fit = replay()) return std::move(*fit);
  if (passes_before_) monitor_ = Monitor(solve_, &watcher_, since_.seconds());
  monitor_.set_penalty_of_path(of_path_ ? options_.l2 : std::nullopt);
  passes_before_ = objective_.passes();
  other_passes_ = 0;
  beyond_float64_.reset();
  const bool goes_on = keeping_.from && keeping_.from->current && !std::exchange(has_gone_on_, true);
  within_.from = goes_on ? &*keeping_.from->current : nullptr;
  monitor_.keep_with(keeping_.keep || goes_on ? &within_ : nullptr);
  std::optional<SeparatingDirection> separation;
  const Outcome outcome = solve_and_prove(state, cold, separation);
  SoftmaxFit fit = finish(objective_, state, outcome, std::move(separation));
  remember(state, fit);
  leave(std::move(state), fit.report.status);
  return fit;
}

Outcome SoftmaxSolver::solve_and_prove(SolveState& state, bool cold, std::optional<SeparatingDirection>& separation) {
  if (!begin(state, cold)) {
    const Outcome outcome = limited(monitor_.stopped_by(), monitor_);
    state = class_frequencies(objective_.problem());
    bound_briefly(objective_, state, outcome.status);
    return outcome;
  }
  const SolveState fallback = cold ? class_frequencies(objective_.problem()) : state;
  separation = obvious_separation(objective_.problem());
  if (separation) {
    const Outcome outcome = separable(*separation, solve_nearby(state));
    if (monitor_.iterations() == 0) state = fallback;
    value_here(state);
    return outcome;
  }
  std::optional<Outcome> elsewhere = solve_in_independent_features(objective_, state, cold);
  Outcome outcome = elsewhere ? *elsewhere : run_solver(objective_, state, cold);
  const bool stopped = is_stopped(outcome.status);
  if (stopped && state.value.objective > fallback.value.objective) state = fallback;
  if (outcome.status == Status::kConverged && objective_.has_dual_bounds())
    outcome = certify_afresh(objective_, state, outcome);
  const bool limited = outcome.status == Status::kTimeLimit || outcome.status == Status::kIterationLimit;
  if ((limited || stopped) && !state.has_bound) bound_briefly(objective_, state, outcome.status);
  if (limited && state.gap() <= solve_.tolerance && options_.l2 > 0) outcome = certified(state, monitor_);
  if (!stopped && outcome.status != Status::kCertified && outcome.status != Status::kDiverged)
    outcome = settle(objective_, state, outcome, separation);
  if (!std::isfinite(state.value.objective))
    outcome = {Status::kDiverged, "the objective is not a finite number at the weights found"};
  const bool may_be_rough = !state.has_bound || !objective_.has_dual_bounds();
  if (!is_stopped(outcome.status) && may_be_rough && affords_exact_point(objective_.problem(), solve_.memory))
    outcome = sharpened(state, outcome);
  return outcome;
}

bool SoftmaxSolver::begin(SolveState& state, bool cold) {
  const bool known = cold || (state.gradient.size() > 0 && !state.is_rough());
  try {
    const StoppablePasses stoppable(objective_, cold ? monitor_.stop() : Stop());
    if (!cold && known) look_ahead(state);
    if (known && solver_for(objective_) == Solver::kLbfgs) return true;
    state.value = objective_.evaluate(state.w, &state.gradient);
    return true;
  } catch (const PassStopped&) {
    return false;
  }
}

void SoftmaxSolver::look_ahead(SolveState& state) {
  const std::optional<Parameters> there = path_.at(*options_.l2);
  if (!there) return;
  SolveState ahead;
  ahead.w = *there;
  ahead.value = objective_.evaluate(ahead.w, &ahead.gradient);
  if (ahead.value.objective < state.value.objective) state = std::move(ahead);
}

void SoftmaxSolver::take_penalty(SolveState& state, double sign) const {
  if (state.gradient.size() == 0) return;
  const Vector& penalty = objective_.problem().penalty;
  const auto weights = state.w.topRows(penalty.size());
  const double sum = 0.5 * penalty.dot(weights.rowwise().squaredNorm());
  state.gradient.topRows(penalty.size()) += sign * (penalty.asDiagonal() * weights);
  state.value.penalty = sign > 0 ? sum : 0;
  state.value.objective = state.value.cross_entropy + state.value.penalty;
}

Solver SoftmaxSolver::solver_for(const SoftmaxObjective& objective) const {
  if (solve_.solver != Solver::kAuto) return solve_.solver;
  return is_small(objective) ? Solver::kNewton : Solver::kLbfgs;
}

void SoftmaxSolver::check_penalty() const {
  const Problem& problem = objective_.problem();
  for (Index j = 0; j < problem.cols(); ++j) {
    if (std::isfinite(problem.penalty[j])) continue;
    throw Error(ErrorKind::kUsage,
                fmt::format("the penalty on the weight of {} overflows: its unit is too small beside the values",
                            data_.schema.feature_name(j)),
                "units nearer to the size of the values", "standardize the features, or scale this one");
  }
}

Outcome SoftmaxSolver::run_solver(SoftmaxObjective& objective, SolveState& state, bool cold) {
  if (const SolverState* from = monitor_.from()) {
    const Parameters &w = from->place.w, &gradient = from->place.gradient;
    require(w.rows() == state.w.rows() && w.cols() == state.w.cols() && gradient.rows() == w.rows() &&
                gradient.cols() == w.cols(),
            "the state of another solve", "one of the same features and classes");
  }
  const SolveState begin = state;
  const Outcome outcome = run_unless_stopped(objective, state, cold);
  monitor_.keep_with(nullptr);  // what follows in this solve follows from its last state
  if (!state.is_rough()) return outcome;
  const StoppablePasses stoppable(objective, [this] { return monitor_.is_past_time(); });
  try {
    leave_float(objective, state);
  } catch (const PassStopped&) {  // what float32 tells of it, if that was computed, has to do
  }
  if (state.value.objective > begin.value.objective) state = begin;
  return outcome;
}

Outcome SoftmaxSolver::run_unless_stopped(SoftmaxObjective& objective, SolveState& state, bool cold) {
  const StoppablePasses stoppable(objective, monitor_.stop());
  try {
    return run(lent_ ? Solver::kNewton : solver_for(objective), objective, state, cold);
  } catch (const PassStopped&) {
    return limited(monitor_.stopped_by(), monitor_);
  }
}

Outcome SoftmaxSolver::run(Solver solver, SoftmaxObjective& objective, SolveState& state, bool cold) {
  const int limit = iteration_limit(solve_, solver, monitor_.iterations());
  switch (solver) {
    case Solver::kDescent:
      return solve_descent(objective, state, monitor_, limit);
    case Solver::kBarzilaiBorwein:
      return solve_barzilai_borwein(objective, state, monitor_, limit);
    case Solver::kGolden: {
      const auto preconditioner = global_preconditioner(objective, monitor_.stop());
      if (!preconditioner) return limited(monitor_.stopped_by(), monitor_);
      return solve_golden(objective, *preconditioner, state, monitor_, limit);
    }
    case Solver::kLbfgs:
      return solve_lbfgs(objective, state, monitor_, limit, cold);
    default:
      return solve_newton(objective, state, monitor_, limit, "all rows", lent_);
  }
}

SoftmaxFit SoftmaxSolver::finish(const SoftmaxObjective& objective, const SolveState& state, const Outcome& outcome,
                                 std::optional<SeparatingDirection> separation) {
  SoftmaxFit fit;
  SolveReport& report = fit.report;
  report.status = outcome.status;
  report.why = outcome.why;
  if (without_mass_ && !separation)
    report.why += "; no minimizer exists, the gap is to the infimum: " + without_mass_->sentence;
  if (state.is_rough()) report.why += "; the objective is that of float32 arithmetic, for lack of time";
  report.objective = state.value.objective;
  if (state.has_bound && !separation) {
    report.gap = state.gap();
    report.certificate = state.bound;
    report.certificate.proves_absence = without_mass_.has_value();
    report.certificate.objective = state.value.objective;
    report.certificate.rounding = std::max(state.bound.rounding, state.value.rounding);
    report.certificate.gap = *report.gap;
  }
  report.separation = std::move(separation);
  report.iterations = monitor_.iterations();
  report.passes = objective.passes() - *passes_before_ + other_passes_;
  report.seconds = monitor_.seconds();
  fit.model = to_model(state.w, objective.problem().units, data_.schema);
  record_training(objective.problem(), state.value.penalty, fit.model.metadata);
  return fit;
}

void SoftmaxSolver::record_training(const Problem& problem, double penalty, Metadata& metadata) const {
  ObjectiveOptions objective = options_;
  objective.scale = resolve_scale(data_, options_.scale);
  if (!(objective.unit > 0)) objective.unit = data_.unit;
  record(objective, metadata);
  Provenance provenance{.trained_by = std::string("poise ") + kVersion};
  if (penalty > 0) provenance.imbalance_at_rest = -2 * penalty;  // −Σ_j λ_j‖W_j‖²
  if (objective.scale != Scale::kNone) provenance.feature_units = units_as_text(problem.unit);
  record(provenance, metadata);
}

}  // namespace poise::inline convex
