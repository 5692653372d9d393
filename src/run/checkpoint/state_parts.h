// The states of trainings, described once: what is written of them is what is read (state_tensors.h).
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

#include "base/fields.h"
#include "convex/solver/state.h"
#include "learning/state.h"
#include "poise/training.h"
#include "run/choosing/state.h"

namespace poise::inline run {

/// The numbers of a row of a table.
template <AnyConst<Measured> M>
void numbers(M& m, auto&& visit) {
  visit(m.loss), visit(m.accuracy), visit(m.equilibrium_gap);
}
template <AnyConst<Validated> V>
void numbers(V& v, auto&& visit) {
  visit(v.loss), visit(v.accuracy), visit(v.equilibrium_gap), visit(v.smoothed_accuracy);
}
template <AnyConst<Epoch> E>
void numbers(E& e, auto&& visit) {
  visit(e.number), visit(e.seconds), visit(e.target);
  numbers(e.train, visit);
  visit(e.validation);
  visit(e.curvature), visit(e.learning_rate), visit(e.bulk_energy), visit(e.energy), visit(e.temperature);
  visit(e.imbalance_at_rest);
}

template <AnyConst<Evaluation> E>
void numbers(E& e, auto&& visit) {
  visit(e.objective), visit(e.cross_entropy), visit(e.entropy), visit(e.penalty), visit(e.rounding);
}
template <AnyConst<Certificate> C>
void numbers(C& c, auto&& visit) {
  visit(c.objective), visit(c.dual_value), visit(c.gap), visit(c.rounding);
  visit(c.proves_existence), visit(c.proves_absence);
}
template <AnyConst<SeparatingDirection::Entry> E>
void numbers(E& e, auto&& visit) {
  visit(e.feature), visit(e.class_id), visit(e.value);
}

/// The arrays and numbers of a state, each under its name.
template <AnyConst<learning::TrainingState> State>
void parts(State& s, auto&& visit) {
  visit("epoch", s.epoch);
  visit("parameters", s.parameters), visit("best", s.best);
  visit("good", s.good), visit("candidate", s.candidate);
  visit("candidate_rows", s.candidate_rows);
  visit("good_epoch", s.good_epoch), visit("candidate_epoch", s.candidate_epoch);
  visit("step.steps", s.step.steps), visit("step.first", s.step.first), visit("step.second", s.step.second);
  visit("pace.curvature", s.pace.curvature), visit("pace.caution", s.pace.caution), visit("pace.found", s.pace.found);
  visit("pace.next_measurement", s.pace.next_measurement), visit("pace.direction", s.pace.direction);
  visit("guard.limit", s.guard.limit), visit("guard.loss", s.guard.loss), visit("guard.rows", s.guard.rows);
  visit("guard.latest", s.guard.latest);
  visit("rule", s.rule);
  visit("smoothed_accuracy", s.smoothed_accuracy);
  visit("best_accuracy", s.best_accuracy), visit("gained_accuracy", s.gained_accuracy);
  visit("gained_epoch", s.gained_epoch), visit("best_epoch", s.best_epoch);
  visit("seconds", s.seconds), visit("train_seconds", s.train_seconds);
  visit("history", s.history);
}

template <AnyConst<SolveState> State>
void parts(State& s, const std::string& of, auto&& visit) {
  visit(of + "w", s.w), visit(of + "value", s.value), visit(of + "gradient", s.gradient);
  visit(of + "bound", s.bound), visit(of + "has_bound", s.has_bound);
  visit(of + "evaluated", s.evaluated), visit(of + "estimate", s.estimate);
}

inline constexpr Index kMostValues = 100'000;

/// A value that may be missing, and whether it is there.
template <typename Value>
void maybe(Value& value, const std::string& of, auto&& visit, auto&& part) {
  bool is_there = value.has_value();
  visit(of + "is_there", is_there);
  if constexpr (!std::is_const_v<Value>) {
    if (is_there) value.emplace();
  }
  if (is_there) part(*value, of);
}

/// Any number of values, each under its number.
template <typename Values>
void each(Values& values, const std::string& of, auto&& visit, auto&& part) {
  Index count = std::ssize(values);
  visit(of + "count", count);
  count = std::clamp<Index>(count, 0, kMostValues);  // what a file may say
  if constexpr (!std::is_const_v<Values>) values.resize(count);
  for (Index k = 0; k < count; ++k) part(values[k], of + std::to_string(k) + ".");
}

template <AnyConst<SolverState> State>
void parts(State& s, const std::string& of, auto&& visit) {
  visit(of + "phase", s.phase), visit(of + "title", s.title), visit(of + "iterations", s.iterations);
  visit(of + "passes", s.passes), visit(of + "has_moments", s.has_moments), visit(of + "seconds", s.seconds);
  parts(s.place, of + "place.", visit);
  visit(of + "preconditioner.kind", s.preconditioner.kind), visit(of + "preconditioner.at", s.preconditioner.at);
  visit(of + "preconditioner.arithmetic", s.preconditioner.arithmetic);
  each(s.curvature.steps, of + "curvature.step.", visit, [&](auto& m, const std::string& name) { visit(name, m); });
  each(s.curvature.changes, of + "curvature.change.", visit, [&](auto& m, const std::string& name) { visit(name, m); });
  each(s.curvature.products, of + "curvature.products.", visit,
       [&](auto& m, const std::string& name) { visit(name, m); });
  visit(of + "curvature.inverse_metric_size", s.curvature.inverse_metric_size);
  visit(of + "built_at", s.built_at), visit(of + "built_value", s.built_value);
  visit(of + "before", s.before), visit(of + "idle", s.idle);
  visit(of + "full", s.full), visit(of + "last_decrease", s.last_decrease), visit(of + "in_tail", s.in_tail);
  visit(of + "velocity", s.velocity), visit(of + "step", s.step), visit(of + "lipschitz", s.lipschitz);
  visit(of + "tried", s.tried), visit(of + "restarts", s.restarts), visit(of + "at_rest", s.at_rest);
  parts(s.best, of + "best.", visit);
  visit(of + "values", s.values);
}

template <AnyConst<SolveReport> Report>
void parts(Report& r, const std::string& of, auto&& visit) {
  visit(of + "status", r.status), visit(of + "why", r.why), visit(of + "objective", r.objective);
  maybe(r.gap, of + "gap.", visit, [&](auto& gap, const std::string& name) { visit(name, gap); });
  visit(of + "certificate", r.certificate);
  maybe(r.separation, of + "separation.", visit, [&](auto& direction, const std::string& name) {
    visit(name + "entries", direction.entries), visit(name + "rows_helped", direction.rows_helped);
    visit(name + "proving_features", direction.proving_features), visit(name + "sentence", direction.sentence);
  });
  visit(of + "iterations", r.iterations), visit(of + "passes", r.passes), visit(of + "seconds", r.seconds);
}

template <AnyConst<FinishedSolve> Solve>
void parts(Solve& s, const std::string& of, auto&& visit) {
  visit(of + "l2", s.l2);
  parts(s.report, of + "report.", visit);
  parts(s.place, of + "place.", visit);
  visit(of + "passes", s.passes), visit(of + "has_moments", s.has_moments);
}

template <AnyConst<SolvesState> State>
void parts(State& s, const std::string& of, auto&& visit) {
  each(s.finished, of + "finished.", visit, [&](auto& solve, const std::string& name) { parts(solve, name, visit); });
  maybe(s.current, of + "current.", visit, [&](auto& solver, const std::string& name) { parts(solver, name, visit); });
}

template <AnyConst<ChoiceState> State>
void parts(State& s, const std::string& of, auto&& visit) {
  parts(s.whole, of + "whole.", visit);
  each(s.folds, of + "folds.", visit, [&](auto& fold, const std::string& name) {
    visit(name + "w", fold.w), visit(name + "passes", fold.passes), visit(name + "has_moments", fold.has_moments);
  });
}

}  // namespace poise::inline run
