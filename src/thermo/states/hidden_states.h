// The canonical ensemble of the hidden states of a network whose targets are bound by cross-entropy, as good as exactly
// for one hidden layer: the loss in the bulk is strictly convex in the states there.
#pragma once

#include "poise/estimate.h"
#include "poise/network.h"

namespace poise::thermo {

/// Of a row with input x, m = σ(W_1 x + b_1) and ℋ(s) = ½‖s − m‖² + CE(t, softmax(W_2 s + b_2)), s ∈ ℝ^N the states:
///   p = e^{−ℋ/T}/Z,   F = −T ln Z/Z_0,   U = ⟨ℋ⟩ − NT/2,   S = (U − F)/T
/// each relative to the ensemble without the task, Z_0 = (2πT)^{N/2} (docs/theory/thermodynamics.md#ensembles); S is
/// Shannon's less that of Z_0, S_x − S_0. Near the minimum s* of ℋ, M = I + W_2ᵀ(diag q − qqᵀ)W_2 there:
///   F = ℋ(s*) + T C + O(T²),   U = ℋ(s*) + O(T²),   S = −C + O(T),   C = ½ ln det M, −ln B = F/T.
/// All in nats, means over rows.
struct HiddenStates {
  double temperature = 0;
  double ground_loss = 0;  ///< ℋ(s*)
  double complexity = 0;   ///< C
  Estimate free_energy, mean_loss, entropy;
};

/// `layers`: two. By `draws` ≥ 2 of thermo/states/forward_noise.h a row, the same random numbers for a row whatever the
/// network; what bias the jackknife has left is part of the errors. Throws Error(kUsage) for anything else.
HiddenStates hidden_states(const std::vector<Layer>& layers, const Matrix& inputs, const Matrix& targets,
                           double temperature, int draws, std::uint64_t seed, int threads);

}  // namespace poise::thermo
