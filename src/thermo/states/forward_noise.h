// The canonical ensemble of hidden states, ℋ = ½‖e‖² + ℓ at temperature T: a forward pass with noise of variance T at
// every hidden neuron, each draw weighted by e^{−ℓ/T}
// (docs/theory/thermodynamics-measurements.md#the-noisy-forward-ensemble).
//
// Drawn like that, nearly all weights vanish once T is small: the states that count are where the task has pushed them.
// So noise is drawn about the relaxed states η* instead (thermo/states/relaxed_states.h) and reweighted to the plain
// ensemble, which is exact for any η* and any shape of noise:
//   η = η* + √T y,   y from (1 − ε) N(0, (I + Σ JᵀRJ)⁻¹) + ε N(0, I),   ε = 1/8
//   ln w = −ℓ/T − ‖η*‖²/2T − ⟨η*, y⟩/√T − ln[(1 − ε) det(I + VᵀV)^½ e^{−½‖Vᵀy‖²} + ε],   V = Σ JᵀB, R = BBᵀ
// The second part of the mixture bounds the weights where ℓ is convex in the states.
//
// Means of ℓ and ½‖η‖² over draws would be noisy, the more the lower T. Integration by parts gives ⟨a·∇ℋ⟩ = 0 and
// ⟨(η − η*)·∇ℋ⟩ = NT, ∇ℋ = η + X*, for the states of the ensemble; so the same means are taken of
//   ℓ + a·∇ℋ   and   ½‖η*‖² + ½√T ⟨y, η* − X*⟩ − a·∇ℋ   (for ½‖η‖² − NT/2),   a = (I + Σ JᵀRJ)⁻¹ η*
// whose terms of first order in √T cancel, and of second order in their sum.
#pragma once

#include <span>
#include <vector>

#include "poise/estimate.h"
#include "thermo/states/relaxed_states.h"
#include "thermo/states/weighted_draws.h"

namespace poise::thermo {

/// By row, of one temperature: columns as Potentials (thermo/states/weighted_draws.h).
struct RowEnsemble {
  RowEnsemble(Index rows, Index draws)
      : value(rows, 5),
        variance(rows, 5),
        bias(rows, 5),
        effective_draws(rows),
        free_energy(rows, draws),
        energy(rows, draws),
        laplacian(rows, 3) {}

  Matrix value, variance, bias;
  Vector effective_draws;
  Matrix free_energy, energy;  ///< n×R, the jackknife's pseudo-values of F and of U + E
  Matrix laplacian;            ///< n×3: value, variance and bias of ∇²F with respect to all parameters
};

/// Means over rows with `weight` adding up to 1, of a column and of U + E. Draws are independent between rows; what
/// bias the jackknife has left is common to them, and counts as error.
Estimate ensemble_mean(const Vector& weight, const RowEnsemble& rows, Index quantity);
Estimate ensemble_mean_energy(const Vector& weight, const RowEnsemble& rows);
Estimate ensemble_laplacian(const Vector& weight, const RowEnsemble& rows);

class ForwardNoise {
 public:
  ForwardNoise(const std::vector<Layer>& layers, std::vector<double> temperatures, int draws, std::uint64_t seed,
               ScoreLoss loss = {});

  /// Writes the rows of the block, whose numbers in the data set are `numbers`; one RowEnsemble a temperature.
  void measure(const Matrix& first_preactivation, const RowBlock& block, std::span<const Index> numbers,
               std::vector<RowEnsemble>& out) const;

 private:
  /// The draws of all rows, `draws` of each behind the other, and what is the same for all draws of a row.
  struct Noise {
    std::vector<Matrix> y, center, balance;  // (B·R)×N_l: noise, η*, a
    Vector log_density;                      // ln[(1 − ε) det^½ e^{−½‖Vᵀy‖²} + ε]
  };
  Noise draw(const RelaxedStates& relaxed, std::span<const Index> numbers) const;
  void shape(const RelaxedStates& relaxed, Index row, Index rank, Index number, Noise& noise) const;
  /// The states of all draws at a temperature: displacements η, and the pass and the adjoint of ℓ there.
  struct Drawn {
    std::vector<Matrix> displacement;
    Propagation pass;
    Matrix outputs;  // q
    Adjoint star;
  };
  Drawn draw_states(const Noise& noise, const Matrix& start, const Matrix& targets, double temperature) const;
  WeightedDraws weigh(const Noise& noise, const Drawn& drawn, const Matrix& targets, double temperature) const;
  /// Of one row, `inputs` its X_0.
  GradientDraws gradients(const Drawn& drawn, const std::vector<Matrix>& bend, Index row, double inputs) const;

  const std::vector<Layer>& layers_;
  std::vector<double> temperatures_;
  Index draws_;
  std::uint64_t seed_;
  ScoreLoss loss_;
};

}  // namespace poise::thermo
