// Weighted samples of the canonical ensemble and what follows from them.
#pragma once

#include <functional>

#include "poise/theory/ensemble.h"

namespace poise::theory {

/// The state from ln B and U; n free neurons.
EnsembleState ensemble_state(double temperature, Index neurons, double log_b, double mean_loss);

/// R independent states x_r of density q, with what they count in the ensemble.
struct Draws {
  EnsembleMethod method = EnsembleMethod::kNoisyForward;
  Vector log_weights;  ///< −ℋ(x_r)/T − ln q(x_r) − (n/2) ln 2πT, so that B is the mean of their exponentials
  Vector losses;       ///< ℋ(x_r)
  Matrix states;       ///< R×N: x_r in rows; empty unless kept

  /// w_r = e^{log_weight} / mean: 1 on average
  Vector weights() const;
};

/// Throws Error(kUsage) for options out of range.
void check(const SamplingOptions& options);

enum class Keep { kNothing, kStates };

/// Calls sample(r, x) for every sample r, x of N entries to be filled; shares the samples out among threads. The rows
/// of `states` become the x if they are to be kept.
void for_samples(const SamplingOptions& options, Index neurons, Matrix& states, Keep keep,
                 const std::function<void(Index, Vector&)>& sample);

Draws draw_noisy_forward(const Septuple& septuple, double temperature, const SamplingOptions& options,
                         Keep keep = Keep::kNothing);
Draws draw_about_modes(const Septuple& septuple, double temperature, const SamplingOptions& options,
                       Keep keep = Keep::kNothing);
/// The noisy forward pass if it applies and its weights are reliable, else the better of it and sampling about modes.
Draws draw(const Septuple& septuple, double temperature, const SamplingOptions& options, Keep keep = Keep::kNothing);

/// leftᵀ diag(weights) right, of rows in blocks; `watcher` (may be null) is asked between them.
Matrix weighted_product(const Matrix& left, const Vector& weights, const Matrix& right, Watcher* watcher);

Ensemble summarize(const Draws& draws, const Septuple& septuple, double temperature);

}  // namespace poise::theory
