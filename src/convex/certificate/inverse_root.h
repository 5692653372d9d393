// Lower bounds on symmetric matrices that hold in spite of rounding.
#pragma once

#include <Eigen/Core>

#include "convex/certificate/proof_stop.h"
#include "poise/dataset.h"

namespace poise::inline convex {

/// X with X H Xᵀ ⪰ (1 − κ) I for every H within the stated error of the matrix given: so H⁻¹ ⪯ XᵀX/(1 − κ).
/// How X was found does not matter: the residual X Ĥ Xᵀ − I is computed and bounded, with all its rounding.
struct InverseRoot {
  Matrix x;          ///< m×m, lower triangular
  double kappa = 1;  ///< the bound holds if this is below 1
};

/// `h`: symmetric, m×m (the lower triangle counts), entry (j, k) wrong by at most `error` √(h_jj h_kk).
InverseRoot inverse_root(Matrix h, double error, int threads, const ProofStop& stop = {});

}  // namespace poise::inline convex
