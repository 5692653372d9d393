#include "run/penalty_path.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "run/measured_parts.h"

namespace poise::inline run {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();

double loss_of(const PathSolution& candidate) {
  return candidate.validation ? candidate.validation->cross_entropy : kUnknown;
}

/// Penalties falling; what is not finite is unknown.
std::vector<TriedPenalty> by_penalty(std::span<const TriedPenalty> tried) {
  std::vector<TriedPenalty> sorted(tried.begin(), tried.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.l2 > b.l2; });
  for (TriedPenalty& one : sorted) one.loss = std::isfinite(one.loss) ? one.loss : kUnknown;
  return sorted;
}

std::vector<TriedPenalty>::const_iterator smallest_loss(const std::vector<TriedPenalty>& sorted) {
  return std::min_element(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.loss < b.loss; });
}

class PathSolver {
 public:
  explicit PathSolver(const PathOptions& path) : path_(path) {}

  std::optional<double> next(std::span<const SoftmaxFit> fits) {
    if (!fits.empty()) take(fits.back());
    if (path_.penalties.empty()) {
      std::vector<TriedPenalty> tried;
      for (const PathSolution& candidate : candidates_) tried.push_back({candidate.l2, loss_of(candidate)});
      l2_ = next_penalty(tried, path_.first);
    } else {
      l2_ = fits.size() < path_.penalties.size() ? std::optional(path_.penalties[fits.size()]) : std::nullopt;
    }
    return l2_;
  }

  /// All fits; the last one may not have been seen yet, if it was stopped.
  std::vector<PathSolution> finish(std::vector<SoftmaxFit> fits) {
    if (fits.size() > candidates_.size()) take(fits.back());
    for (std::size_t k = 0; k < fits.size(); ++k) candidates_[k].fit = std::move(fits[k]);
    return std::move(candidates_);
  }

 private:
  void take(const SoftmaxFit& fit) {
    const bool is_first = candidates_.empty();
    if (is_first || !path_.measure) tell(fit);
    PathSolution candidate{*l2_, {}, {}, {}};
    if (path_.measure) candidate.validation = path_.measure(fit.model);
    if (loss_of(candidate) < least_ && !is_first) tell(fit);
    least_ = std::min(least_, loss_of(candidate));
    candidates_.push_back(std::move(candidate));
  }
  void tell(const SoftmaxFit& fit) const {
    if (path_.on_best) path_.on_best(fit.model);
  }

  const PathOptions& path_;
  std::vector<PathSolution> candidates_;  // their fits come at the end
  std::optional<double> l2_;              // of the solve that goes on
  double least_ = kUnknown;
};

}  // namespace

double worth_of(double loss) {
  constexpr double kShare = 1e-4, kNothing = 1e-5;
  return std::max(kShare * loss, kNothing);
}

std::optional<double> penalty_beyond(std::span<const TriedPenalty> tried, double factor) {
  constexpr double kLeast = 1e-9, kMost = 1e4;
  constexpr double kRounding = 1 + 1e-9;  // of a product of tenths
  const std::vector<TriedPenalty> sorted = by_penalty(tried);
  const auto best = smallest_loss(sorted);
  if (best->loss == kUnknown) return std::nullopt;
  const bool has_above = best != sorted.begin(), has_below = best + 1 != sorted.end();
  const auto gains_over = [&](const TriedPenalty& other) { return other.loss - best->loss > worth_of(best->loss); };
  if (!has_below && best->l2 > kRounding * kLeast && (!has_above || gains_over(best[-1]))) return best->l2 / factor;
  if (!has_above && kRounding * best->l2 < kMost && has_below && gains_over(best[1])) return best->l2 * factor;
  return std::nullopt;
}

std::optional<double> next_penalty(std::span<const TriedPenalty> tried, double first) {
  constexpr double kDecade = 10, kFine = 5;
  if (tried.empty()) return first;
  if (const auto further = penalty_beyond(tried, kDecade)) return further;
  const std::vector<TriedPenalty> sorted = by_penalty(tried);
  const auto best = smallest_loss(sorted);
  if (best->loss == kUnknown) return std::nullopt;
  const bool has_above = best != sorted.begin(), has_below = best + 1 != sorted.end();
  if (has_above && best[-1].l2 > kFine * best->l2) return std::sqrt(best[-1].l2 * best->l2);
  if (has_below && best->l2 > kFine * best[1].l2) return std::sqrt(best->l2 * best[1].l2);
  return std::nullopt;
}

std::vector<PathSolution> solve_path(const Dataset& train, const PathOptions& path, const ObjectiveOptions& objective,
                                     const SolveOptions& solve, Watcher* watcher, const Keeping<SolvesState>& keeping) {
  PathSolver solver(path);
  const NextPenalty next = [&](std::span<const SoftmaxFit> fits) { return solver.next(fits); };
  return solver.finish(fit_softmax_path(train, next, objective, solve, watcher, keeping));
}

const PathSolution& best_of(const std::vector<PathSolution>& candidates) {
  const auto best = std::min_element(candidates.begin(), candidates.end(),
                                     [](const auto& a, const auto& b) { return loss_of(a) < loss_of(b); });
  return best->validation ? *best : candidates.back();
}

void measure_path(const Dataset& train, const MeasureOptions& options, std::vector<PathSolution>& candidates) {
  for (PathSolution& candidate : candidates) {
    candidate.train = measure_unless_stopped(candidate.fit.model, train, options);
    if (!candidate.train) return;
  }
}

}  // namespace poise::inline run
