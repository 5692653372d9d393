// The softmax problem in the solver's units: stored features, normalized row weights, one penalty per feature.
#pragma once

#include <span>

#include "poise/dataset.h"
#include "poise/softmax_regression.h"

namespace poise {

/// Parameters of the layer: (d+1)×K, row j the weights of feature j over the classes, the last row the biases.
/// Feature-major, because sparse rows and the penalty both run over features.
using Parameters = Matrix;

/// minimize  Σ_i s_i [lse(z_i) − ⟨t_i, z_i⟩] + Σ_j (λ_j/2)‖W_j‖²,   Σ_i s_i = 1,   z_i = x̃_iᵀ W,  x̃_i = (x_i, 1).
struct Problem {
  Features features;                 ///< n×d, stored units
  std::vector<std::int32_t> labels;  ///< n; empty if `targets` are given
  MatrixF targets;                   ///< n×K; empty for labels
  double smoothing = 0;              ///< ε: t = (1−ε) t + ε/K
  Vector row_weight;                 ///< n, sums to 1
  Vector penalty;                    ///< d, λ_j ≥ 0
  Index classes = 0;

  Index rows() const { return features.rows(); }
  Index cols() const { return features.cols(); }

  /// t_i as K numbers.
  void target_of(Index row, std::span<double> target) const;
};

/// What kAuto means for this data.
Scale resolve_scale(const Dataset& data, Scale scale);

Problem make_problem(const Dataset& data, const ObjectiveOptions& options, int threads);

/// The problem on some of its rows, row weights renormalized; the penalty stays.
Problem select_rows(const Problem& problem, std::span<const Index> rows);

/// Σ_i s_i x_ij for every stored feature j.
Vector means(const Features& features, const Vector& row_weight, int threads);

/// Standard deviation (divisor Σ s) of every stored feature under `row_weight`.
Vector standard_deviations(const Features& features, const Vector& row_weight, int threads);

/// Σ_i s_i |x_ij| for every feature j.
Vector mean_absolute(const Features& features, const Vector& row_weight, int threads);

/// Solver's parameters ↔ model in original units (original = offset + scale · stored).
Parameters to_parameters(const SoftmaxModel& model, const Dataset& data);
void to_model(const Parameters& parameters, const Dataset& data, SoftmaxModel& model);

}  // namespace poise
