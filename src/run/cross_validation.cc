#include "poise/cross_validation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/folds.h"
#include "poise/error.h"
#include "run/choosing/fields.h"
#include "run/choosing/held_out.h"
#include "run/penalty_path.h"

namespace poise {
namespace {

constexpr double kLargest = 64, kFactor = 4;  // candidates, times the default
constexpr std::size_t kCandidates = 7;

void check_folds(const Dataset& data, int folds) {
  if (folds >= 2 && folds <= data.rows()) return;
  throw Error(ErrorKind::kUsage, fmt::format("{} folds of {} rows", folds, data.rows()),
              "at least 2 folds, of a row each or more");
}

/// The folds asked for, or dealt.
std::vector<int> folds_of(const Dataset& data, const PenaltySearchOptions& search) {
  if (search.fold_of_row.empty()) {
    if (!search.leave_one_out) check_folds(data, search.folds);
    return deal_folds(data, search.leave_one_out ? 2 : search.folds, search.seed);
  }
  const auto is_fold = [&](int fold) { return fold >= -1 && fold < search.folds; };
  if (std::ssize(search.fold_of_row) == data.rows() && std::ranges::all_of(search.fold_of_row, is_fold))
    return search.fold_of_row;
  throw Error(ErrorKind::kUsage, "folds of rows that do not fit them",
              fmt::format("a number below {}, or -1, for each of {} rows", search.folds, data.rows()));
}

/// Tries candidates, always the one next to the best so far.
class PenaltySearch {
 public:
  PenaltySearch(HeldOut& held_out, const PenaltySearchOptions& search) : held_out_(held_out), rule_(search.rule) {
    choice_.folds = search.folds;
    choice_.leave_one_out = search.leave_one_out;
  }

  /// Whether all of them could be measured. The first is `from`, or next to it.
  bool try_all(std::vector<double> candidates, double from) {
    while (!candidates.empty()) {
      const double middle = choice_.candidates.empty() ? from : choice_.candidates[choice_.best].l2;
      const auto next =
          std::ranges::min_element(candidates, {}, [&](double l2) { return std::abs(std::log(l2 / middle)); });
      const double l2 = *next;
      candidates.erase(next);
      if (!try_one(l2)) return false;
    }
    return true;
  }

  /// Beyond the candidates, as long as the best is the last one there.
  void look_further() {
    for (;;) {
      std::vector<TriedPenalty> tried;
      for (const auto& candidate : choice_.candidates) tried.push_back({candidate.l2, candidate.cross_entropy});
      const auto next = penalty_beyond(tried, kFactor);
      if (!next) return;
      choice_.ended_early = !try_one(*next);
      if (choice_.ended_early) return;
    }
  }

  PenaltyChoice take() {
    auto& all = choice_.candidates;
    choice_.chosen = choice_.best;
    if (rule_ == PenaltyRule::kOneStandardError) {
      const double most = all[choice_.best].cross_entropy + all[choice_.best].standard_error;
      choice_.chosen =
          std::ranges::find_if(all, [&](const auto& one) { return one.cross_entropy <= most; }) - all.begin();
    }
    if (choice_.leave_one_out) choice_.folds = static_cast<int>(all[choice_.best].metrics.rows);
    return std::move(choice_);
  }

 private:
  bool try_one(double l2) {
    auto& all = choice_.candidates;
    const double best = all.empty() ? 0 : all[choice_.best].cross_entropy;
    const bool may_give_up = rule_ == PenaltyRule::kBest && !all.empty();
    auto found = may_give_up ? held_out_.measure(l2, best + worth_of(best)) : held_out_.measure(l2);
    if (!found) return false;
    all.insert(std::ranges::find_if(all, [&](const auto& one) { return one.l2 < l2; }), std::move(*found));
    choice_.best = std::ranges::min_element(all, {}, &PenaltyChoice::Candidate::cross_entropy) - all.begin();
    return true;
  }

  HeldOut& held_out_;
  PenaltyRule rule_;
  PenaltyChoice choice_;
};

std::vector<double> multiples_of(double l2) {
  std::vector<double> all;
  for (std::size_t m = 0; m < kCandidates; ++m)
    all.push_back(l2 * kLargest * std::pow(kFactor, -static_cast<double>(m)));
  return all;
}

}  // namespace

const char* to_string(PenaltyRule rule) { return name_of(rule); }

std::optional<CrossValidation> cross_validate(const Dataset& data, const ObjectiveOptions& objective, int folds,
                                              const SolveOptions& solve, std::uint64_t seed, Watcher* watcher,
                                              const Network* start) {
  check_folds(data, folds);
  WholeProblem whole(data, objective, solve, watcher);
  const auto held_out = by_folds(whole, deal_folds(data, folds, seed), folds, start);
  auto found = held_out->measure(resolve_l2(data, objective));
  if (!found) return std::nullopt;
  return CrossValidation{folds, std::move(found->metrics)};
}

std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective,
                                       const PenaltySearchOptions& search, const SolveOptions& solve, Watcher* watcher,
                                       const Network* start) {
  return run::choose_l2(data, objective, search, solve, watcher, start, {});
}

}  // namespace poise

namespace poise::inline run {

std::optional<PenaltyChoice> choose_l2(const Dataset& data, const ObjectiveOptions& objective,
                                       const PenaltySearchOptions& search, const SolveOptions& solve, Watcher* watcher,
                                       const Network* start, const Keeping<ChoiceState>& keeping) {
  check_fields(search);
  check_search(data, search);
  const double middle = objective.l2.value_or(default_l2(data));
  ObjectiveOptions options = objective;
  options.l2 = middle;
  WholeProblem whole(data, options, solve, watcher, keeping);
  const auto held_out = search.leave_one_out ? by_leaving_one_out(whole, folds_of(data, search), start)
                                             : by_folds(whole, folds_of(data, search), search.folds, start);
  PenaltySearch of(*held_out, search);
  const bool is_given = !search.candidates.empty();
  if (!of.try_all(is_given ? search.candidates : multiples_of(middle), middle)) return std::nullopt;
  if (!is_given) of.look_further();
  PenaltyChoice choice = of.take();
  choice.fit = whole.take(choice.l2());
  return choice;
}

}  // namespace poise::inline run
