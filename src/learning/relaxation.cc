// Rules in which hidden states move before the weights do: simultaneous relaxation (docs/theory/network.md#local-rules)
// and predictive coding. States are those of single rows; the share of a row in the batch's mean comes in at the end.
#include <algorithm>

#include "learning/batch.h"

namespace poise::learning {

/// Activation relaxation: K sweeps of A_l ← A_l + τ (W_{l+1}ᵀ D_{l+1} − A_l) over all hidden layers at once, from
/// A_l = X_l, with D_L = Y*_L and D_l = A_l ∘ σ'(Y_l). In ascending order a layer still sees the old one above it.
void Batch::relax_simultaneously(const Chunk& c) {
  const auto rate = static_cast<float>(options_.relaxation_rate);
  const Index layers = layout_.layers();
  const auto size = [&](Index l) { return c.rows * layout_.width(l); };
  for (Index l = 1; l < layers; ++l) std::copy_n(at(activation_, l, c.begin), size(l), at(predicted_, l, c.begin));
  auto drive_from = [&](Index l) {  // D_l
    if (l == layers) return at(adjoint_, l, c.begin);
    float* d = at(drive_, l, c.begin);
    std::copy_n(at(predicted_, l, c.begin), size(l), d);
    times_derivative(options_.activation, at(activation_, l, c.begin), d, layout_.width(l), d, rectangle(c, l));
    return d;
  };
  for (int sweep = 0; sweep < options_.relaxation_steps; ++sweep) {
    for (Index l = 1; l < layers; ++l) {
      float* pull = at(adjoint_, l, c.begin);
      back(c, l + 1, drive_from(l + 1), pull);
      relax(rate, 1, pull, at(predicted_, l, c.begin), size(l));
    }
  }
  for (Index l = 1; l < layers; ++l) std::copy_n(drive_from(l), size(l), at(adjoint_, l, c.begin));
  for (Index l = 1; l <= layers; ++l) share_out(c, l);
}

/// Predictive coding: input and target are clamped, hidden states x_l descend on
///   E = ½ Σ_l ‖x_l − μ_l‖² + ℓ(W_L x_{L−1} + b_L, t),   μ_l = σ(W_l x_{l−1} + b_l),
///   ∂E/∂x_l = x_l − μ_l + W_{l+1}ᵀ s_{l+1},   s_l = −(x_l − μ_l) ∘ σ'(μ_l),   s_L = ∂ℓ/∂Y_L,
/// K steps of rate τ from the forward pass, where E = ℓ. Then ∂E/∂W_l = s_l x_{l−1}ᵀ: s takes the place of Y*.
void Batch::relax_states(const Chunk& c) {
  for (Index l = 1; l < layout_.layers(); ++l) {
    std::copy_n(at(activation_, l, c.begin), c.rows * layout_.width(l), at(predicted_, l, c.begin));
  }
  for (int step = 0; step <= options_.relaxation_steps; ++step) {
    if (step > 0) predict_states(c);
    find_signals(c);
    if (step < options_.relaxation_steps) move_states(c);
  }
  for (Index l = 1; l <= layout_.layers(); ++l) share_out(c, l);
}

/// μ_l and Y_L from the states below; μ_1 depends on the clamped input alone and stays.
void Batch::predict_states(const Chunk& c) {
  for (Index l = 2; l <= layout_.layers(); ++l) {
    const bool last = l == layout_.layers();
    float* y = last ? at(activation_, l, c.begin) : at(predicted_, l, c.begin);
    propagate(c, l, parameters_, y);
    add_bias_and_activate(last ? Activation::kIdentity : options_.activation, parameters_ + layout_.bias(l), y,
                          layout_.width(l), y, rectangle(c, l));
  }
  head(c, false);
}

/// s_l of the hidden layers, and the energy of the chunk, every row with its weight.
void Batch::find_signals(const Chunk& c) {
  double energy = 0;
  for (Index l = 1; l < layout_.layers(); ++l) {
    const Index n = layout_.width(l);
    const float *x = at(activation_, l, c.begin), *mean = at(predicted_, l, c.begin);
    float* signal = at(adjoint_, l, c.begin);
    for (Index i = 0; i < c.rows; ++i) {
      double square = 0;
      for (Index k = i * n; k < (i + 1) * n; ++k) {
        signal[k] = mean[k] - x[k];
        square += static_cast<double>(signal[k]) * static_cast<double>(signal[k]);
      }
      energy += 0.5 * square * row_weight(c.begin + i);
    }
    times_derivative(options_.activation, mean, signal, n, signal, rectangle(c, l));
  }
  chunk_sums_[c.number].bulk_energy = energy;
}

/// x_l ← x_l − τ ∂E/∂x_l, all at once: the signals are those of the states before.
void Batch::move_states(const Chunk& c) {
  const auto rate = static_cast<float>(options_.relaxation_rate);
  for (Index l = 1; l < layout_.layers(); ++l) {
    const Index size = c.rows * layout_.width(l);
    float *x = at(activation_, l, c.begin), *pull = at(drive_, l, c.begin);
    back(c, l + 1, at(adjoint_, l + 1, c.begin), pull);
    relax(rate, 1, at(predicted_, l, c.begin), x, size);
    add_scaled(-rate, pull, x, size);
  }
}

}  // namespace poise::learning
