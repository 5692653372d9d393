// Two sets of weights at two temperatures, and what the first law says of going from one state of rest to the other
// (docs/theory/thermodynamics-laws.md#the-first-law).
#pragma once

#include <array>

#include "experiments/thermodynamics.h"
#include "thermo/states/hidden_states.h"

namespace poise::experiments {

/// The ensembles of both weights at both temperatures: states[w][t], 0 of T and 1 of T(1 + ε). All changes are from
/// states[0][0] to states[1][1], T the mean of the two.
struct Quadruple {
  std::array<std::array<thermo::HiddenStates, 2>, 2> states;

  double temperature(int t) const { return states[0][t].temperature; }
  double loss(int w, int t) const { return states[w][t].mean_loss.value; }
  /// dU, with the weights at rest at either temperature.
  double loss_change() const { return loss(1, 1) - loss(0, 0); }
  /// What of that is due to the weights alone, the mean of both temperatures: dℋ_min of a quadratic ℋ.
  double by_weights() const { return 0.5 * (loss(1, 0) - loss(0, 0) + loss(1, 1) - loss(0, 1)); }
  double mean_temperature() const { return 0.5 * (temperature(0) + temperature(1)); }
  /// T dS and T dC.
  double heat() const { return mean_temperature() * (states[1][1].entropy.value - states[0][0].entropy.value); }
  double complexity_heat() const { return mean_temperature() * (states[1][1].complexity - states[0][0].complexity); }
};

/// Premise (U does not react to the weights), law (dU = T dS + T dC) and what rest implies (dU = T dS), each within a
/// tenth of dU; a quadruple a seed. The law has the verdict of its premise unless that is met.
std::vector<Finding> findings_at_rest(const std::string& where, double temperature,
                                      const std::vector<Quadruple>& found);

/// That `samples` are all within `margin` (judge_all_within), as the verdict on a premise.
Verdict judge_premise(const std::vector<Sample>& samples, double margin);

}  // namespace poise::experiments
