// A linear septuple at its state of least loss: what its closed forms need.
#pragma once

#include "theory/expansion.h"

namespace poise::theory {

/// With A = I − w, M = AᵀPA − m²I over the free neurons and K = M⁻¹, rows and columns of clamped neurons 0:
struct LinearRest {
  Index free = 0;             ///< n
  Vector state;               ///< x, N: the state of least loss
  double loss = 0;            ///< ℋ_min
  Vector error;               ///< P e(x), N
  Matrix inverse;             ///< K, N×N
  Matrix bulk;                ///< PA by free neurons, else 0; N×N
  Matrix bulk_times_inverse;  ///< PAK, N×N
};

/// Throws as linear_ensemble.
LinearRest solve_linear(const Septuple& septuple, double temperature);

}  // namespace poise::theory
