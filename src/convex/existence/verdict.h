// The verdict on a problem without a penalty (or with one too small for dual bounds), from where a solver has ended:
// a minimizer exists and is so near, or none exists, or what could not be proven.
#pragma once

#include <optional>
#include <string>

#include "convex/solver/solvers.h"

namespace poise::inline convex {

/// Looks for a direction of recession of the λ = 0 problem in single features: one class on one side of a threshold,
/// all others on the other. Exact comparisons, no rounding. Needs class labels; empty if there is none. This and what
/// follows throw PassStopped where `stop` ends them.
std::optional<SeparatingDirection> find_separating_feature(const Dataset& data, const Stop& stop = {});

/// A class without mass as such a direction: its bias falls for ever, with a penalty on weights or without. Empty if
/// every class has mass.
std::optional<SeparatingDirection> find_class_without_mass(const Problem& problem, const Schema& schema);

/// By the linear program over all features without a penalty, for problems of up to a second or so. `complete`: it was
/// solved, and there is no direction but for rounding.
std::optional<SeparatingDirection> find_separating_combination(const Problem& problem, const Dataset& data, int threads,
                                                               bool* complete = nullptr, const Stop& stop = {});

struct Verdict {
  /// The state has a bound, from the curvature; with `exists` a minimizer is proven as well.
  bool exists = false;
  std::optional<SeparatingDirection> separation;  ///< no minimizer exists
  std::string missing;                            ///< what could not be proven or reached, a clause; else empty
  bool stopped = false;                           ///< by a limit or an interrupt, before all was tried
};

/// How far probabilities computed in float64, as `predict` and everyone else does, are from exact ones at w: the mean
/// of ½‖p − p̂‖₁ over the rows, infinite if scores are beyond all range. The objective has another point afterwards.
double float64_error(SoftmaxObjective& objective, const Parameters& w, const Stop& stop = {});
/// An error that leaves of a fall of the loss what it is worth.
inline bool is_little(double error, double fall) { return error <= 0.15 * fall + 1e-7; }

/// The clause for weights w, at which the loss is lower by `fall`, but not where float64 computes the scores. Names the
/// features with the largest terms, which cancel.
std::string beyond_float64(const SoftmaxObjective& objective, const Parameters& w, double fall, const Dataset& data);

/// f at state.w as exact as it gets, if float64 passes may have it wrong.
void sharpen(const SoftmaxObjective& objective, SolveState& state, const Stop& stop = {});

/// Whether `decide` takes seconds at most: worth a try where dual bounds exist and failed.
bool is_cheap_to_prove(const SoftmaxObjective& objective);

/// Whether the solver may be helped on: by Newton steps in a basis of features that are far from dependent.
enum class Motion { kStay, kMove };

/// Decides at state.w; `overlapping`: directions of recession were looked for, and there seem to be none. A proof of
/// existence comes with a bound in `state`, and with state.value as exact as float64 can tell. Features and classes go
/// by the names in `data`. Where the monitor's limit ends it, what was proven before stays, and the weights.
Verdict decide(SoftmaxObjective& objective, SolveState& state, const Monitor& monitor, const Dataset& data,
               Motion motion, bool overlapping = false);

}  // namespace poise::inline convex
