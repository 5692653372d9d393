// The options of measurements and of the comparison of architectures, described (base/fields.h).
#pragma once

#include "learning/fields.h"
#include "poise/efficiency.h"
#include "poise/generate.h"
#include "poise/thermodynamics.h"

namespace poise::thermo {

inline std::span<const Named<Detail>> names_of(Detail) {
  static constexpr Named<Detail> kAll[] = {{Detail::kLight, "light"}, {Detail::kFull, "full"}};
  return kAll;
}

inline std::span<const Named<Budget>> names_of(Budget) {
  static constexpr Named<Budget> kAll[] = {{Budget::kNeurons, "neurons"}, {Budget::kWeights, "weights"}};
  return kAll;
}

template <AnyConst<ThermodynamicsOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{};
  visit(field("detail", "full, or light: without ensembles, complexity and largest curvature"), o.detail);
  visit(field("rows", "measure on this many rows, drawn by `seed`; 0: all").within(at_least(0)), o.rows);
  visit(field("temperature", "of the ensembles of hidden states, with commas between; `detail` full")
            .within(above(0))
            .measured_in("nats"),
        o.temperatures);
  visit(field("draws", "noise draws a row and temperature; `detail` full").within(at_least(2)), o.draws);
  visit(
      field("label_draws", "sampled labels or probes a row where a layer's curvature is not exact").within(at_least(2)),
      o.label_draws);
  visit(field("learning_rate", "of the step judged")
            .within(above(0))
            .if_unset("that of training, at the epoch kept")
            .kept_in_model(),
        o.learning_rate);
  visit(field("momentum", "of the step judged").within(kShare).if_unset("that of training").kept_in_model(),
        o.momentum);
  visit(field("batch", "rows a batch of the step judged")
            .within(at_least(1))
            .if_unset("those of training")
            .kept_in_model(),
        o.batch);
  visit(field("seed", "of rows, noise and sampled labels").within(at_least(0)), o.seed);
  visit(field("threads", "threads").within(at_least(1)).if_unset("all"), o.threads);
}

template <AnyConst<GenerateOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{};
  visit(field("prior", "inputs are normal about their center, with variance 1/prior in the units of training")
            .within(above(0)),
        o.prior);
  visit(field("steps", "of the relaxation, at most").within(at_least(1)), o.steps);
}

template <AnyConst<EfficiencyOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{};
  visit(field("budget", "of neurons or weights of each network").within(at_least(1)), o.budget);
  visit(field("of", "what the budget counts: hidden neurons, or weights with biases"), o.of);
  visit(field("activation", "of the networks compared"), o.activation);
  visit(field("gain", "factor on their initial weights; 1: signals keep their size").within(above(0)), o.gain);
  visit(field("step", "of all trainings"), o.step);
  visit(field("learning_rate", "of all").within(at_least(0)), o.learning_rate);
  visit(field("momentum", "of all").within(kShare), o.momentum);
  visit(field("seeds", "trainings of each").within(at_least(1)), o.seeds);
  visit(field("epochs", "of each training").within(at_least(1)), o.epochs);
  visit(field("batch", "rows a batch").within(at_least(1)), o.batch);
  visit(field("rows", "to measure on; 0: all").within(at_least(0)), o.rows);
  visit(field("threads", "threads").within(at_least(1)).if_unset("all"), o.threads);
}

}  // namespace poise::thermo

// Found where an option of these is asked for, whose type is in poise.
namespace poise {
using thermo::fields;
using thermo::names_of;
}  // namespace poise
