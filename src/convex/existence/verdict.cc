#include "convex/existence/verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "convex/certificate/curvature_proof.h"
#include "convex/existence/separation_search.h"

namespace poise::inline convex {
namespace {

// Newton steps that a proof may take, and fewer where one costs more multiplications than this share of a minute.
constexpr int kMostSteps = 200;
constexpr double kMostSearchWork = 2e11;

std::string names_of(const std::vector<Index>& features, const Dataset& data) {
  std::string names;
  for (std::size_t k = 0; k < std::min<std::size_t>(features.size(), 6); ++k)
    names += (k > 0 ? ", " : "") + data.schema.feature_name(features[k]);
  return features.size() > 6 ? names + ", …" : names;
}

SeparatingDirection describe(const ProvenDirection& proven, const Dataset& data) {
  SeparatingDirection out;
  const Index d = data.features.cols();
  const Parameters u = proven.direction.rounded(d);
  std::vector<Index> features;
  for (Index j = 0; j <= d; ++j) {
    for (Index c = 0; c < u.cols(); ++c) {
      if (u(j, c) != 0) out.entries.push_back({j, c, u(j, c)});
    }
    if (j < d && (u.row(j).array() != 0).any()) features.push_back(j);
  }
  out.rows_helped = proven.growth.rows;
  const Index count = static_cast<Index>(features.size());
  if (proven.growth.every) {
    out.sentence = fmt::format(
        "weights on {} feature{} ({}) classify all {} rows{} correctly with room to spare: scaling them up lowers the "
        "loss for ever",
        count, count == 1 ? "" : "s", names_of(features, data), out.rows_helped,
        out.rows_helped < data.rows() ? " of positive weight" : "");
  } else {
    out.sentence = fmt::format(
        "a combination of {} feature{} ({}) never speaks against a row's class and speaks for it in {} of {} rows: "
        "more of it lowers the loss for ever",
        count, count == 1 ? "" : "s", names_of(features, data), out.rows_helped, data.rows());
  }
  return out;
}

std::string clause(const Obstacle& obstacle, const SoftmaxObjective& objective, const Dataset& data) {
  const auto name = [&] { return data.schema.feature_name(obstacle.feature); };
  switch (obstacle.kind) {
    case Obstacle::Kind::kSize:
      return fmt::format("{} rows with {} parameters are more than the proof of a minimizer is made for",
                         objective.rows(), objective.classes() * (objective.features() + 1));
    case Obstacle::Kind::kNotFinite:
      return "scores or weights of rows are beyond the range of float64";
    case Obstacle::Kind::kMagnitudes:
      return fmt::format("the features span too many orders of magnitude for a proof: {}", name());
    case Obstacle::Kind::kDependence:
      return fmt::format("{} is so nearly a combination of other features that float64 cannot tell the difference",
                         name());
    default:
      if (objective.minimizer_is_given()) return "how far the minimizer is could not be proven";
      return "neither a minimizer nor a direction along which the loss falls for ever could be proven";
  }
}

/// f at w in the state, as exact as it gets.
void keep_value(const CurvatureProof& proof, SolveState& state) {
  state.value.objective = proof.objective;
  state.value.cross_entropy = proof.objective - state.value.penalty;
  state.value.rounding = proof.rounding;
}

void keep_bound(const CurvatureProof& proof, SolveState& state) {
  Certificate bound;
  bound.objective = proof.objective;
  bound.dual_value = proof.objective - proof.gap;
  bound.rounding = proof.rounding;
  bound.proves_existence = true;
  bound.gap = proof.gap + proof.rounding;
  state.keep_better(bound);
}

/// Moves w, and `proof` with it, by damped Newton steps until it reaches the tolerance, nothing falls any more or time
/// is up.
void approach(CurvatureProver& prover, CurvatureProof& proof, SolveState& state, const Monitor& monitor, int steps) {
  for (int k = 0; k < steps; ++k) {
    if (proof.exists && proof.gap + proof.rounding <= monitor.tolerance()) break;
    if (!prover.newton_step() || monitor.must_stop()) break;
    const Parameters step = *prover.newton_step();
    const double before = prover.objective(state.w);
    double length = 1;
    Parameters next = state.w - step;
    while (length > 1e-9 && !(prover.objective(next) < before)) {
      length *= 0.5;
      next = state.w - length * step;
    }
    if (!(length > 1e-9)) break;
    state.w = std::move(next);
    proof = prover.prove(state.w);
  }
}

/// How many Newton steps are worth it.
int affordable_steps(const SoftmaxObjective& objective) {
  const double n = static_cast<double>(objective.rows()), q = static_cast<double>(objective.features() + 1),
               m = q * static_cast<double>(objective.classes() - 1);
  const double work = n * m * (2 * m + q) + 4 * m * m * m;
  return static_cast<int>(std::clamp(kMostSearchWork / work, 0.0, static_cast<double>(kMostSteps)));
}

/// A direction of recession near where the iterates went, or by the linear program.
SeparationSearch::Answer search(SoftmaxObjective& objective, const SolveState& state,
                                const std::optional<Parameters>& newton_step, const Stop& stop) {
  const SeparationSearch separation(objective.problem(), objective.threads(), ProofStop(stop));
  SeparationSearch::Answer answer;
  answer.found = separation.along(state.w);
  if (answer.found) return answer;
  Parameters step;
  if (newton_step) {
    step = -*newton_step;
  } else {
    Parameters gradient;
    objective.evaluate(state.w, &gradient);
    const auto preconditioner = local_preconditioner(objective, stop);
    if (!preconditioner) throw PassStopped();
    step = -solve_newton_system(objective, *preconditioner, gradient, {1e-3}, stop);
  }
  answer.found = separation.by_rounding(step);
  if (answer.found) return answer;
  answer = separation.by_program();
  if (answer.found || answer.complete) return answer;
  for (const Parameters& guess : {step, state.w}) {
    answer.found = separation.near(guess);
    if (!answer.found) answer.found = separation.by_rounding(guess);
    if (answer.found) return answer;
  }
  return answer;
}

/// What decide has proven so far: at the weights given, and at those that it has moved to since.
struct ProofsSoFar {
  CurvatureProof here, last;
};

Verdict decide(SoftmaxObjective& objective, SolveState& state, const Monitor& monitor, const Dataset& data,
               Motion motion, bool overlapping, ProofsSoFar& so_far) {
  Verdict out;
  const Stop stop = monitor.stop_at_limit();
  const Problem& problem = objective.problem();
  const int threads = objective.threads();
  const bool penalized = (problem.penalty.array() > 0).all();
  SolveState moved = state;
  CurvatureProver prover(problem, threads, CurvatureProver::Penalty::kCurvature, ProofStop(stop));
  CurvatureProof& proof = so_far.last = so_far.here = prover.prove(moved.w);
  const CurvatureProof& here = so_far.here;
  const bool near_enough = proof.exists && proof.gap + proof.rounding <= monitor.tolerance();
  SeparationSearch::Answer answer;
  if (!proof.exists && !penalized && !overlapping && problem.smoothing == 0) {
    answer = search(objective, moved, prover.newton_step(), stop);
    if (answer.found) {
      out.separation = describe(*answer.found, data);
      return out;
    }
  }
  if (!near_enough && motion == Motion::kMove) {
    approach(prover, proof, moved, monitor, affordable_steps(objective));
    const double fall = here.objective - proof.objective;
    const double error = fall > monitor.tolerance() ? float64_error(objective, moved.w, stop) : 0;
    if (!is_little(error, fall) && error > 2 * float64_error(objective, state.w, stop)) {
      out.missing = beyond_float64(objective, moved.w, fall, data);
    } else if (proof.exists || (fall > 0 && !objective.has_dual_bounds())) {
      state.w = moved.w;
    }
  }
  if (penalized && out.missing.empty() && !(proof.exists && proof.gap + proof.rounding <= monitor.tolerance())) {
    CurvatureProver without(problem, threads, CurvatureProver::Penalty::kCharged, ProofStop(stop));
    const CurvatureProof other = without.prove(state.w);
    if (other.exists && !(proof.exists && proof.gap <= other.gap)) proof = other;
  }
  state.value = objective.evaluate(state.w, &state.gradient);
  out.exists = proof.exists;
  if (proof.exists) keep_bound(proof, state);
  if (proof.exists || !out.missing.empty()) keep_value(out.missing.empty() ? proof : here, state);
  if (!proof.exists && out.missing.empty()) out.missing = clause(proof.obstacle, objective, data);
  return out;
}

}  // namespace

bool is_cheap_to_prove(const SoftmaxObjective& objective) { return affordable_steps(objective) >= 20; }

std::optional<SeparatingDirection> find_class_without_mass(const Problem& problem, const Schema& schema) {
  const std::vector<Index> classes = classes_without_mass(problem);
  if (classes.empty()) return std::nullopt;
  SeparatingDirection out;
  std::string names;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    out.entries.push_back({problem.cols(), classes[k], -1.0});
    if (k < 6) names += fmt::format("{}'{}'", k > 0 ? ", " : "", schema.classes[classes[k]]);
  }
  if (classes.size() > 6) names += ", …";
  out.rows_helped = static_cast<Index>(rows_that_count(problem.row_weight).size());
  out.sentence = fmt::format("no row of positive weight has a share of class{} {}, whose bias{} to −∞",
                             classes.size() > 1 ? "es" : "", names, classes.size() > 1 ? "es run" : " runs");
  return out;
}

