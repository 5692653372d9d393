#include "poise/cross_validation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/stopwatch.h"
#include "data/folds.h"
#include "poise/error.h"
#include "poise/model.h"

namespace poise {
namespace {

constexpr double kLargest = 64, kFactor = 4;  // candidates, times the default
constexpr std::size_t kCandidates = 7;

/// Models of the rows to train on in a fold, all of one fold after the other.
using FitFold = std::function<std::vector<SoftmaxFit>(const Dataset& part, const SolveOptions& solve)>;

void check_folds(const Dataset& data, int folds) {
  if (folds >= 2 && folds <= data.rows()) return;
  throw Error(ErrorKind::kUsage, fmt::format("{} folds of {} rows", folds, data.rows()),
              "at least 2 folds, of a row each or more");
}

std::vector<Index> rows_where(const std::vector<int>& fold, bool inside, int which) {
  std::vector<Index> rows;
  for (std::size_t i = 0; i < fold.size(); ++i) {
    if ((fold[i] == which) == inside) rows.push_back(static_cast<Index>(i));
  }
  return rows;
}

bool was_stopped(const SoftmaxFit& fit) {
  return fit.report.status == Status::kInterrupted || fit.report.status == Status::kTimeLimit;
}

/// What is left of the time; empty if nothing is, or if the observer wants to stop.
std::optional<SolveOptions> still_allowed(const SolveOptions& solve, const Stopwatch& spent, Observer* observer) {
  if (observer && observer->stop_requested()) return std::nullopt;
  SolveOptions rest = solve;
  if (solve.time_limit > 0) rest.time_limit = solve.time_limit - spent.seconds();
  return rest.time_limit < 0 ? std::nullopt : std::optional(rest);
}

void put(const Matrix& found, const std::vector<Index>& rows, Matrix& scores) {
  for (std::size_t i = 0; i < rows.size(); ++i) scores.row(rows[i]) = found.row(static_cast<Index>(i));
}

/// The held-out rows by each of the `count` models that `fit` finds in every fold.
std::optional<std::vector<Metrics>> measure_folds(const Dataset& data, int folds, std::uint64_t seed,
                                                  const SolveOptions& solve, Observer* observer, std::size_t count,
                                                  const FitFold& fit) {
  check_folds(data, folds);
  const Stopwatch spent;
  const std::vector<int> fold = deal_folds(data, folds, seed);
  std::vector<Matrix> scores(count, Matrix::Zero(data.rows(), data.schema.class_count()));
  for (int k = 0; k < folds; ++k) {
    const std::vector<Index> held_out = rows_where(fold, true, k);
    if (held_out.empty()) continue;
    const auto allowed = still_allowed(solve, spent, observer);
    if (!allowed) return std::nullopt;
    const std::vector<SoftmaxFit> fits = fit(select_rows(data, rows_where(fold, false, k)), *allowed);
    if (fits.size() < count || std::ranges::any_of(fits, was_stopped)) return std::nullopt;
    const Dataset unseen = select_rows(data, held_out);
    for (std::size_t m = 0; m < count; ++m) {
      put(predict_scores(fits[m].model, unseen, solve.threads), held_out, scores[m]);
    }
  }
  const std::vector<Index> measured = rows_where(fold, false, -1);
  if (measured.empty()) return std::nullopt;
  const Dataset rows = select_rows(data, measured);
  std::vector<Metrics> metrics;
  for (const Matrix& all : scores) metrics.push_back(evaluate_scores(all(measured, Eigen::all), rows));
  return metrics;
}

std::vector<double> candidates_for(const Dataset& data) {
  std::vector<double> path;
  for (std::size_t m = 0; m < kCandidates; ++m) {
    path.push_back(default_l2(data) * kLargest * std::pow(kFactor, -static_cast<double>(m)));
  }
  return path;
}

}  // namespace

std::optional<CrossValidation> cross_validate(const Dataset& data, const ObjectiveOptions& objective, int folds,
                                              const SolveOptions& solve, std::uint64_t seed, Observer* observer,
                                              const SoftmaxModel* start) {
  const auto metrics =
      measure_folds(data, folds, seed, solve, observer, 1, [&](const Dataset& part, const SolveOptions& allowed) {
        return std::vector{fit_softmax(part, objective, allowed, observer, start)};
      });
  if (!metrics) return std::nullopt;
  return CrossValidation{folds, metrics->front()};
}

std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective, int folds,
                                       const SolveOptions& solve, std::uint64_t seed, Observer* observer) {
  const auto metrics = measure_folds(
      data, folds, seed, solve, observer, kCandidates, [&](const Dataset& part, const SolveOptions& allowed) {
        return fit_softmax_path(part, candidates_for(part), objective, allowed, observer);
      });
  if (!metrics) return std::nullopt;
  PenaltyChoice choice;
  choice.folds = folds;
  const std::vector<double> path = candidates_for(data);
  for (std::size_t m = 0; m < kCandidates; ++m) {
    choice.candidates.push_back({path[m], (*metrics)[m]});
    const double best = choice.candidates[choice.best].metrics.cross_entropy;
    if ((*metrics)[m].cross_entropy < best) choice.best = m;
  }
  return choice;
}

}  // namespace poise
