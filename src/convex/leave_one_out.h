// Leave-one-out in closed form, from the Hessian at the optimum (docs/theory/softmax.md#leave-one-out).
#pragma once

#include "convex/preconditioner/preconditioner.h"

namespace poise::inline convex {

/// Scores of every row by the model of all others, n×K, to second order at the optimum w:
///   z_i + s_i A_i (I − s_i R_i A_i)⁻¹ (p_i − t_i),   A_i = X̃_i H⁻¹ X̃_iᵀ,   R_i = diag p_i − p_i p_iᵀ,
/// in differences to one class. A row is left out whole, whatever its weight, the weights of the others and the penalty
/// beside them stay; a class's only row has no such model, and its scores mean nothing. Throws as ExactCurvature.
/// Leaves the objective at w.
Matrix leave_one_out_scores(SoftmaxObjective& objective, const Parameters& w, const Schema& schema,
                            const Stop& stop = {});

/// Scores of all rows, n×K, in float64.
Matrix all_scores(const SoftmaxObjective& objective, const Parameters& w);

}  // namespace poise::inline convex
