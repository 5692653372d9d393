// First-order solvers: dual-process momentum in the preconditioner, plain gradient descent with its proven step, and
// descent with the steps of Barzilai and Borwein.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/random.h"
#include "convex/solver/solvers.h"
#include "poise/dual_process.h"

namespace poise::inline convex {
namespace {

// Curvature of the objective in units of the preconditioner, as the step rule sees it: at most κ, since H ⪯ M. The rule
// is stable below 236.2; 200 leaves room (docs/theory/softmax.md#solvers).
constexpr double kCurvature = 200;

double inner(const Parameters& a, const Parameters& b) { return a.cwiseProduct(b).sum(); }

/// Certifies when the estimate of the gap has fallen tenfold since the last time it was tried and is near the
/// tolerance.
bool certify_when_near(const SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                       const Monitor& monitor, double estimate, double& tried) {
  if (estimate > 10 * monitor.tolerance() || estimate > 0.1 * tried) return false;
  tried = estimate;
  certify_state(objective, preconditioner, state, monitor.tolerance(), [&] { return monitor.is_past_limit(); });
  return state.is_near(monitor.tolerance());
}

constexpr std::size_t kMemory = 10;  // of solve_barzilai_borwein: the values that a step may not rise above

/// Largest eigenvalue of Σ s x̃x̃ᵀ by power iteration from a vector at random (the means of centered features would be an
/// eigenvector, and not the largest): an estimate from below, hence the margin.
double largest_second_moment(const SoftmaxObjective& objective) {
  constexpr std::uint64_t kStartSeed = 17;
  Parameters v = Parameters::Zero(objective.features() + 1, objective.classes());
  for (Index j = 0; j < v.rows(); ++j) v(j, 0) = random_uniform(kStartSeed, static_cast<std::uint64_t>(j)) - 0.5;
  double value = 0;
  for (int k = 0; k < 100; ++k) {
    v /= v.norm();
    Parameters product = objective.moment_product(v);
    const double next = inner(v, product);
    v = std::move(product);
    if (std::abs(next - value) <= 1e-4 * next) return next * 1.01;
    value = next;
  }
  return value * 1.05;
}

/// A state of this phase with what all of them have.
SolverState first_order_state(SolverState::Phase phase, const SolveState& place, double step, double tried) {
  SolverState state;
  state.phase = phase;
  state.place = place;
  state.step = step, state.tried = tried;
  return state;
}

/// ⟨ΔW, Δ∇⟩/‖Δ∇‖², the shorter of Barzilai and Borwein's two; `otherwise` where rounding leaves no such number.
double barzilai_borwein_step(const Parameters& moved, const Parameters& turned, double otherwise) {
  const double step = inner(moved, turned) / turned.squaredNorm();
  return step > 0 && std::isfinite(step) ? step : otherwise;
}

}  // namespace

double gradient_lipschitz(const SoftmaxObjective& objective) {
  return 0.5 * largest_second_moment(objective) + objective.problem().penalty.maxCoeff();
}

Outcome solve_golden(SoftmaxObjective& objective, const Preconditioner& preconditioner, SolveState& state,
                     Monitor& monitor, int max_iterations) {
  Parameters velocity = objective.zero();
  double curvature = kCurvature, tried = std::numeric_limits<double>::infinity();
  int restarts = 0;
  bool at_rest = true;
  if (const SolverState* from = monitor.take_from()) {
    state = from->place, velocity = from->velocity;
    curvature = from->step, tried = from->tried, restarts = from->restarts, at_rest = from->at_rest;
    monitor.go_on_from(*from, objective, Arithmetic::kDouble);
  }
  while (true) {
    if (monitor.wants_state()) {
      SolverState now = first_order_state(SolverState::Phase::kGolden, state, curvature, tried);
      now.velocity = velocity, now.restarts = restarts, now.at_rest = at_rest;
      monitor.keep(std::move(now), objective);
    }
    if (const auto limit = monitor.limit_reached(max_iterations)) return limited(*limit, monitor);
    const Parameters force = preconditioner.solve(state.gradient);
    // M⁻¹∇ underestimates the Newton step where H ≪ M; ½⟨∇, M⁻¹∇⟩ times κ brackets the gap.
    if (certify_when_near(objective, preconditioner, state, monitor, 0.5 * inner(force, state.gradient), tried)) {
      return arrived(state, monitor);
    }
    velocity = kGoldenMomentum * velocity - kGoldenLearningRate * curvature * force;
    SolveState next;
    next.w = state.w + velocity;
    next.value = objective.evaluate(next.w, &next.gradient);
    if (next.value.objective < state.value.objective) {
      state.w = std::move(next.w);
      state.value = next.value;
      state.gradient = std::move(next.gradient);
      at_rest = false;
    } else {
      // Restart: the step leads uphill, so it is not taken. From rest that can only be the fault of κ: a step from rest
      // has length ηκ in the preconditioner and descends for ηκ < 2, that is κ < 126.
      if (at_rest && kGoldenLearningRate * curvature < 0.5)
        return no_progress(objective, preconditioner, state, monitor);
      if (at_rest) curvature /= 2;
      velocity.setZero();
      at_rest = true;
      ++restarts;
      state.value = objective.evaluate(state.w, &state.gradient);  // P belongs to the point again
    }
    monitor.iteration(state, objective.passes(), fmt::format("all rows, κ = {:g}, {} restarts", curvature, restarts));
  }
}

Outcome solve_descent(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations) {
  // ∇f is ℓ-Lipschitz with ℓ = ½ λ_max(Σ s x̃x̃ᵀ) + max λ_j; any step below 2/ℓ descends, by at least s(1 − sℓ/2)‖∇‖².
  double lipschitz = gradient_lipschitz(objective);
  double step = 1 / lipschitz;
  const SolverState* from = monitor.take_from();
  if (!from)
    monitor.message(
        fmt::format("gradient descent: ℓ = {:.4g}, proven bound on the step 2/ℓ = {:.4g}, step taken {:.4g}", lipschitz,
                    2 / lipschitz, step));
  const auto preconditioner = global_preconditioner(objective, monitor.stop());
  if (!preconditioner) return limited(monitor.stopped_by(), monitor);
  double tried = std::numeric_limits<double>::infinity();
  if (from) {
    state = from->place, lipschitz = from->lipschitz, step = from->step, tried = from->tried;
    monitor.go_on_from(*from, objective, Arithmetic::kDouble);
  }
  while (true) {
    if (monitor.wants_state()) {
      SolverState now = first_order_state(SolverState::Phase::kDescent, state, step, tried);
      now.lipschitz = lipschitz;
      monitor.keep(std::move(now), objective);
    }
    if (const auto limit = monitor.limit_reached(max_iterations)) return limited(*limit, monitor);
    const double squared = state.gradient.squaredNorm(), before = state.value.objective;
    const double estimate = 0.5 * inner(preconditioner->solve(state.gradient), state.gradient);
    if (certify_when_near(objective, *preconditioner, state, monitor, estimate, tried)) return arrived(state, monitor);
    SolveState next;
    next.w = state.w - step * state.gradient;
    next.value = objective.evaluate(next.w, &next.gradient);
    const double decrease = before - next.value.objective, proven = 0.5 * step * squared;
    if (!(decrease >= 0.999 * proven - 1e-13 * std::abs(before))) {  // the lemma fails: ℓ was estimated too small
      if (!(lipschitz < 1e300)) return {Status::kDiverged, "the objective left the finite numbers"};
      lipschitz *= 2;
      step = 1 / lipschitz;
      state.value = objective.evaluate(state.w, &state.gradient);
      continue;
    }
    state.w = std::move(next.w);
    state.value = next.value;
    state.gradient = std::move(next.gradient);
    monitor.iteration(state, objective.passes(), fmt::format("decrease {:.3e}, proven {:.3e}", decrease, proven));
    if (decrease <= 1e-16 * std::abs(before)) return no_progress(objective, *preconditioner, state, monitor);
  }
}

Outcome solve_barzilai_borwein(SoftmaxObjective& objective, SolveState& state, Monitor& monitor, int max_iterations) {
  constexpr int kTrials = 40;
  const auto preconditioner = global_preconditioner(objective, monitor.stop());
  if (!preconditioner) return limited(monitor.stopped_by(), monitor);
  SolveState here = state;  // f may rise for a while; `state` is the best point so far
  std::deque<double> last{here.value.objective};
  const double safe = 1 / gradient_lipschitz(objective);
  double step = safe, tried = std::numeric_limits<double>::infinity();
  here.value = objective.evaluate(here.w, &here.gradient);
  if (const SolverState* from = monitor.take_from()) {
    here = from->place, state = from->best;
    last.assign(from->values.begin(), from->values.end());
    step = from->step, tried = from->tried;
    monitor.go_on_from(*from, objective, Arithmetic::kDouble);
  }
  while (true) {
    if (monitor.wants_state()) {
      SolverState now = first_order_state(SolverState::Phase::kBarzilaiBorwein, here, step, tried);
      now.best = state, now.values.assign(last.begin(), last.end());
      monitor.keep(std::move(now), objective);
    }
    if (const auto limit = monitor.limit_reached(max_iterations)) return limited(*limit, monitor);
    const double estimate = 0.5 * inner(preconditioner->solve(here.gradient), here.gradient);
    const bool near = certify_when_near(objective, *preconditioner, here, monitor, estimate, tried);
    if (here.has_bound) state.keep_better(here.bound);
    if (near) return state = std::move(here), arrived(state, monitor);

    const double ceiling = *std::ranges::max_element(last), squared = here.gradient.squaredNorm();
    SolveState next;
    for (int trial = 0; trial < kTrials; ++trial, step /= 2) {
      next.w = here.w - step * here.gradient;
      next.value = objective.evaluate(next.w, &next.gradient);
      if (next.value.objective <= ceiling - 1e-4 * step * squared) break;
    }
    if (!(next.value.objective <= ceiling - 1e-4 * step * squared)) {  // float64 has no more to give
      state.value = objective.evaluate(state.w, &state.gradient);
      return no_progress(objective, *preconditioner, state, monitor);
    }
    const double length = step;
    step = barzilai_borwein_step(next.w - here.w, next.gradient - here.gradient, safe);
    next.bound = here.bound, next.has_bound = here.has_bound;
    here = std::move(next);
    last.push_back(here.value.objective);
    if (last.size() > kMemory) last.pop_front();
    if (here.value.objective < state.value.objective) state = here;
    monitor.iteration(here, objective.passes(), fmt::format("step {:.3e}, proven to descend {:.3e}", length, safe));
  }
}

}  // namespace poise::inline convex
