// Softmax regression from data to model: decides existence, chooses metric and solver, certifies, reports.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "convex/existence/verdict.h"
#include "convex/independent_features.h"
#include "convex/memory.h"
#include "convex/solvers.h"
#include "network/metadata.h"
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

/// f where no score depends on a feature: from cross-entropy and entropy in closed form.
Evaluation value_without_features(const Problem& problem, double cross_entropy, double entropy) {
  Evaluation value;
  value.objective = value.cross_entropy = cross_entropy;
  value.entropy = entropy;
  value.rounding = 1e-15 * static_cast<double>(problem.rows() + problem.classes) * (1 + cross_entropy);
  return value;
}

/// W = 0, where f = ln K. Its gradient takes a pass.
SolveState zero_weights(const Problem& problem) {
  SolveState state;
  state.w = Parameters::Zero(problem.cols() + 1, problem.classes);
  const double uniform = std::log(static_cast<double>(problem.classes));
  state.value = value_without_features(problem, uniform, uniform);
  return state;
}

/// The model of class frequencies alone, p_c(x) = π_c, without a pass over the features: no time is too short for it.
/// No class less than half a row, so that all logarithms are finite. Class sums 0.
SolveState class_frequencies(const Problem& problem) {
  Vector share = Vector::Zero(problem.classes);
  std::vector<double> target(static_cast<std::size_t>(problem.classes));
  for (Index i = 0; i < problem.rows(); ++i) {
    problem.target_of(i, target);
    for (Index c = 0; c < problem.classes; ++c) share[c] += problem.row_weight[i] * target[static_cast<std::size_t>(c)];
  }
  const Vector raised = share.cwiseMax(0.5 / static_cast<double>(problem.rows()));
  const Vector logarithm = raised.array().log();
  SolveState state;
  state.w = Parameters::Zero(problem.cols() + 1, problem.classes);
  state.w.bottomRows(1) = (logarithm.array() - logarithm.mean()).matrix().transpose();
  const Vector p = raised / raised.sum();
  const Vector log_p = p.array().log();
  state.value = value_without_features(problem, -share.dot(log_p), -p.dot(log_p));
  return state;
}

/// Everything one solve needs, so that a path can reuse data and monitor.
class Fitter {
 public:
  /// `spent`: seconds of the time limit that solves before this one took.
  Fitter(const Dataset& data, const ObjectiveOptions& options, const SolveOptions& solve, Observer* observer,
         double spent = 0)
      : data_(data), options_(options), solve_(solve), monitor_(solve, observer, spent) {
    check(solve);
    check_memory(data);
    options_.l2 = resolve_l2(data, options);
  }

  SoftmaxFit fit(const SoftmaxModel* start) {
    SoftmaxObjective objective(make_problem(data_, options_, solve_.threads), solve_.threads);
    check_penalty(objective.problem());
    SolveState state = zero_weights(objective.problem());
    if (start) state.w = to_parameters(as_trained(*start), data_, objective.problem().units);
    if (!begin(objective, state, !start)) {
      const Outcome outcome = limited(monitor_.stopped_by(), monitor_);
      state = class_frequencies(objective.problem());
      bound_briefly(objective, state, outcome.status);
      return finish(objective, state, outcome, {});
    }
    const SolveState fallback = start ? state : class_frequencies(objective.problem());
    without_mass_ = find_class_without_mass(objective.problem(), data_.schema);
    std::optional<SeparatingDirection> separation = obvious_separation(objective.problem());
    if (separation) {
      Outcome outcome = separable(*separation, solve_nearby(state));
      if (monitor_.iterations() == 0) state.w = fallback.w;
      state.value = objective.evaluate(state.w, &state.gradient);
      sharpen(objective, state);
      return finish(objective, state, outcome, std::move(separation));
    }
    std::optional<Outcome> elsewhere = solve_in_independent_features(objective, state, !start);
    Outcome outcome = elsewhere ? *elsewhere : run_solver(objective, state, !start);
    const bool stopped = is_stopped(outcome.status);
    if (stopped && state.value.objective > fallback.value.objective) state = fallback;
    if (outcome.status == Status::kConverged && objective.has_dual_bounds())
      outcome = certify_afresh(objective, state, outcome);
    const bool limited = outcome.status == Status::kTimeLimit || outcome.status == Status::kIterationLimit;
    if (limited && !state.has_bound) bound_briefly(objective, state, outcome.status);
    if (limited && state.gap() <= solve_.tolerance && options_.l2 > 0) outcome = certified(state, monitor_);
    if (!stopped && outcome.status != Status::kCertified && outcome.status != Status::kDiverged)
      outcome = settle(objective, state, outcome, separation);
    if (!std::isfinite(state.value.objective))
      outcome = {Status::kDiverged, "the objective is not a finite number at the weights found"};
    if (!stopped && (!state.has_bound || !objective.has_dual_bounds())) sharpen(objective, state);
    return finish(objective, state, outcome, std::move(separation));
  }

