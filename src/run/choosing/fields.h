// The options of choosing a penalty, described (base/fields.h).
#pragma once

#include "base/fields.h"
#include "poise/cross_validation.h"

namespace poise::inline run {

inline std::span<const Named<PenaltyRule>> names_of(PenaltyRule) {
  static constexpr Named<PenaltyRule> kAll[] = {{PenaltyRule::kBest, "best"},
                                                {PenaltyRule::kOneStandardError, "one-standard-error"}};
  return kAll;
}

template <AnyConst<PenaltySearchOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{"Objective"};
  visit(field("folds", "with `l2` auto: parts that the rows are divided into, each held out once").within(at_least(2)),
        o.folds);
  visit(field("l2_rule",
              "with `l2` auto or loo: best, or one-standard-error: the largest penalty whose held-out cross-entropy is "
              "within a standard error of the smallest"),
        o.rule);
  visit(field("l2_candidates", "with `l2` auto or loo: the penalties to choose among, with commas between")
            .within(above(0))
            .if_unset("found on the way"),
        o.candidates);
}

/// Throws Error(kUsage) where leave-one-out would need the Hessian of too many parameters.
void check_search(const Dataset& data, const PenaltySearchOptions& search);

}  // namespace poise::inline run
