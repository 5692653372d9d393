// The Laplacian of the loss ℓ by the weights of each layer, row by row
// (docs/theory/thermodynamics-measurements.md#curvature-by-layers):
//   ∇²_{W_l,b_l} ℓ_n = ‖x̃_{l−1,n}‖² tr H_l,   x̃ = (X_{l−1}, 1),   H_l = ∂²ℓ_n/∂Y_l²
//   tr H_l = tr GN_l + Σ_{m≥l} Σ_i (X*_m ∘ σ''_m)_i ‖(∂Y_m/∂Y_l)_i‖²,       GN_l = J_lᵀ R J_l,   J_l = ∂Y_L/∂Y_l
// with R = ∂²ℓ/∂Y_L² (score_loss.h).
//
// Exact in closed form for the head (tr R) and the last hidden layer (tr GN = Σ_i σ'_i² (W_LᵀRW_L)_ii). Below it,
//   tr GN_l  = E‖Y*_l‖² over F-adjoints from Y*_L = √g (e_c − q)/‖e_c − q‖, c drawn with probability q_c ‖e_c − q‖²/g,
//              g = 1 − ‖q‖²; where R is diagonal, from √R ε with random signs ε; or the sum of ‖Y*_l‖² over all K
//              output adjoints, without chance
//   the terms m > l = E Σ_i (X*_m ∘ σ''_m ∘ Ẏ_m²)_i over tangents from Ẏ_l of random signs (Hutchinson); or the sum
//   over
//              tangents from all N_l unit vectors, without chance
#pragma once

#include <span>
#include <string>
#include <vector>

#include "poise/thermodynamics.h"
#include "thermo/network/propagation.h"

namespace poise::thermo {

/// n rows, L layers. Column l − 1 belongs to layer l; the last column of variances to the sum over layers.
struct RowCurvature {
  RowCurvature(Index rows, Index layers);

  Matrix laplacian, gauss_newton;                    ///< n×L
  Matrix laplacian_variance, gauss_newton_variance;  ///< n×(L+1), of sampling; 0: exact
};

/// How each layer is measured, fixed by the network and the options.
class CurvatureMeter {
 public:
  CurvatureMeter(const std::vector<Layer>& layers, Detail detail, int draws, std::uint64_t seed, ScoreLoss loss = {});

  /// Writes the rows of the block, whose numbers in the data set are `numbers`. With Detail::kFull all but the
  /// Gauss–Newton part of layers below the last hidden one, which add_output_adjoints adds.
  void measure(const State& state, Index first, std::span<const Index> numbers, RowCurvature& out) const;
  void add_output_adjoints(const State& state, const Adjoint& of_outputs, Index first, RowCurvature& out) const;

  std::string how(std::size_t l) const;  ///< the Laplacian of layer l: "exact", "sampled labels" or "Hutchinson"
  int draws() const { return draws_; }

 private:
  enum class Tangents { kNone, kRandom, kUnit };
  /// Of one layer, before the factor ‖x̃‖²: parts without chance, B; and of labels and tangents by draw, B·draws.
  struct Traces {
    Vector gauss_newton, bend, label, tangent;
  };

  std::size_t depth() const { return layers_.size(); }
  bool samples_labels() const { return detail_ == Detail::kLight && depth() > 2; }
  Matrix sample_starts(const Matrix& q, std::span<const Index> numbers) const;
  Matrix sample_classes(const Matrix& q, std::span<const Index> numbers) const;
  Matrix random_signs(std::size_t l, std::span<const Index> numbers) const;
  Traces traces(const State& state, std::size_t l, std::span<const Index> numbers, const Adjoint& sampled) const;
  Vector bend_above(const State& state, std::size_t l, Matrix tangents) const;

  const std::vector<Layer>& layers_;
  Detail detail_;
  int draws_;
  std::uint64_t seed_;
  ScoreLoss loss_;
  std::vector<Tangents> tangents_;  // [l]
};

}  // namespace poise::thermo
