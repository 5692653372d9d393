#include "convex/solver/solvers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/words.h"
#include "convex/vectors.h"
#include "poise/error.h"

namespace poise::inline convex {

void SolveState::keep_better(const Certificate& candidate) {
  if (!std::isfinite(candidate.dual_value)) return;
  const double current = has_bound ? bound.dual_value - bound.rounding : -std::numeric_limits<double>::infinity();
  if (!(candidate.dual_value - candidate.rounding > current)) return;
  bound = candidate;
  has_bound = true;
}

double SolveState::gap() const {
  if (!has_bound) return std::numeric_limits<double>::infinity();
  return std::max(0.0, value.objective - bound.dual_value) + std::max(bound.rounding, value.rounding);
}

Monitor::Monitor(const SolveOptions& options, WatcherLink* watcher, double spent)
    : tolerance_(options.tolerance), time_limit_(options.time_limit), spent_(spent), watcher_(watcher) {}

void Monitor::iteration(const SolveState& state, double passes, const std::string& phase, bool on_part_of_rows) {
  ++iterations_;
  if (!watcher_) return;
  Progress progress;
  progress.iteration = iterations_;
  progress.seconds = spent_ + seconds();
  progress.objective = state.value.objective;
  progress.gradient_norm = state.gradient_norm();
  if (state.has_bound) progress.gap = state.gap();
  progress.passes = passes;
  progress.phase = phase;
  progress.on_part_of_rows = on_part_of_rows;
  watcher_->on_event({.kind = Event::Kind::kIteration,
                      .iteration = &progress,
                      .l2 = l2_,
                      .time_limit = time_limit_ > 0 ? earlier_ + time_limit_ : 0});
}

void Monitor::keep(SolverState state, const SoftmaxObjective& objective) const {
  state.iterations = iterations_;
  state.passes = objective.passes(), state.has_moments = objective.has_moments();
  state.seconds = seconds();
  keeping_->keep(std::move(state));
}

void Monitor::go_on_from(const SolverState& state, SoftmaxObjective& objective, Arithmetic arithmetic) {
  Parameters ignored;
  objective.evaluate(state.place.last_point(), &ignored, arithmetic);
  objective.count_passes(state.passes, state.has_moments);
  iterations_ = state.iterations;
  earlier_ = state.seconds;
}

void Monitor::message(const std::string& text) const {
  if (watcher_) watcher_->on_event({.kind = Event::Kind::kMessage, .text = text});
}

bool Monitor::must_stop() const { return is_interrupted() || is_out_of_time(); }

Status Monitor::stopped_by() const { return is_interrupted() ? Status::kInterrupted : Status::kTimeLimit; }

bool Monitor::is_past_limit() const { return is_interrupted() || is_past_time(); }

std::optional<Status> Monitor::limit_reached(int max_iterations) {
  if (is_interrupted()) return Status::kInterrupted;
  if (is_out_of_time()) return Status::kTimeLimit;
  if (iterations_ >= max_iterations) return Status::kIterationLimit;
  return std::nullopt;
}

namespace {

double dual_loss(const Parameters& residual, const Vector& penalty, int threads) {
  const Index k = residual.cols();
  auto loss_of = [&](Index begin, Index end) {
    double sum = 0;
    for (Index j = begin; j < end; ++j) {
      sum += inner_product(residual.data() + j * k, residual.data() + j * k, k) / penalty[j];
    }
    return sum;
  };
  return 0.5 * sum_of_pieces(penalty.size(), threads, loss_of, k);
}

/// HV of a Hessian that goes class by class.
Parameters matrix_product(const Matrix& hessian, const Parameters& v) {
  const Matrix by_class = v.transpose();
  const Vector product = hessian * Eigen::Map<const Vector>(by_class.data(), by_class.size());
  return Eigen::Map<const Matrix>(product.data(), v.cols(), v.rows()).transpose();
}

}  // namespace

Parameters solve_newton_system(const SoftmaxObjective& objective, const Preconditioner& preconditioner,
                               const Parameters& gradient, const CgGoal& goal, const Stop& stop, bool* cut_short) {
  // Less than this share of what the preconditioner expects is no curvature but rounding: along a class without
  // probability, say, H is 0 and what rounding has put into the gradient there must not be divided by it.
  constexpr double kNoCurvature = 1e-14;
  // Cheap where problems are small, and such come with any conditioning.
  const Matrix* const hessian = preconditioner.hessian();
  const bool in_double = is_small(objective) || hessian;
  Parameters step = objective.zero(), residual = gradient, product;
  int products = 0;
  Parameters z = preconditioner.solve(residual), direction = z;
  const int threads = objective.threads();
  double rz = dot(residual, z, threads), size = rz;  // size: ⟨direction, M direction⟩
  const double target = goal.reduction * goal.reduction * rz;
  const Vector& penalty = objective.problem().penalty;
  const auto is_solved = [&] {
    return !(rz > 0) || (rz <= target && !(dual_loss(residual, penalty, threads) > goal.dual_loss));
  };
  bool solved = is_solved();
  while (!solved && products < goal.max_products) {
    if (goal.by_matrix && hessian) {
      product = matrix_product(*hessian, direction);
    } else {
      objective.hessian_product(direction, product, in_double);
    }
    ++products;
    if (stop && stop()) break;
    const double curvature = dot(direction, product, threads);
    if (!(curvature > kNoCurvature * size)) break;  // what we have is the best there is
    const double length = rz / curvature;
    add_scaled(step, length, direction, threads);
    add_scaled(residual, -length, product, threads);
    z = preconditioner.solve(residual);
    const double next = dot(residual, z, threads);
    const double share = next / rz;
    combine(direction, z, share, direction, threads);
    size = next + share * share * size;  // z is M-orthogonal to the direction before
    rz = next;
    solved = is_solved();
  }
  if (cut_short) *cut_short = !solved && products == goal.max_products;
  step.row(step.rows() - 1) += objective.solve_bias(residual.bottomRows(1).transpose()).transpose();
  return step;
}

std::unique_ptr<Preconditioner> make_again(const Origin& origin, SoftmaxObjective& objective, const Stop& stop) {
  Parameters ignored;
  if (origin.kind == Origin::Kind::kNone) return nullptr;
  if (origin.kind == Origin::Kind::kUniform) return uniform_preconditioner(objective, stop);
  objective.evaluate(origin.at, &ignored, origin.arithmetic);
  return origin.kind == Origin::Kind::kLocal ? local_preconditioner(objective, stop)
                                             : low_rank_preconditioner(objective, stop);
}

void bound_state(const SoftmaxObjective& objective, SolveState& state, const Parameters& v) {
  state.keep_better(objective.dual_bound(state.w, v));
}

void bound_by_zero(const SoftmaxObjective& objective, SolveState& state, double tolerance) {
  const bool penalized = (objective.problem().penalty.array() > 0).all();
  if (!penalized || !(state.value.objective + state.value.rounding <= tolerance)) return;
  state.keep_better({.rounding = state.value.rounding, .proves_existence = objective.minimizer_is_given()});
}

double estimate_gap(const SoftmaxObjective& objective, const SolveState& state, const Parameters& step,
                    double tolerance) {
  constexpr double kNone = 1e-10;  // as a share of the curvature
  const double decrement = 0.5 * dot(state.gradient, step, objective.threads()), near = SolveState::kNear * tolerance;
  if (decrement > near || state.value.objective <= near) return decrement;  // no loss is below 0
  const SoftmaxObjective::CurvatureAlong along = objective.curvature_along(step);
  return along.of_far_rows > kNone * along.all ? std::numeric_limits<double>::infinity() : decrement;
}

void certify_state(const SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                   double tolerance, const Stop& stop) {
  const bool has_bounds = objective.has_dual_bounds();
  CgGoal goal{1e-3};
  if (has_bounds) goal.dual_loss = 0.25 * tolerance;
  const Parameters step = solve_newton_system(objective, preconditioner, state.gradient, goal, stop);
  state.estimate =
      has_bounds ? std::numeric_limits<double>::infinity() : estimate_gap(objective, state, step, tolerance);
  if (has_bounds) bound_state(objective, state, step);
}

template <typename Step>
static Trial search_along(SoftmaxObjective& objective, const SolveState& state, const Step& step,
                          Arithmetic arithmetic) {
  constexpr int kTrials = 30, kExtrapolations = 2;
  const int threads = objective.threads();
  const double slope = -dot(state.gradient, step, threads);  // φ(a) = f(W − a·step), φ'(0) < 0
  // Near the optimum f is flat to rounding: accept what does not rise by more than its last bits.
  const double slack = (arithmetic == Arithmetic::kDouble ? 2e-15 : 1e-8) * std::abs(state.value.objective);
  Trial best;
  double length = 1;
  for (int k = 0; k < kTrials; ++k) {
    Trial trial;
    combine(trial.w, state.w, -length, step, threads);
    trial.value = objective.evaluate(trial.w, &trial.gradient, arithmetic);
    const double slope_there = -dot(trial.gradient, step, threads);
    const double secant = length * slope / (slope - slope_there);  // where a quadratic would have its minimum
    const bool fits = trial.value.objective <= state.value.objective + 1e-4 * length * slope + slack;
    if (best.length > 0 && (!fits || trial.value.objective >= best.value.objective)) {
      best.evaluated = std::move(trial.w);
      return best;
    }
    if (!fits) {
      length = std::isfinite(secant) ? std::clamp(secant, 0.1 * length, 0.6 * length) : 0.1 * length;
      continue;
    }
    const bool too_short = slope_there < 0.6 * slope && k < kExtrapolations;
    trial.length = length;
    best = std::move(trial);
    if (!too_short) return best;
    length = std::clamp(secant, 2 * length, 6 * length);
  }
  return best;
}

Trial line_search(SoftmaxObjective& objective, const SolveState& state, const Parameters& step) {
  return search_along(objective, state, step, Arithmetic::kDouble);
}

Trial line_search(SoftmaxObjective& objective, const SolveState& state, const MatrixF& step) {
  return search_along(objective, state, step, Arithmetic::kFloat);
}

void accept(SolveState& state, Trial&& trial) {
  state.w = std::move(trial.w);
  state.value = trial.value;
  state.gradient = std::move(trial.gradient);
  state.evaluated = std::move(trial.evaluated);
}

void leave_float(SoftmaxObjective& objective, SolveState& state) {
  project_onto_class_sums_zero(state.w);
  state.value = objective.evaluate(state.w, &state.gradient);
  state.evaluated.resize(0, 0);
}

Outcome certified(const SolveState& state, const Monitor& monitor) {
  return {Status::kCertified,
          fmt::format("the duality gap {:.2e} is at most the tolerance {:.2e}", state.gap(), monitor.tolerance())};
}

Outcome arrived(const SolveState& state, const Monitor& monitor) {
  if (state.gap() <= monitor.tolerance()) return certified(state, monitor);
  return {Status::kConverged, fmt::format("the next step would lower the objective by about {:.1e}", state.estimate)};
}

Outcome limited(Status status, const Monitor& monitor) {
  switch (status) {
    case Status::kInterrupted:
      return {status, "interrupted; the model is the best point so far"};
    case Status::kTimeLimit:
      return {status, "the time limit was reached"};
    default:
      return {status, counted(monitor.iterations(), "iteration was made", "iterations were made")};
  }
}

Outcome no_progress(const SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                    const Monitor& monitor) {
  if (!std::isfinite(state.value.objective)) return {Status::kDiverged, "the objective left the finite numbers"};
  certify_state(objective, preconditioner, state, monitor.tolerance(), [&] { return monitor.is_past_limit(); });
  if (state.is_near(monitor.tolerance())) return arrived(state, monitor);
  const std::string proven =
      std::isfinite(state.gap()) ? fmt::format("the proven gap is {:.2e}", state.gap()) : "no gap is proven";
  return {Status::kConverged,
          fmt::format("no step lowers the objective any more at the precision of float64; {}, the tolerance "
                      "{:.2e}",
                      proven, monitor.tolerance())};
}

}  // namespace poise::inline convex