std::optional<SeparatingDirection> find_separating_combination(const Problem& problem, const Dataset& data, int threads,
                                                               bool* complete, const Stop& stop) {
  const SeparationSearch::Answer answer = SeparationSearch(problem, threads, ProofStop(stop)).by_program();
  if (complete) *complete = answer.complete;
  return answer.found ? std::optional(describe(*answer.found, data)) : std::nullopt;
}

std::string beyond_float64(const SoftmaxObjective& objective, const Parameters& w, double fall, const Dataset& data) {
  constexpr double kShare = 0.125;
  Vector size = mean_absolute(objective.problem(), objective.threads());
  for (Index j = 0; j < size.size(); ++j) size[j] *= w.row(j).maxCoeff() - w.row(j).minCoeff();
  std::vector<Index> features;
  for (Index j = 0; j < size.size(); ++j) {
    if (size[j] >= kShare * size.maxCoeff()) features.push_back(j);
  }
  return fmt::format(
      "the loss would fall by another {:.1e} with weights that float64 scores cannot follow: so nearly a combination "
      "of "
      "the others is each of {}",
      fall, names_of(features, data));
}

double float64_error(SoftmaxObjective& objective, const Parameters& w, const Stop& stop) {
  const Problem& problem = objective.problem();
  const LocalRows& rows = objective.local_at(w);
  const std::vector<Index> counted = rows_that_count(problem.row_weight);
  const ExactPoint point =
      evaluate_exactly(problem, ExactRows(problem, ProofStop(stop)), counted, w, objective.threads());
  if (!point.finite) return std::numeric_limits<double>::infinity();
  double apart = 0;
  for (std::size_t r = 0; r < counted.size(); ++r) {
    for (Index c = 0; c < problem.classes; ++c)
      apart += 0.5 * problem.row_weight[counted[r]] *
               std::abs(point.p(static_cast<Index>(r), c) - static_cast<double>(rows.probability(counted[r], c)));
  }
  return apart;
}

