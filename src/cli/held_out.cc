#include "cli/held_out.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/stopwatch.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "convex/problem.h"
#include "poise/cross_validation.h"
#include "run/short_number.h"
#include "run/summary.h"
#include "run/terminal_line.h"

namespace poise::cli {
namespace {

using nlohmann::json;

constexpr int kFolds = 5;
constexpr double kClose = 1e-6;     // nats: the folds' models need no certificate
constexpr double kCheap = 1e6;      // entries times classes: some 0.05 s on one thread
constexpr Index kFewestRows = 20;   // below them five folds are four rows or less
constexpr double kShortest = 1e-3;  // seconds: 0 would be no limit

SolveOptions for_folds(SolveOptions solve) {
  solve.tolerance = std::max(solve.tolerance, kClose);
  return solve;
}

double size_of(const Dataset& data) {
  const CsrMatrix* sparse = data.features.sparse();
  const double entries = sparse ? static_cast<double>(sparse->entries())
                                : static_cast<double>(data.rows()) * static_cast<double>(data.features.cols() + 1);
  return entries * static_cast<double>(data.schema.class_count());
}

void note_end_of_candidates(const Arguments& a, const PenaltyChoice& choice) {
  const bool largest = choice.best == 0, smallest = choice.best + 1 == choice.candidates.size();
  if (a.quiet || (!largest && !smallest)) return;
  say("note: the penalty chosen, {:.3g}, is the {} of those tried: --l2-path with --validation may find a better one\n",
      choice.l2(), largest ? "largest" : "smallest");
}

json with_folds(const Metrics& metrics, int folds) {
  json out = to_json(metrics);
  out["folds"] = folds;
  return out;
}

/// Where answering by the class frequencies would be as good.
void note_on_probabilities(const Arguments& a, const Metrics& found, Dataset& train) {
  if (!(found.cross_entropy > found.frequencies_entropy)) return;
  train.notices.push_back(
      fmt::format("by cross-validation the probabilities are worse than the class frequencies ({} against {} nats){}",
                  short_number(found.cross_entropy, 4), short_number(found.frequencies_entropy, 4),
                  a.l2_auto ? "" : "; hint: --l2 auto chooses the penalty"));
  if (!a.quiet) say("note: {}\n", train.notices.back());
}

json candidates_json(const PenaltyChoice& choice) {
  json candidates = json::array();
  for (const PenaltyChoice::Candidate& candidate : choice.candidates) {
    candidates.push_back({{"l2", candidate.l2},
                          {"cross_entropy", candidate.metrics.cross_entropy},
                          {"accuracy", candidate.metrics.accuracy}});
  }
  return candidates;
}

}  // namespace

json choose_penalty(Arguments& a, SolveOptions& solve, Dataset& train) {
  if (!a.l2_auto) return nullptr;
  const Stopwatch spent;
  Interrupts interrupts;
  TerminalLine shown(a.quiet ? nullptr : stderr);
  shown.show_on_terminal("choosing the penalty…");
  const auto choice = choose_l2(train, a.objective, kFolds, for_folds(solve), a.seed, &interrupts);
  if (solve.time_limit > 0) solve.time_limit = std::max(solve.time_limit - spent.seconds(), kShortest);
  if (!choice) return nullptr;
  a.objective.l2 = choice->l2();
  note_end_of_candidates(a, *choice);
  const Metrics& best = choice->candidates[choice->best].metrics;
  note_on_probabilities(a, best, train);
  return {{"folds", choice->folds},
          {"candidates", candidates_json(*choice)},
          {"metrics", with_folds(best, choice->folds)},
          {"seconds", spent.seconds()}};
}

json estimate(const Arguments& a, const Inputs& inputs, Dataset& train, const SoftmaxFit& fit) {
  const bool solved = fit.report.status == Status::kCertified || fit.report.status == Status::kConverged;
  const bool unseen = inputs.parts.validation || inputs.parts.test;
  if (!solved || unseen || train.rows() < kFewestRows || size_of(train) > kCheap) return nullptr;
  const std::optional<SolveOptions> solve = inputs.solve_in_time_left(a);
  if (!solve || resolve_l2(train, a.objective) == 0) return nullptr;
  Interrupts interrupts;
  const auto found = cross_validate(train, a.objective, kFolds, for_folds(*solve), a.seed, &interrupts, &fit.model);
  if (!found) return nullptr;
  note_on_probabilities(a, found->metrics, train);
  return with_folds(found->metrics, found->folds);
}

std::string origin_of_penalty(const json& result) {
  if (!result["l2_choice"].is_null()) {
    return fmt::format(" (the best of {} by cross-validation)", result["l2_choice"]["candidates"].size());
  }
  return result["l2_by_default"].get<bool>() ? " (the default)" : "";
}

}  // namespace poise::cli
