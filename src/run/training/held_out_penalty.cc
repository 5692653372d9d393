#include "run/training/held_out_penalty.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check_codes.h"
#include "base/index.h"
#include "base/stopwatch.h"
#include "base/words.h"
#include "convex/problem.h"
#include "rows/storage.h"
#include "run/short_number.h"

namespace poise::inline run {
namespace {

constexpr int kMostFolds = 5;
constexpr double kClose = 1e-6;          // nats: the folds' models need no certificate
constexpr double kCheap = 1e6;           // entries times classes: some 0.05 s on one thread
constexpr Index kFewestToFold = 20;      // below them five folds are four rows or less
constexpr double kShortestLimit = 1e-3;  // seconds: 0 would be no limit

int folds_of(const Dataset& data) { return std::max(2, static_cast<int>(std::min<Index>(kMostFolds, data.rows()))); }

/// As asked for, with no more folds than rows.
PenaltySearchOptions search_of(const TrainingRun& run) {
  PenaltySearchOptions search = run.request().search;
  search.seed = run.request().seed;
  const Index rows = run.train().rows();
  if (search.fold_of_row.empty()) search.folds = std::max(2, static_cast<int>(std::min<Index>(search.folds, rows)));
  return search;
}

SolveOptions for_folds(SolveOptions solve) {
  solve.tolerance = std::max(solve.tolerance, std::min(kClose, 100 * solve.tolerance));
  return solve;
}

double size_of_problem(const Dataset& data) {
  const Index entries = stored_entries(data.features) + data.rows();  // with the bias
  return static_cast<double>(entries) * static_cast<double>(data.schema.class_count());
}

void note_end_of_search(const PenaltyChoice& choice, TrainingRun& run) {
  if (!choice.ended_early) return;
  run.note(coded(fmt::format("the penalty chosen, {:.3g}, is the {} of those tried, where the search was ended",
                             choice.l2(), choice.chosen == 0 ? "largest" : "smallest"),
                 codes::kEndOfPenalties));
}

/// Where answering by the class frequencies would be as good.
void note_poor_probabilities(const Metrics& found, TrainingRun& run) {
  if (!(found.frequencies_entropy > 0)) return;  // of one class, which nothing can be learned from
  // That the folds' frequencies are not those of all rows costs about (K − 1)/2n nats in itself.
  const double of_folds =
      static_cast<double>(run.train().schema.class_count() - 1) / (2.0 * static_cast<double>(found.rows));
  if (!(found.cross_entropy > (1 + 1e-4) * found.frequencies_entropy + of_folds)) return;
  run.note(coded(
      fmt::format("by cross-validation the probabilities are worse than the class frequencies ({} against {} nats); "
                  "hint: --l2 auto chooses the penalty",
                  short_number(found.cross_entropy, 4), short_number(found.frequencies_entropy, 4)),
      codes::kTellsNothing));
}

/// Rows of every class that count for something; none where targets are soft.
std::vector<Index> rows_by_class(const Dataset& data) {
  std::vector<Index> rows(data.labels.empty() ? 0 : data.schema.class_count());
  for (Index i = 0; i < std::ssize(data.labels); ++i) {
    const double weight = data.sample_weight.size() > 0 ? data.sample_weight[i] : 1;
    if (weight > 0) ++rows[data.labels[i]];
  }
  return rows;
}

/// A class's only row is always trained on.
void note_rows_never_held_out(const CrossValidation& crossed, TrainingRun& run) {
  const std::vector<Index> rows_of = rows_by_class(run.train());
  const Index alone = std::ranges::count(rows_of, 1);
  if (alone == 0) return;
  run.note(coded(fmt::format("{} of a single row: cross-validation never holds {} out, and is about the other {}",
                             counted(alone, "class", "classes"), alone == 1 ? "that" : "those",
                             counted(crossed.metrics.rows, "row")),
                 codes::kRareClass));
}

}  // namespace

bool can_be_folded(const Dataset& data) {
  if (data.labels.empty()) return data.rows() > 1;
  return std::ranges::any_of(rows_by_class(data), [](Index rows) { return rows > 1; });
}

void note_idle_features(const Metrics& best, const char* how, TrainingRun& run) {
  constexpr double kWorth = 1e-3;
  if (!(best.frequencies_entropy > 0) || best.cross_entropy < (1 - kWorth) * best.frequencies_entropy) return;
  run.note(coded(
      fmt::format("{} the features tell next to nothing about the classes: cross-entropy {} at the best penalty, {} of "
                  "the class frequencies alone",
                  how, short_number(best.cross_entropy, 4), short_number(best.frequencies_entropy, 4)),
      codes::kTellsNothing));
}

void cross_validate_penalties(TrainingRun& run, ObjectiveOptions& objective, SolveOptions& solve, const Network& start,
                              const Keeping<ChoiceState>& keeping) {
  if (!can_be_folded(run.train())) {
    run.note("no class has two rows: there is nothing to cross-validate with, and the penalty is the default");
    return;
  }
  const Stopwatch spent;
  run.on_event({.kind = Event::Kind::kChoosing});
  Unseen unseen(run);
  SoftmaxTraining& softmax = *run.result().softmax;
  softmax.choice = choose_l2(run.train(), objective, search_of(run), for_folds(solve), &unseen, &start, keeping);
  if (solve.time_limit > 0) solve.time_limit = std::max(solve.time_limit - spent.seconds(), kShortestLimit);
  if (!softmax.choice) return;
  const PenaltyChoice& choice = *softmax.choice;
  objective.l2 = choice.l2();
  const Metrics& best = choice.candidates[choice.chosen].metrics;
  note_end_of_search(choice, run);
  note_idle_features(best, "by cross-validation", run);
  softmax.cross_validation = CrossValidation{choice.folds, best};
  note_rows_never_held_out(*softmax.cross_validation, run);
  softmax.seconds_choice = spent.seconds();
}

void estimate_by_folds(TrainingRun& run, const ObjectiveOptions& objective, const SoftmaxFit& fit) {
  const Dataset& train = run.train();
  const bool solved = fit.report.status == Status::kCertified || fit.report.status == Status::kConverged;
  const bool unseen_rows = run.parts().validation || run.parts().test;
  if (!solved || unseen_rows || train.rows() < kFewestToFold || size_of_problem(train) > kCheap) return;
  const std::optional<SolveOptions> solve = run.solve_in_time_left();
  if (!solve || resolve_l2(train, objective) == 0) return;
  Unseen unseen(run);
  auto& found = run.result().softmax->cross_validation;
  found = cross_validate(train, objective, folds_of(train), for_folds(*solve), run.request().seed, &unseen, &fit.model);
  if (!found) return;
  note_poor_probabilities(found->metrics, run);
  note_rows_never_held_out(*found, run);
}

}  // namespace poise::inline run
