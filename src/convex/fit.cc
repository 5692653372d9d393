// Softmax regression from data to model: decides existence, chooses preconditioner and solver, certifies, reports.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "convex/existence/verdict.h"
#include "convex/fields.h"
#include "convex/independent_features.h"
#include "convex/memory.h"
#include "convex/penalty_solver.h"
#include "convex/solver/solution_path.h"
#include "convex/solver/solvers.h"
#include "convex/without_features.h"
#include "network/provenance.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"
#include "poise/version.h"

namespace poise {
namespace {

int iteration_limit(const SolveOptions& options, Solver solver) {
  if (options.max_iterations > 0) return options.max_iterations;
  return solver == Solver::kNewton ? kNewtonIterations : kOtherIterations;
}

bool is_stopped(Status status) { return status == Status::kInterrupted || status == Status::kTimeLimit; }

/// Solves for one penalty after another. What does not depend on the penalty is set up once: rows, weights, units,
/// moments, the copy of sparse features by feature.
class SoftmaxSolver : public PenaltySolver {
 public:
  /// `problem`: in place of that of `data`, of which it may have some rows.
  SoftmaxSolver(const Dataset& data, const ObjectiveOptions& options, const SolveOptions& solve, Observer* observer,
                std::optional<Problem> problem = std::nullopt)
      : data_(data),
        options_(checked(data, options, solve)),
        solve_(solve),
        observer_(observer),
        monitor_(solve, observer),
        objective_(problem ? std::move(*problem) : make_problem(data, options_, solve.threads), solve.threads),
        without_mass_(find_class_without_mass(objective_.problem(), data.schema)) {
    check_penalty();
  }

  SoftmaxFit solve(double l2, const Parameters* start, std::shared_ptr<const Preconditioner> preconditioner) override {
    set_l2(l2);
    if (!start) return solve();
    if (solve_.solver == Solver::kAuto || solve_.solver == Solver::kNewton) lent_ = std::move(preconditioner);
    SoftmaxFit fit = solve_at(*start);
    lent_ = nullptr;
    return fit;
  }

  void set_l2(double l2) {
    options_.l2 = l2;
    if (last_) take_penalty(*last_, -1);
    objective_.set_l2(l2);
    check_penalty();
    if (last_) take_penalty(*last_, 1);
  }

  /// Begins at the last solution or where the last ones lead, if there are any, else at W = 0.
  SoftmaxFit solve() {
    const bool goes_on = last_.has_value();
    return solve_from(goes_on ? std::move(*last_) : zero_weights(objective_.problem()), !goes_on);
  }

  SoftmaxFit solve(const Network& start) {
    return solve_at(to_parameters(as_trained(start), data_, objective_.problem().units));
  }

  SoftmaxObjective& objective() override { return objective_; }
  Parameters weights() const override { return last_ ? last_->w : objective_.zero(); }

 private:
  static ObjectiveOptions checked(const Dataset& data, ObjectiveOptions options, const SolveOptions& solve) {
    check_fields(solve);
    check_memory(data);
    options.l2 = resolve_l2(data, options);
    return options;
  }

  SoftmaxFit solve_at(Parameters start) {
    SolveState state;
    state.w = std::move(start);
    return solve_from(std::move(state), false);
  }

  SoftmaxFit solve_from(SolveState state, bool cold) {
    if (passes_before_) monitor_ = Monitor(solve_, observer_, since_.seconds());
    passes_before_ = objective_.passes();
    other_passes_ = 0;
    beyond_float64_.reset();
    std::optional<SeparatingDirection> separation;
    const Outcome outcome = solve_and_prove(state, cold, separation);
    SoftmaxFit fit = finish(objective_, state, outcome, std::move(separation));
    last_.reset();
    if (!std::isfinite(state.value.objective)) return fit;
    if (fit.report.status == Status::kCertified) path_.remember(*options_.l2, state.w);
    last_.emplace(std::move(state));
    last_->has_bound = false;  // of this penalty alone
    last_->estimate = std::numeric_limits<double>::infinity();
    return fit;
  }

  Outcome solve_and_prove(SolveState& state, bool cold, std::optional<SeparatingDirection>& separation) {
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
      if (monitor_.iterations() == 0) state.w = fallback.w;
      state.value = objective_.evaluate(state.w, &state.gradient);
      sharpen(objective_, state);
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
    if (!stopped && (!state.has_bound || !objective_.has_dual_bounds())) sharpen(objective_, state);
    return outcome;
  }

