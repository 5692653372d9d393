// F-propagation, F-adjoint and every learning rule, written a second time in float64 in the order of the formulas: what
// the engine of this folder is tested against. Nothing here is fast and nothing is shared with the engine.
//
// Samples are rows, so the paper's Y = W X of columns reads Y = X Wᵀ. States are indexed by the l of the formulas, 0 …
// L; layer l is `layers[l − 1]`, and so are its gradients. The last layer's activation is the identity: the head
// follows. Adjoints are per row: a row's weight multiplies its row of Y*_L, a mean is for the caller to take.
#pragma once

#include <vector>

#include "poise/network.h"
#include "poise/training.h"

namespace poise::learning::reference {

/// σ(Y) and σ'(Y) entry by entry; σ' of ReLU is 0 at 0.
Matrix activate(Activation activation, const Matrix& y);
Matrix slope(Activation activation, const Matrix& y);

/// F(X_0) = {X_0, Y_1, X_1, …, Y_L, X_L}.  [docs/theory/network.md#f-propagation-and-f-adjoint]
struct Propagation {
  std::vector<Matrix> preactivation;  ///< Y_l = X_{l−1} W_lᵀ + b_lᵀ, B×N_l; [0] is empty
  std::vector<Matrix> activation;     ///< X_l = σ_l(Y_l), B×N_l; [0] is the input
};
Propagation propagate(const std::vector<Layer>& layers, const Matrix& inputs);

/// ℓ of every row, B values, from B×K scores Y_L and targets (of kCrossEntropy: rows add up to 1).
Vector losses(Loss loss, const Matrix& scores, const Matrix& targets);

/// Y*_L = ∂ℓ/∂Y_L, B×K: p − t, σ(Y_L) − t or (σ(Y_L) − t) ∘ σ'(Y_L) (poise/training.h).
Matrix output_adjoint(Loss loss, const Matrix& scores, const Matrix& targets);

/// Derivatives by pre-activations and by activations; [L] of both is Y*_L, [0] of the first is empty.
struct Adjoint {
  std::vector<Matrix> preactivation_adjoint;  ///< Y*_l, B×N_l
  std::vector<Matrix> activation_adjoint;     ///< X*_l, B×N_l
};

/// The F-adjoint F_*(X_0, Y*_L) = {Y*_L, X*_{L−1}, …, Y*_1, X*_0}: X*_{l−1} = Y*_l W_l, Y*_l = X*_l ∘ σ'_l(Y_l).
/// Backpropagation: X*_l = ∂ℓ/∂X_l and Y*_l = ∂ℓ/∂Y_l if Y*_L = ∂ℓ/∂Y_L.
Adjoint adjoint(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint);

/// Sums over the rows: weights[l−1] = Y*_lᵀ X_{l−1}, N_l×N_{l−1}; bias[l−1] = Y*_lᵀ 1, N_l.
struct Gradient {
  std::vector<Matrix> weights;
  std::vector<Vector> bias;
};
Gradient gradient(const Adjoint& adjoint, const std::vector<Matrix>& activation);

/// W_l − rate · weights[l−1], b_l − rate · bias[l−1] for all l.
std::vector<Layer> descend(const std::vector<Layer>& layers, const Gradient& gradient, double rate);

/// What a rule makes of one batch: its adjoints, and the layers after a plain step of the given rate on the sum.
struct Update {
  Adjoint adjoint;
  std::vector<Layer> layers;
};

/// Rule::kAdjoint: all adjoints with the old weights, then the step. Is backpropagation.
Update adjoint_update(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint,
                      double rate);

/// K steps of rate τ: X ← X − τ (X − target).
struct Relaxing {
  double rate = 0.1;  ///< τ
  int steps = 100;    ///< K
  /// ρ = (1 − τ)^K, what is left of the distance from a target that does not move.
  double residual() const;
};

enum class Evaluation { kClosedForm, kLoop };  ///< target + ρ (X − target), or K steps one by one

/// Rule::kEquilibrium, Relaxation::kLayerByLayer  [docs/theory/network.md#local-rules]. For l = L … 1
///   W_l⁺ = W_l − rate · Y*_lᵀ X_{l−1};   X_{l−1} relaxes towards Y*_l W_l (Jacobi) or Y*_l W_l⁺ (Gauss–Seidel) from
///   its forward value and so becomes X*_{l−1};   Y*_{l−1} = X*_{l−1} ∘ σ'(Y_{l−1}).
/// The head does not relax; X*_0 is the target itself. Jacobi is backpropagation exactly when ρ = 0 (τ = 1, or K → ∞
/// with 0 < τ < 2) and O(ρ) from it else; Gauss–Seidel besides when rate → 0, and O(rate) from it else. The last layer
/// always gets backpropagation's step.
Update equilibrium_update(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint,
                          double rate, Order order, const Relaxing& relaxing,
                          Evaluation evaluation = Evaluation::kClosedForm);

/// Relaxation::kSimultaneous: all hidden layers from their forward values for K sweeps,
///   X_l ← (1 − τ) X_l + τ Y*_{l+1} W_{l+1},   Y*_l = X_l ∘ σ'(Y_l) with Y_l of the forward pass, Y*_L fixed,
/// each sweep from the values of the one before. Is backpropagation exactly when τ = 1 and K ≥ L − 1, and in the limit
/// K → ∞ for 0 < τ < 2.
Adjoint simultaneous_relaxation(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& output_adjoint,
                                const Relaxing& relaxing);

/// `reference_2024`: what the published code of the local algorithm computes
/// [docs/theory/network.md#what-the-published-local-program-runs], squared loss, Gauss–Seidel:
///   Y*_L = (X_L − t) ∘ σ'(Y_L), X_L = σ(Y_L) sigmoid;   δ_L = σ'(Y*_L) ∘ [Y*_L + ρ (X_L − Y*_L)]
///   and from δ_L down as equilibrium_update in Gauss–Seidel order.
/// Never backpropagation: since |Y*_L| ≤ 4/27 for targets in [0, 1], σ'(Y*_L) is in [0.2486, 0.25], and the step tends
/// to a quarter of backpropagation's as ρ → 0, rate → 0 and X_L → t.
Update published_update(const std::vector<Layer>& layers, const Propagation& pass, const Matrix& targets, double rate,
                        const Relaxing& relaxing);

/// Y_l = X_{l−1} W_lᵀ + b_lᵀ of states X_0 … X_{L−1} that need not be σ_l(Y_l); X_L = Y_L.
Propagation predict(const std::vector<Layer>& layers, std::vector<Matrix> activation);

/// ½ Σ_{0<l<L} ‖X_l − σ_l(Y_l)‖² of every row: the loss in the bulk (docs/theory/thermodynamics.md#septuple), 0 after
/// F-propagation.
Vector bulk_energy(const std::vector<Layer>& layers, const Propagation& states);

/// The clamped output: ℓ(Y_L, t) times `weight` (κ) is added to the bulk energy.
struct Clamp {
  Loss loss = Loss::kCrossEntropy;
  Matrix targets;     ///< B×K
  double weight = 1;  ///< κ
};

/// E = bulk_energy + κ ℓ(Y_L, t) of every row.
Vector energy(const std::vector<Layer>& layers, const Propagation& states, const Clamp& clamp);

/// Partial derivatives of E, each state by itself, with e_l = X_l − σ_l(Y_l):
///   Y*_L = κ ∂ℓ/∂Y_L,   Y*_l = ∂E/∂Y_l = −e_l ∘ σ'_l(Y_l),   X*_l = ∂E/∂X_l = e_l + Y*_{l+1} W_{l+1},   X*_0 = Y*_1
///   W_1
/// so that gradient(…, states.activation) is ∂E/∂W. At rest X*_l = 0, e_l = −Y*_{l+1} W_{l+1}: the equations of the
/// F-adjoint, about the states that have relaxed.
Adjoint energy_adjoint(const std::vector<Layer>& layers, const Propagation& states, const Clamp& clamp);

/// Rule::kPredictiveCoding: hidden states relax from their forward values, X_l ← X_l − τ ∂E/∂X_l, all at once, K steps;
/// then weights descend on E. Its Y*_l are backpropagation's
///   - times κ in the limit κ → 0, at rest: Y*_l/κ → ∂ℓ/∂Y_l, with an error of O(κ);
///   - for layer l exactly, if τ = 1 and K = L − l;
///   - always if there is one layer.
/// Small errors are not enough: as t → p at κ = 1 and at rest, Y*_L tends to (I + R W_L S_{L−1} W_Lᵀ)⁻¹ ∂ℓ/∂Y_L of the
/// forward pass, R = ∂²ℓ/∂Y_L², S_1 = I, S_l = I + D_l W_l S_{l−1} W_lᵀ D_l, D_l = diag σ'_l(Y_l), and the hidden Y*_l
/// to the F-adjoint of that.
struct PredictiveCoding {
  Propagation states;
  Adjoint adjoint;
  Vector energy_before, energy_after;  ///< E of every row; the bulk's share is 0 before
};
PredictiveCoding predictive_coding(const std::vector<Layer>& layers, const Matrix& inputs, const Clamp& clamp,
                                   const Relaxing& relaxing);

}  // namespace poise::learning::reference
