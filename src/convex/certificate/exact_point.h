// The loss at one point with a bound on everything that rounding has done to it.
//
// Scores z_i = x̃_iᵀW are sums in twice the precision, of features exactly as in the file, and only their differences
// z_ic − max_c z_ic are rounded to doubles. With u = ε/2, n terms in the longest row and S_i = Σ_j |x̃_ij| max_c |W_jc|,
//   |z error| ≤ (8 (n + 4) u)² S_i =: η_i,     p̂ = p (1 ± δ_i),   δ_i = 4 η_i + (2K + 1600) u
// (1600 u: a difference of 745, beyond which p is 0, rounded, and its exponential). The loss of a row is right up to
// 2 η_i + δ_i loss, and where its own class leads the others by m_i it is at most K e^(2 η_i − m_i), however large η_i.
#pragma once

#include <span>
#include <vector>

#include "convex/certificate/exact_rows.h"

namespace poise::inline convex {

/// Of the rows `counted`, in their order.
struct ExactPoint {
  Matrix p;         ///< p̂, rows × K
  Vector slack;     ///< δ_i: |p_ic − p̂_ic| ≤ δ_i p̂_ic + 1e-300
  Vector most;      ///< what the loss of a row is at most
  double loss = 0;  ///< Σ s_i [lse(z_i) − ⟨t_i, z_i⟩], right up to `loss_error`
  double loss_error = 0;
  bool finite = true;  ///< otherwise nothing of this holds
};

/// The part of a point at `positions` of its rows, without the losses.
ExactPoint part_of(const ExactPoint& point, std::span<const Index> positions);

/// K targets of a row with a relative error of at most 4 ε each.
ExactPoint evaluate_exactly(const Problem& problem, const ExactRows& rows, std::span<const Index> counted,
                            const Parameters& w, int threads);

}  // namespace poise::inline convex
