#include "poise/cross_validation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/stopwatch.h"
#include "data/folds.h"
#include "poise/error.h"
#include "poise/network.h"
#include "run/penalty_path.h"

namespace poise {
namespace {

constexpr double kLargest = 64, kFactor = 4;  // candidates, times the default
constexpr std::size_t kCandidates = 7;

/// Models of the rows to train on in a fold, all of one fold after the other.
using FitFold =
    std::function<std::vector<SoftmaxFit>(std::size_t fold, const Dataset& part, const SolveOptions& solve)>;

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
    const std::vector<SoftmaxFit> fits = fit(k, select_rows(data, rows_where(fold, false, k)), *allowed);
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

/// A search for a penalty by factors of the default, in every fold of that of its rows.
class PenaltySearch {
 public:
  PenaltySearch(const Dataset& data, const ObjectiveOptions& objective, int folds, const SolveOptions& solve,
                std::uint64_t seed, Observer* observer)
      : data_(data), objective_(objective), solve_(solve), seed_(seed), observer_(observer) {
    choice_.folds = folds;
    largest_.resize(std::max(folds, 0));
    smallest_ = largest_;
  }

  /// Whether the first candidates could be measured.
  bool begin();
  /// Beyond the candidates, as long as the best is the last one there.
  void look_further();
  PenaltyChoice take() { return std::move(choice_); }

 private:
  bool measure_beyond(double factor, bool above);
  void choose();

  const Dataset& data_;
  ObjectiveOptions objective_;
  SolveOptions solve_;
  std::uint64_t seed_;
  Observer* observer_;
  Stopwatch spent_;
  std::vector<Network> largest_, smallest_;  // of every fold, those at the ends so far
  PenaltyChoice choice_;
};

bool PenaltySearch::begin() {
  std::vector<double> factors;
  for (std::size_t m = 0; m < kCandidates; ++m)
    factors.push_back(kLargest * std::pow(kFactor, -static_cast<double>(m)));
  const auto scaled = [&](const Dataset& rows) {
    std::vector<double> path;
    for (const double factor : factors) path.push_back(default_l2(rows) * factor);
    return path;
  };
  const auto metrics = measure_folds(data_, choice_.folds, seed_, solve_, observer_, kCandidates,
                                     [&](std::size_t fold, const Dataset& part, const SolveOptions& allowed) {
                                       auto fits = fit_softmax_path(part, scaled(part), objective_, allowed, observer_);
                                       if (!fits.empty())
                                         largest_[fold] = fits.front().model, smallest_[fold] = fits.back().model;
                                       return fits;
                                     });
  if (!metrics) return false;
  const std::vector<double> path = scaled(data_);
  for (std::size_t m = 0; m < kCandidates; ++m) choice_.candidates.push_back({path[m], (*metrics)[m]});
  choose();
  return true;
}

void PenaltySearch::choose() {
  const auto& all = choice_.candidates;
  const auto best = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.metrics.cross_entropy < b.metrics.cross_entropy;
  });
  choice_.best = best - all.begin();
}

/// False if it was ended early.
bool PenaltySearch::measure_beyond(double factor, bool above) {
  const auto allowed = still_allowed(solve_, spent_, observer_);
  if (!allowed) return false;
  std::vector<Network>& models = above ? largest_ : smallest_;
  const auto metrics =
      measure_folds(data_, choice_.folds, seed_, *allowed, observer_, 1,
                    [&](std::size_t fold, const Dataset& part, const SolveOptions& rest) {
                      ObjectiveOptions objective = objective_;
                      objective.l2 = default_l2(part) * factor;
                      const Network* start = &models[fold];
                      std::vector<SoftmaxFit> fit{fit_softmax(part, objective, rest, observer_, start)};
                      models[fold] = fit.front().model;
                      return fit;
                    });
  if (!metrics) return false;
  auto& all = choice_.candidates;
  all.insert(above ? all.begin() : all.end(), {default_l2(data_) * factor, metrics->front()});
  choose();
  return true;
}

void PenaltySearch::look_further() {
  double largest = kLargest, smallest = kLargest * std::pow(kFactor, 1 - static_cast<double>(kCandidates));
  for (;;) {
    std::vector<TriedPenalty> tried;
    for (const auto& candidate : choice_.candidates) tried.push_back({candidate.l2, candidate.metrics.cross_entropy});
    const auto next = penalty_beyond(tried, kFactor);
    if (!next) return;
    const bool above = *next > choice_.l2();
    const double factor = above ? largest *= kFactor : smallest /= kFactor;
    choice_.ended_early = !measure_beyond(factor, above);
    if (choice_.ended_early) return;
  }
}

}  // namespace

std::optional<CrossValidation> cross_validate(const Dataset& data, const ObjectiveOptions& objective, int folds,
                                              const SolveOptions& solve, std::uint64_t seed, Observer* observer,
                                              const Network* start) {
  const auto metrics = measure_folds(data, folds, seed, solve, observer, 1,
                                     [&](std::size_t, const Dataset& part, const SolveOptions& allowed) {
                                       return std::vector{fit_softmax(part, objective, allowed, observer, start)};
                                     });
  if (!metrics) return std::nullopt;
  return CrossValidation{folds, metrics->front()};
}

std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective, int folds,
                                       const SolveOptions& solve, std::uint64_t seed, Observer* observer) {
  PenaltySearch search(data, objective, folds, solve, seed, observer);
  if (!search.begin()) return std::nullopt;
  search.look_further();
  return search.take();
}

}  // namespace poise
