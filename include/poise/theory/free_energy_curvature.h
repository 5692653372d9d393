// The curvature of the free energy with respect to the weights, which decides how fast learning destroys entropy. In
// closed form for linear networks, and its leading term for small m², a sum over paths (Vanchurin;
// docs/theory/thermodynamics.md#curvature-of-the-free-energy).
//
//   F(w, b) = (T/2) ln det M + ℋ_min + const(T),   M = AᵀPA − m²I,   A = I − w
#pragma once

#include "poise/estimate.h"
#include "poise/theory/ensemble.h"

namespace poise {

/// First and second derivatives of F with respect to every w_ij (N×N, existing or not) and every b_i (N), one at a
/// time. With K = M⁻¹ (rows and columns of clamped neurons 0), x the state of smallest loss and e its residuals, for
/// i in P,
///   ∂F/∂w_ij   = −T (AK)_ij − e_i x_j
///   ∂²F/∂w_ij² =  T [K_jj (1 − (AKAᵀ)_ii) − (AK)_ij²] + x_j² (1 − (AKAᵀ)_ii) − 2 x_j e_i (AK)_ij − e_i² K_jj
///   ∂F/∂b_i    = −e_i,    ∂²F/∂b_i² = 1 − (AKAᵀ)_ii
/// and 0 for i not in P. Without biases x = e = 0.
struct FreeEnergyCurvature {
  Matrix gradient, second;            ///< with respect to w
  Vector bias_gradient, bias_second;  ///< with respect to b
  double laplacian = 0;               ///< Σ ∂²F/∂w_ij² over the existing connections (w_ij ≠ 0)
};

/// For linear f. The temperature is in units of ℋ, and so is F; weights have no unit. Throws Error(kUsage) if f is not
/// linear, and Error(kNumeric), which says why, if M is not positive definite.
FreeEnergyCurvature free_energy_curvature(const Septuple& septuple, double temperature);

/// First derivatives of F, and its Laplacian, of any septuple at T > 0, means over its ensemble:
///   ∂F/∂θ = ⟨∂ℋ/∂θ⟩,   ∂²F/∂θ² = ⟨∂²ℋ/∂θ²⟩ − Var(∂ℋ/∂θ)/T
/// (docs/theory/network.md#learning-in-the-canonical-ensemble). Of every w_ij and b_i, existing or not; the
/// Laplacian is over the existing connections. It may be negative: such a state is no place to rest. It is NaN where it
/// is to be had by draws only and a ReLU neuron of P listens to a free one: ∂ℋ/∂θ jumps at its kink, which draws almost
/// surely miss.
struct FreeEnergyDerivatives {
  Matrix gradient, gradient_error;            ///< by w, N×N, and standard errors; 0: closed form
  Vector bias_gradient, bias_gradient_error;  ///< by b, N
  Estimate laplacian;
  Ensemble ensemble;  ///< the ensemble measured on the way
};

/// In closed form for linear f. Where the feed-forward theorem applies F = h + const(T), so that the Laplacian and the
/// derivatives by existing connections and biases are those of h, exactly; other derivatives, and all of other
/// septuples, come from draws (R×N states are kept in memory). Throws as canonical_ensemble.
FreeEnergyDerivatives free_energy_derivatives(const Septuple& septuple, double temperature,
                                              const SamplingOptions& options = {});

/// Sums over the paths of an acyclic network, where J_{l←k} is the Jacobian from layer k to layer l (J_{k←k} = I).
struct PathSums {
  double squares = 0;    ///< tr G⁻¹ = Σ_{k≤l} ‖J_{l←k}‖²_F, G = AᵀA
  double laplacian = 0;  ///< Λ = ∇²_w tr G⁻¹ = Σ_{k<j≤l} 2 ‖J_{l←j}‖²_F ‖J_{(j−1)←k}‖²_F ≥ 0
};
// For small m², ½ ln det M = −½ m² tr G⁻¹ + O(m⁴), so the Laplacian of the free energy tends to −(T m²/2) Λ. For layers
// of equal width n whose weights are independent with variance 1/n, E Λ = n² L (L + 1)(L + 2)/3.

/// For a linear network with the weights W_1 … W_L, where W_l is N_l×N_{l−1}. Costs O(Σ N_l³) and needs no N×N matrix.
/// This and the next overload throw Error(kUsage) if there are no layers or they do not fit each other.
PathSums path_sums(const std::vector<Matrix>& weights);

/// For a network at one input. J uses the slopes at that input, held fixed as weights change, so that Λ counts the
/// connections into neuron i times σ'_i².
PathSums path_sums(const std::vector<Layer>& layers, const Vector& input);

/// For any septuple at a state, cyclic or not, with all neurons free. Λ runs over the existing connections:
///   Σ_ij f'_i² [2 ‖A⁻¹ column i‖² ‖A⁻¹ row j‖² + 4 (A⁻¹)_ji (A⁻ᵀA⁻¹A⁻ᵀ)_ij],  the second term being 0 without cycles.
/// Throws Error(kNumeric) if A = I − diag f' w is singular.
PathSums path_sums(const Septuple& septuple, const Vector& state);

}  // namespace poise