void sharpen(const SoftmaxObjective& objective, SolveState& state, const Stop& stop) {
  constexpr double kShows = 1e-10;
  if (state.value.rounding <= kShows) return;
  const CurvatureProver prover(objective.problem(), objective.threads(), CurvatureProver::Penalty::kCurvature,
                               ProofStop(stop));
  const double exact = prover.objective(state.w);
  if (!std::isfinite(exact)) return;
  state.value.objective = exact;
  state.value.cross_entropy = exact - state.value.penalty;
}

Verdict decide(SoftmaxObjective& objective, SolveState& state, const Monitor& monitor, const Dataset& data,
               Motion motion, bool overlapping) {
  const SolveState before = state;
  ProofsSoFar proven;
  const StoppablePasses stoppable(objective, monitor.stop_at_limit());
  try {
    return decide(objective, state, monitor, data, motion, overlapping, proven);
  } catch (const PassStopped&) {
    state = before;
    if (proven.here.exists) keep_value(proven.here, state);
    for (const CurvatureProof& proof : {proven.here, proven.last}) {
      if (proof.exists) keep_bound(proof, state);  // of f*, so wherever it was found
    }
    return {.exists = proven.here.exists || proven.last.exists, .separation = {}, .missing = {}, .stopped = true};
  }
}

}  // namespace poise::inline convex
