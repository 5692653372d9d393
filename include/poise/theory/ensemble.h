// The canonical ensemble of the states of a septuple (Vanchurin; docs/theory/thermodynamics.md#ensembles,
// docs/theory/thermodynamics.md#first-law-and-factorization): maximum entropy at a given mean loss.
//
//   p(x) = exp(−ℋ(x)/T) / Z,    Z = ∫ dⁿx exp(−ℋ(x)/T),    over the n free neurons
//
// Z is exact for linear networks and, if V = 0, for feed-forward ones with any activations. Otherwise it is estimated
// by sampling, with an error bar. Gaussian approximations are provided for comparison. Entropies are differential
// entropies in nats.
#pragma once

#include <cstdint>

#include "poise/theory/septuple.h"

namespace poise {

/// The thermodynamic quantities of one ensemble. With A(T) = (2πT)^{n/2} and B = Z/A,
///   S_x = S_T − C   and, wherever B does not depend on T, T dS_T = dU.
struct EnsembleState {
  double temperature = 0;
  Index neurons = 0;                 ///< n, the free ones
  double log_partition = 0;          ///< ln Z
  double mean_loss = 0;              ///< U = ⟨ℋ⟩ = T² ∂ln Z/∂T, in units of ℋ
  double entropy = 0;                ///< S_x = −∫ p ln p = U/T + ln Z, nats
  double free_energy = 0;            ///< F = U − T S_x = −T ln Z, in units of ℋ
  double thermodynamic_entropy = 0;  ///< S_T = U/T + ln A, nats
  double complexity = 0;             ///< C = −ln B, nats; for a Gaussian about a state of loss 0: ½ ln det M
  double log_b = 0;                  ///< ln B
};

enum class EnsembleMethod {
  kLinear,        ///< closed form
  kFeedForward,   ///< closed form: the feed-forward theorem
  kNoisyForward,  ///< samples from the forward pass with noise
  kImportance     ///< samples from Gaussian approximations about the modes
};
const char* to_string(EnsembleMethod method);  ///< "linear", "feed-forward", "noisy forward", "importance sampling"

struct SamplingOptions {
  Index samples = 1 << 16;  ///< R, at least 2
  Index starts = 8;         ///< starts of the search for modes, besides the fixed point and 0; importance sampling only
  std::uint64_t seed = 1;   ///< the same seed gives the same noise, so differences between two septuples are less noisy
  int threads = 0;          ///< 0: all; the result does not depend on it
  Watcher* watcher =
      nullptr;  ///< may end sampling with MeasurementStopped, at the next step of the search for modes, or
                ///< block of draws or of rows of a product; not within a decomposition of an N×N matrix
};

/// An ensemble and, if it was sampled, how well it is known: standard errors by the delta method.
struct Ensemble {
  EnsembleState state{};
  EnsembleMethod method = EnsembleMethod::kLinear;
  double log_partition_error = 0;  ///< of ln Z, ln B and C; multiply by T for F
  double mean_loss_error = 0;      ///< of U; divide by T for S_T
  double entropy_error = 0;        ///< of S_x
  Index samples = 0;               ///< 0: closed form
  double effective_samples = 0;    ///< (Σ w)²/Σ w² (Kish)
  double tail_index = 0;  ///< of the largest weights, P(w > t) ~ t^(−1/tail_index) (Hill); from ½ on the weights have
                          ///< no variance and the errors mean nothing
  bool reliable() const { return samples == 0 || (effective_samples >= 100 && tail_index < 0.5); }
};

/// Linear f (identity everywhere), any w. Exact. With A = I − w, M = AᵀPA − m²I over the free neurons, and
/// ℋ_min the smallest loss,
///   ln Z = (n/2) ln 2πT − ½ ln det M − ℋ_min/T,   U = nT/2 + ℋ_min,   S_x = (n/2)(1 + ln 2πT) − ½ ln det M.
/// Throws Error(kUsage) if f is not linear, and Error(kNumeric), which says why, if M is not positive definite.
EnsembleState linear_ensemble(const Septuple& septuple, double temperature);

/// Feed-forward w, loss in the bulk, V = 0, any f: x ↦ e is a bijection with Jacobian determinant 1, so
///   Z = (2πT)^{n/2} e^{−h/T},   U = nT/2 + h,
/// where h is the loss of the clamped neurons, which must not receive input from free ones. Where no neuron is free the
/// ensemble is one state and this holds of any loss, n = 0 and h = ℋ. Throws Error(kUsage) if any of this does not
/// hold.
EnsembleState feed_forward_ensemble(const Septuple& septuple, double temperature);
bool feed_forward_theorem_applies(const Septuple& septuple);

/// The Gaussian approximation about the state of smallest loss that Newton's method finds from the fixed point of the
/// dynamics, where ℋ ≈ ℋ_min + ½ ξᵀMξ. Where e = 0, as at a fixed point with nothing else clamped, M = G − m²I with
/// G = AᵀPA, A = I − diag f' w. Elsewhere M is the full Hessian, including −wᵀ diag(P e ∘ f'') w. Exact as T → 0 and
/// for linear f. Throws Error(kNumeric), which says why, if M is not positive definite.
EnsembleState gaussian_ensemble(const Septuple& septuple, double temperature);

/// The same about a given state, with gradient g there; completing the square gives ℋ_min = ℋ − ½ gᵀM⁻¹g.
EnsembleState gaussian_ensemble(const Septuple& septuple, double temperature, const Vector& about);

/// Feed-forward w, loss in the bulk, anything clamped, any V. The forward pass with noise of standard
/// deviation √T at every free neuron, x_i = f(Σ_j w_ij x_j + b_i) + √T ξ_i, samples the ensemble of the free residuals.
/// The rest of the loss becomes a weight:
///   Z = (2πT)^{n/2} ⟨e^{−v/T}⟩,   v = ½ Σ_{i clamped} e_i² + V(x)
/// ln Z is corrected for the bias of the logarithm, −½ error² to first order. Throws Error(kUsage) if w is cyclic or
/// the loss is on the boundary.
Ensemble noisy_forward_ensemble(const Septuple& septuple, double temperature, const SamplingOptions& options = {});

/// Any septuple: importance sampling from a mixture over the modes of p (minima of ℋ, found from several starts). Each
/// mode contributes its Gaussian approximation and, as a fifth of the mixture, a Student distribution of the same
/// shape, which bounds the weights wherever ℋ grows quadratically. Modes that no start finds are missed; a large tail
/// index or an error bar that does not shrink reveals them only if the Student part reaches them. Throws
/// Error(kNumeric) if ℋ does not bind the states.
Ensemble importance_ensemble(const Septuple& septuple, double temperature, const SamplingOptions& options = {});

/// The best of these methods: closed form where there is one; the noisy forward pass if w is feed-forward and its
/// weights are reliable; otherwise importance sampling.
Ensemble canonical_ensemble(const Septuple& septuple, double temperature, const SamplingOptions& options = {});

}  // namespace poise