 private:
  /// f and ∇f where solving begins; L-BFGS needs neither at W = 0. False if there is no time for them; from a model to
  /// start with they are computed all the same.
  bool begin(SoftmaxObjective& objective, SolveState& state, bool cold) {
    if (cold && solver_for(objective) == Solver::kLbfgs) return true;
    try {
      const StoppablePasses stoppable(objective, cold ? monitor_.stop() : Stop());
      state.value = objective.evaluate(state.w, &state.gradient);
      return true;
    } catch (const PassStopped&) {
      return false;
    }
  }

  Solver solver_for(const SoftmaxObjective& objective) const {
    if (solve_.solver != Solver::kAuto) return solve_.solver;
    return is_small(objective) ? Solver::kNewton : Solver::kLbfgs;
  }

  static constexpr double kNearbyL2 = 1e-4;

  /// λ_j = l2 (unit/scale)² of units far from 1 may be no number any more.
  void check_penalty(const Problem& problem) const {
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
    if (!data_.labels.empty() && problem.smoothing == 0 && (problem.penalty.array() == 0).all()) {
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
    ObjectiveOptions nearby = options_;
    nearby.l2 = kNearbyL2;
    SoftmaxObjective objective(make_problem(data_, nearby, solve_.threads), solve_.threads);
    state.value = objective.evaluate(state.w, &state.gradient);
    Outcome outcome = run_solver(objective, state, true);
    state.has_bound = false;  // of another objective
    return outcome;
  }

  /// A bound where a limit came before the first. Two cost nothing: no loss is below 0, and what the gradient gives.
  /// A Newton system gives a better one where the optimum is near, for the price of some passes: not worth it far away,
  /// nor where time is up after few of them. (Without a penalty loose bounds are none.)
  void bound_briefly(SoftmaxObjective& objective, SolveState& state, Status limit) const {
    constexpr double kNear = 0.1, kFewPasses = 15;
    if (!objective.has_dual_bounds() || state.is_rough()) return;
    state.keep_better({.dual_value = 0, .rounding = state.value.rounding});
    if (state.gradient.size() == 0) return;
    const Stop stop = [this, limit] { return limit == Status::kTimeLimit && monitor_.is_past_limit(); };
    const StoppablePasses stoppable(objective, stop);
    try {
      state.keep_better(objective.gradient_bound(state.w, state.value, state.gradient));
      if (limit == Status::kTimeLimit && (objective.passes() < kFewPasses || stop())) return;
      state.value = objective.evaluate(state.w, &state.gradient);
      const std::unique_ptr<Metric> metric = local_metric(objective, stop);
      if (!metric) return;
      const double estimate = 0.5 * state.gradient.cwiseProduct(metric->solve(state.gradient)).sum();
      if (estimate > kNear * state.value.objective) return;
      bound_state(objective, state, solve_newton_system(objective, *metric, state.gradient, {1e-2}, stop));
    } catch (const PassStopped&) {  // the bounds so far are what there is
    }
  }

  /// A solver's metric may be of a point left long ago: with one of this point the gap may still be proven.
  Outcome certify_afresh(SoftmaxObjective& objective, SolveState& state, const Outcome& outcome) const {
    const Stop stop = [this] { return monitor_.is_past_limit(); };
    const StoppablePasses stoppable(objective, stop);
    try {
      state.value = objective.evaluate(state.w, &state.gradient);
      const auto metric = affords_full(objective) ? full_metric(objective) : local_metric(objective, stop);
      if (!metric) return outcome;
      certify_state(objective, *metric, state, solve_.tolerance, stop);
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
    const Solver solver = solver_for(objective);
    const int limit = iteration_limit(solve_, solver);
    switch (solver) {
      case Solver::kDescent:
        return solve_descent(objective, state, monitor_, limit);
      case Solver::kGolden: {
        const auto metric = global_metric(objective, monitor_.stop());
        if (!metric) return limited(monitor_.stopped_by(), monitor_);
        return solve_golden(objective, *metric, state, monitor_, limit);
      }
      case Solver::kLbfgs:
        return solve_lbfgs(objective, state, monitor_, limit, cold);
      default:
        return solve_newton(objective, state, monitor_, limit, "all rows");
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
      report.certificate.objective = state.value.objective;
      report.certificate.rounding = std::max(state.bound.rounding, state.value.rounding);
      report.certificate.gap = *report.gap;
    }
    report.separation = std::move(separation);
    report.iterations = monitor_.iterations();
    report.passes = objective.passes() + other_passes_;
    report.seconds = monitor_.seconds();
    fit.model.schema = data_.schema;
    to_model(state.w, objective.problem().units, fit.model);
    record(objective.problem(), fit.model);
    const double penalty = state.value.penalty;  // at rest CE − H = −Σ_j λ_j‖W_j‖²
    if (penalty > 0) fit.model.metadata["imbalance_at_rest"] = fmt::format("{}", -2 * penalty);
    return fit;
  }

  void record(const Problem& problem, SoftmaxModel& model) const {
    if (resolve_scale(data_, options_.scale) != Scale::kNone)
      model.metadata["feature_units"] = units_as_text(problem.unit);
    model.metadata["l2"] = fmt::format("{}", *options_.l2);
    model.metadata["scale"] = to_string(resolve_scale(data_, options_.scale));
    model.metadata["unit"] = fmt::format("{}", options_.unit > 0 ? options_.unit : data_.unit);
    model.metadata["label_smoothing"] = fmt::format("{}", options_.label_smoothing);
    model.metadata["balanced_classes"] = options_.balanced_classes ? "true" : "false";
    if (!options_.class_weights.empty()) model.metadata["class_weights"] = to_text(options_.class_weights);
    model.metadata["trained_by"] = std::string("poise ") + kVersion;
  }

  const Dataset& data_;
  ObjectiveOptions options_;
  SolveOptions solve_;
  Monitor monitor_;
  std::optional<SeparatingDirection> without_mass_;  // as a direction of recession
  std::optional<SolveState> beyond_float64_;         // what other features would give
  double other_passes_ = 0;                          // in other features
  bool overlapping_ = false;                         // no direction of recession seems to exist
};

}  // namespace

SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve,
                       Observer* observer, const SoftmaxModel* start) {
  return Fitter(data, objective, solve, observer).fit(start);
}

namespace {

/// Of the fits for these penalties, the one nearest to `l2`: on a scale of ratios, where 0 is far below all others.
std::size_t nearest(std::span<const double> penalties, double l2) {
  const auto place = [](double penalty) { return std::log(std::max(penalty, 1e-300)); };
  const auto closer = [&](double a, double b) {
    return std::abs(place(a) - place(l2)) < std::abs(place(b) - place(l2));
  };
  return static_cast<std::size_t>(std::min_element(penalties.begin(), penalties.end(), closer) - penalties.begin());
}

}  // namespace

std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, const NextPenalty& next,
                                         const ObjectiveOptions& objective, const SolveOptions& solve,
                                         Observer* observer) {
  const Stopwatch stopwatch;
  std::vector<SoftmaxFit> fits;
  std::vector<double> penalties;
  while (const std::optional<double> l2 = next(fits)) {
    ObjectiveOptions options = objective;
    options.l2 = *l2;
    if (observer) observer->on_penalty(*l2);
    const SoftmaxModel* start = fits.empty() ? nullptr : &fits[nearest(penalties, *l2)].model;
    SoftmaxFit fit = Fitter(data, options, solve, observer, stopwatch.seconds()).fit(start);
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