  /// f and ∇f where solving begins; L-BFGS needs none that are not known. False if there is no time for them; from a
  /// model to start with they are computed all the same.
  bool begin(SolveState& state, bool cold) {
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

  /// Goes to where the last solutions lead, if the objective is lower there. Costs a pass. MNIST, 12 penalties from 0.1
  /// to 1e-4: 190 passes; through two points 203, without it 235.
  void look_ahead(SolveState& state) {
    const std::optional<Parameters> there = path_.at(*options_.l2);
    if (!there) return;
    SolveState ahead;
    ahead.w = *there;
    ahead.value = objective_.evaluate(ahead.w, &ahead.gradient);
    if (ahead.value.objective < state.value.objective) state = std::move(ahead);
  }

  /// Adds `sign` times the penalty to value and gradient.
  void take_penalty(SolveState& state, double sign) const {
    if (state.gradient.size() == 0) return;
    const Vector& penalty = objective_.problem().penalty;
    const auto weights = state.w.topRows(penalty.size());
    const double sum = 0.5 * penalty.dot(weights.rowwise().squaredNorm());
    state.gradient.topRows(penalty.size()) += sign * (penalty.asDiagonal() * weights);
    state.value.penalty = sign > 0 ? sum : 0;
    state.value.objective = state.value.cross_entropy + state.value.penalty;
  }

  Solver solver_for(const SoftmaxObjective& objective) const {
    if (solve_.solver != Solver::kAuto) return solve_.solver;
    return is_small(objective) ? Solver::kNewton : Solver::kLbfgs;
  }

  static constexpr double kNearbyL2 = 1e-4;

  /// λ_j = l2 (unit/scale)² of units far from 1 may be no number any more.
  void check_penalty() const {
    const Problem& problem = objective_.problem();
    for (Index j = 0; j < problem.cols(); ++j) {
      if (std::isfinite(problem.penalty[j])) continue;
      throw Error(ErrorKind::kUsage,
                  fmt::format("the penalty on the weight of {} overflows: its unit is too small beside the values",
                              data_.schema.feature_name(j)),
                  "units nearer to the size of the values", "standardize the features, or scale this one");
    }
  }

  /// What shows without solving that no minimizer exists.
  std::optional<SeparatingDirection> obvious_separation(const Problem& problem) {
    if ((problem.penalty.array() > 0).all()) return std::nullopt;
    if (without_mass_) return without_mass_;
    const bool has_all_rows = problem.rows() == data_.rows();
    if (has_all_rows && !data_.labels.empty() && problem.smoothing == 0 && (problem.penalty.array() == 0).all()) {
      if (auto found = find_separating_feature(data_)) return found;
    }
    return find_separating_combination(problem, data_, solve_.threads, &overlapping_);
  }

  /// What the solver has left open: a proof from the curvature, or a direction of recession.
  Outcome settle(SoftmaxObjective& objective, SolveState& state, Outcome outcome,
                 std::optional<SeparatingDirection>& separation) {
    if (objective.has_dual_bounds() && !is_cheap_to_prove(objective)) return outcome;
    const bool may_move = outcome.status == Status::kConverged;
    Verdict verdict = decide(objective, state, monitor_, data_, may_move ? Motion::kMove : Motion::kStay, overlapping_);
    if (verdict.separation) {
      separation = std::move(verdict.separation);
      return separable(*separation, outcome);
    }
    bound_by_zero(objective, state, solve_.tolerance);
    if (state.gap() <= solve_.tolerance) return certified(state, monitor_);
    if (outcome.status != Status::kConverged) return outcome;
    if (std::isfinite(state.gap())) {
      outcome.why = fmt::format(
          "the proven gap {:.2e} is above the tolerance {:.2e}, and float64 steps lower the "
          "objective no further",
          state.gap(), solve_.tolerance);
    }
    const double fall = beyond_float64_ ? state.value.objective - beyond_float64_->value.objective : 0;
    if (fall > solve_.tolerance) verdict.missing = beyond_float64(objective, beyond_float64_->w, fall, data_);
    if (!verdict.missing.empty()) outcome.why += "; " + verdict.missing;
    if (!std::isfinite(state.gap()) && options_.l2 == 0) outcome.why += ". A penalty above 0 has a provable optimum";
    return outcome;
  }

  /// Without a penalty, where features are nearly dependent: solves in others and returns to these if float64 scores
  /// can follow. The state stays where it is if there is nothing to gain.
  std::optional<Outcome> solve_in_independent_features(SoftmaxObjective& objective, SolveState& state, bool cold) {
    const auto others = IndependentFeatures::of(objective.problem(), objective.threads());
    if (!others) return std::nullopt;
    SoftmaxObjective inner(others->problem(), objective.threads());
    SolveState found;
    found.w = others->from_original(state.w);
    found.value = inner.evaluate(found.w, &found.gradient);
    if (!(found.value.objective <= inner.evaluate(inner.zero(), nullptr).objective)) found.w = inner.zero();
    found.value = inner.evaluate(found.w, &found.gradient);
    const Outcome outcome = run_solver(inner, found, cold);
    other_passes_ += inner.passes();
    if (is_stopped(outcome.status) && monitor_.is_past_time()) return outcome;
    SolveState back;
    back.w = others->to_original(found.w);
    back.value = objective.evaluate(back.w, &back.gradient);
    back.estimate = found.estimate;
    if (is_stopped(outcome.status)) {
      if (back.value.objective < state.value.objective) state = std::move(back);
      return outcome;
    }
    const double fall = state.value.objective - found.value.objective;
    if (fall >= 0 && is_little(float64_error(objective, back.w), fall)) {
      sharpen(objective, back);
      if (is_little(std::abs(back.value.objective - found.value.objective), fall)) {
        state = std::move(back);
        return outcome;
      }
    }
    state.value = objective.evaluate(state.w, &state.gradient);
    beyond_float64_ = std::move(back);
    beyond_float64_->value = found.value;
    return std::nullopt;
  }

  /// Where no minimizer exists: the optimum with a small penalty, a useful model all the same.
  Outcome solve_nearby(SolveState& state) {
    Problem nearby = objective_.problem();
    poise::set_l2(nearby, kNearbyL2);
    SoftmaxObjective objective(std::move(nearby), solve_.threads);
    state.value = objective.evaluate(state.w, &state.gradient);
    Outcome outcome = run_solver(objective, state, true);
    state.has_bound = false;  // of another objective
    return outcome;
  }

  /// A bound where a limit came before the first. Two cost nothing: no loss is below 0, and what the gradient gives.
  /// A Newton system gives a better one where the optimum is near, for the price of some passes: not worth it far away,
  /// nor where time is up after few of them, nor where somebody waits. (Without a penalty loose bounds are none.)
  void bound_briefly(SoftmaxObjective& objective, SolveState& state, Status limit) const {
    constexpr double kNear = 0.1, kFewPasses = 15;
    if (!objective.has_dual_bounds() || state.is_rough()) return;
    state.keep_better({.rounding = state.value.rounding, .proves_existence = objective.minimizer_is_given()});
    if (state.gradient.size() == 0) return;
    const Stop stop = [this, limit] { return limit == Status::kTimeLimit && monitor_.is_past_limit(); };
    const StoppablePasses stoppable(objective, stop);
    try {
      state.keep_better(objective.gradient_bound(state.w, state.value, state.gradient));
      if (limit == Status::kInterrupted) return;
      if (limit == Status::kTimeLimit && (objective.passes() < kFewPasses || stop())) return;
      state.value = objective.evaluate(state.w, &state.gradient);
      const std::unique_ptr<Preconditioner> preconditioner = local_preconditioner(objective, stop);
      if (!preconditioner) return;
      const double estimate = 0.5 * state.gradient.cwiseProduct(preconditioner->solve(state.gradient)).sum();
      if (estimate > kNear * state.value.objective) return;
      bound_state(objective, state, solve_newton_system(objective, *preconditioner, state.gradient, {1e-2}, stop));
    } catch (const PassStopped&) {  // the bounds so far are what there is
    }
  }

  /// A solver's preconditioner may be of a point left long ago: with one of this point the gap may still be proven.
  Outcome certify_afresh(SoftmaxObjective& objective, SolveState& state, const Outcome& outcome) const {
    const Stop stop = [this] { return monitor_.is_past_limit(); };
    const StoppablePasses stoppable(objective, stop);
    try {
      state.value = objective.evaluate(state.w, &state.gradient);
      const auto preconditioner =
          affords_full(objective) ? full_preconditioner(objective) : local_preconditioner(objective, stop);
      if (!preconditioner) return outcome;
      certify_state(objective, *preconditioner, state, solve_.tolerance, stop);
    } catch (const PassStopped&) {
      return outcome;
    }
    return state.gap() <= solve_.tolerance ? certified(state, monitor_) : outcome;
  }

  /// Solves; where a limit ended that, the best point so far is left, with its value and gradient in float64.
  Outcome run_solver(SoftmaxObjective& objective, SolveState& state, bool cold) {
    const SolveState begin = state;
    const Outcome outcome = run_unless_stopped(objective, state, cold);
    if (!state.is_rough()) return outcome;
    const StoppablePasses stoppable(objective, [this] { return monitor_.is_past_time(); });
    try {
      leave_float(objective, state);
    } catch (const PassStopped&) {  // what float32 tells of it, if that was computed, has to do
    }
    if (state.value.objective > begin.value.objective) state = begin;
    return outcome;
  }

  Outcome run_unless_stopped(SoftmaxObjective& objective, SolveState& state, bool cold) {
    const StoppablePasses stoppable(objective, monitor_.stop());
    try {
      return solve(objective, state, cold);
    } catch (const PassStopped&) {
      return limited(monitor_.stopped_by(), monitor_);
    }
  }

  Outcome solve(SoftmaxObjective& objective, SolveState& state, bool cold) {
    const Solver solver = lent_ ? Solver::kNewton : solver_for(objective);
    const int limit = iteration_limit(solve_, solver);
    switch (solver) {
      case Solver::kDescent:
        return solve_descent(objective, state, monitor_, limit);
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

  Outcome separable(const SeparatingDirection& direction, const Outcome& outcome) const {
    if (outcome.status == Status::kInterrupted) return outcome;
    if (without_mass_) {
      return {Status::kSeparable, "no optimum exists, without a penalty or with one: " + direction.sentence +
                                      ". The model returned is a useful one, found on the way"};
    }
    return {Status::kSeparable,
            "no optimum exists without a penalty: " + direction.sentence +
                ". Use a penalty above 0 or label smoothing; the model returned is a useful one, found on the way"};
  }

  SoftmaxFit finish(const SoftmaxObjective& objective, const SolveState& state, const Outcome& outcome,
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

  void record_training(const Problem& problem, double penalty, Metadata& metadata) const {
    ObjectiveOptions objective = options_;
    objective.scale = resolve_scale(data_, options_.scale);
    if (!(objective.unit > 0)) objective.unit = data_.unit;
    record(objective, metadata);
    Provenance provenance{.trained_by = std::string("poise ") + kVersion};
    if (penalty > 0) provenance.imbalance_at_rest = -2 * penalty;  // −Σ_j λ_j‖W_j‖²
    if (objective.scale != Scale::kNone) provenance.feature_units = units_as_text(problem.unit);
    record(provenance, metadata);
  }

  const Stopwatch since_;
  const Dataset& data_;
  ObjectiveOptions options_;
  const SolveOptions solve_;
  Observer* const observer_;
  Monitor monitor_;  // of one solve, as what follows but for the objective
  SoftmaxObjective objective_;
  std::optional<SeparatingDirection> without_mass_;  // as a direction of recession
  std::optional<SolveState> beyond_float64_;         // what other features would give
  std::optional<SolveState> last_;                   // the solution before
  SolutionPath path_;
  std::shared_ptr<const Preconditioner> lent_;  // to the solve that goes on
  std::optional<double> passes_before_;         // made by the objective; empty before the first solve
  double other_passes_ = 0;                     // in other features
  bool overlapping_ = false;                    // no direction of recession seems to exist
};

}  // namespace

SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve,
                       Observer* observer, const Network* start) {
  SoftmaxSolver solver(data, objective, solve, observer);
  return start ? solver.solve(*start) : solver.solve();
}

namespace {

/// Of the fits for these penalties, the one nearest to `l2`: on a scale of ratios, where 0 is far below all others.
std::size_t nearest(std::span<const double> penalties, double l2) {
  const auto place = [](double penalty) { return std::log(std::max(penalty, 1e-300)); };
  const auto closer = [&](double a, double b) {
    return std::abs(place(a) - place(l2)) < std::abs(place(b) - place(l2));
  };
  return std::min_element(penalties.begin(), penalties.end(), closer) - penalties.begin();
}

}  // namespace

std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, const NextPenalty& next,
                                         const ObjectiveOptions& objective, const SolveOptions& solve,
                                         Observer* observer) {
  std::unique_ptr<SoftmaxSolver> solver;
  std::vector<SoftmaxFit> fits;
  std::vector<double> penalties;
  while (const std::optional<double> l2 = next(fits)) {
    ObjectiveOptions options = objective;
    options.l2 = *l2;
    if (observer) observer->on_penalty(*l2);
    const std::size_t start = fits.empty() ? 0 : nearest(penalties, *l2);
    if (solver) {
      solver->set_l2(*l2);
    } else {
      solver = std::make_unique<SoftmaxSolver>(data, options, solve, observer);
    }
    SoftmaxFit fit = start + 1 < fits.size() ? solver->solve(fits[start].model) : solver->solve();
    fits.push_back(std::move(fit));
    penalties.push_back(*l2);
    const Status status = fits.back().report.status;
    if (status == Status::kInterrupted || status == Status::kTimeLimit) break;
  }
  return fits;
}

std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, std::span<const double> path,
                                         const ObjectiveOptions& objective, const SolveOptions& solve,
                                         Observer* observer) {
  const NextPenalty next = [&](std::span<const SoftmaxFit> fits) {
    return fits.size() < path.size() ? std::optional(path[fits.size()]) : std::nullopt;
  };
  return fit_softmax_path(data, next, objective, solve, observer);
}

}  // namespace poise

namespace poise::inline convex {

std::unique_ptr<PenaltySolver> make_penalty_solver(Problem problem, const Dataset& data,
                                                   const ObjectiveOptions& options, const SolveOptions& solve,
                                                   Observer* observer) {
  return std::make_unique<SoftmaxSolver>(data, options, solve, observer, std::move(problem));
}

}  // namespace poise::inline convex
