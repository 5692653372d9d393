// The options of comparisons of settings, described (base/fields.h). Those of training are in learning/fields.h.
#pragma once

#include "learning/fields.h"
#include "poise/compare.h"

namespace poise::inline run {

inline std::span<const Named<Judgment>> names_of(Judgment) {
  static constexpr Named<Judgment> kAll[] = {{Judgment::kReference, "reference"},
                                             {Judgment::kBetter, "better"},
                                             {Judgment::kWorse, "worse"},
                                             {Judgment::kSame, "the same"},
                                             {Judgment::kCannotTell, "cannot tell"},
                                             {Judgment::kOtherStep, "other step"}};
  return kAll;
}

template <AnyConst<SettingGrid> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{"Settings to compare"};
  visit(field("rules",
              "learning rules: adjoint (backpropagation), equilibrium (local), predictive-coding (loss in the bulk), "
              "canonical (states drawn at a temperature), with commas between; the first one is what the others are "
              "judged against"),
        o.rules);
  visit(field("order",
              "equilibrium rule: layers see the weights above before (jacobi) or after (gauss-seidel) their update, "
              "or both"),
        o.orders);
  visit(field("learning_rate", "one or several").within(above(0)).if_unset("sgd 0.1, adam 0.001, golden from theory"),
        o.learning_rates);
  visit(field("depth", "numbers of hidden layers of equal width").within(at_least(1)), o.depths);
  visit(field("width", "of the hidden layers").within(at_least(1)), o.widths);
  visit(field("hidden", "widths of the hidden layers of all settings, in place of `depth` and `width`")
            .within(at_least(1)),
        o.hidden);
}

template <AnyConst<ComparisonOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{"Repeating and testing"};
  visit(field("seeds", "trainings of each, from seed 1 on; fewer than 3 decide nothing").within(at_least(1)), o.seeds);
  visit(field("held_out",
              "share of the rows to test on, of every class, others for each seed, in place of the test part of a "
              "named set")
            .within(between(0, 1))
            .if_unset("0.2 where there are no test data"),
        o.held_out);
  visit(Group{"Running and writing"}("time_limit", "limit on all trainings together; those that it ends do not count")
            .within(above(0))
            .measured_in("seconds")
            .if_unset("none"),
        o.time_limit);
  visit(field("threads", "trainings at the same time").within(at_least(1)).if_unset("as many as there are processors"),
        o.threads);
}

}  // namespace poise::inline run

// Found where an option of these is asked for, whose type is in poise.
namespace poise {
using run::fields;
using run::names_of;
}  // namespace poise
