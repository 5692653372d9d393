// One solve, or one after another along a path of penalties.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "convex/softmax_solver.h"
#include "poise/softmax_regression.h"

namespace poise::inline convex {
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

SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve,
                       Watcher* watcher, const Network* start, const Keeping<SolvesState>& keeping) {
  SoftmaxSolver solver(data, objective, solve, watcher, std::nullopt, keeping);
  return start ? solver.solve(*start) : solver.solve();
}

std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, const NextPenalty& next,
                                         const ObjectiveOptions& objective, const SolveOptions& solve, Watcher* watcher,
                                         const Keeping<SolvesState>& keeping) {
  std::unique_ptr<SoftmaxSolver> solver;
  std::vector<SoftmaxFit> fits;
  std::vector<double> penalties;
  while (const std::optional<double> l2 = next(fits)) {
    ObjectiveOptions options = objective;
    options.l2 = *l2;
    const std::size_t start = fits.empty() ? 0 : nearest(penalties, *l2);
    if (solver) {
      solver->set_l2(*l2);
    } else {
      solver = std::make_unique<SoftmaxSolver>(data, options, solve, watcher, std::nullopt, keeping);
      solver->is_of_path();
    }
    SoftmaxFit fit = start + 1 < fits.size() ? solver->solve(fits[start].model) : solver->solve();
    fits.push_back(std::move(fit));
    penalties.push_back(*l2);
    if (is_stopped(fits.back().report.status)) break;
  }
  return fits;
}

std::unique_ptr<PenaltySolver> make_penalty_solver(Problem problem, const Dataset& data,
                                                   const ObjectiveOptions& options, const SolveOptions& solve,
                                                   Watcher* watcher, const Keeping<SolvesState>& keeping) {
  return std::make_unique<SoftmaxSolver>(data, options, solve, watcher, std::move(problem), keeping);
}

}  // namespace poise::inline convex

namespace poise {

SoftmaxFit fit_softmax(const Dataset& data, const ObjectiveOptions& objective, const SolveOptions& solve,
                       Watcher* watcher, const Network* start) {
  return convex::fit_softmax(data, objective, solve, watcher, start, {});
}

std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, const NextPenalty& next,
                                         const ObjectiveOptions& objective, const SolveOptions& solve,
                                         Watcher* watcher) {
  return convex::fit_softmax_path(data, next, objective, solve, watcher, {});
}

std::vector<SoftmaxFit> fit_softmax_path(const Dataset& data, std::span<const double> path,
                                         const ObjectiveOptions& objective, const SolveOptions& solve,
                                         Watcher* watcher) {
  const NextPenalty next = [&](std::span<const SoftmaxFit> fits) {
    return fits.size() < path.size() ? std::optional(path[fits.size()]) : std::nullopt;
  };
  return fit_softmax_path(data, next, objective, solve, watcher);
}

}  // namespace poise
