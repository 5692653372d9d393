// Several penalties of a softmax layer, and the one whose model is best on rows that were held out.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "convex/solver/state.h"
#include "poise/run.h"

namespace poise::inline run {

struct TriedPenalty {
  double l2 = 0;
  double loss = 0;  ///< of held-out rows; not finite: unknown
};

/// What a held-out loss has to gain to be worth a step: a ten-thousandth, and 1e-5 nats, so that on rows that the
/// classes divide the penalty does not fall to where float64 ends.
double worth_of(double loss);

/// Whether the best of these, at least one, may lie beyond them: the penalty above the largest or below the smallest by
/// this factor. Nothing where the best is inside, where the last step towards the end gained less than it
/// is worth, and beyond 1e-9 and 1e4. Of equal losses the larger penalty is the better.
std::optional<double> penalty_beyond(std::span<const TriedPenalty> tried, double factor);

/// The penalty to try after these, or nothing if the best is found to half a decade: from `first` in decades as
/// penalty_beyond says, then half decades about the best.
std::optional<double> next_penalty(std::span<const TriedPenalty> tried, double first);

struct PathOptions {
  std::vector<double> penalties;  ///< in the order of solving; empty: found by next_penalty, which takes `measure`
  double first = 0;               ///< where that begins
  /// Called with every model that is the best so far; with the first before it is measured.
  std::function<void(const Network&)> on_best;
  /// Measures a model on held-out rows, if it is let; empty where there are none.
  std::function<std::optional<Metrics>(const Network&)> measure;
};

/// Solves for one penalty after the other, each from the nearest solution before, and measures each. The last may be
/// one that was stopped.
std::vector<PathSolution> solve_path(const Dataset& train, const PathOptions& path, const ObjectiveOptions& objective,
                                     const SolveOptions& solve, Watcher* watcher,
                                     const Keeping<SolvesState>& keeping = {});

/// That of the smallest cross-entropy on the held-out rows, the first of equals; the last one if none is measured.
/// Requires one.
const PathSolution& best_of(const std::vector<PathSolution>& candidates);

/// Measures all candidates on the rows trained on, as long as `options.stop` lets it.
void measure_path(const Dataset& train, const MeasureOptions& options, std::vector<PathSolution>& candidates);

}  // namespace poise::inline run
