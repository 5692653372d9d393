// Loops over rows of scores in float64, vectorized with run-time choice of the instruction set (Highway): a lane is a
// row, since classes seldom fill a vector. Rows lie without gaps, K numbers each. A reference in plain loops is in
// tests/network/score_kernels_test.cc.
#pragma once

#include <cstdint>

#include "poise/schema.h"

namespace poise::inline network {

/// What softmax_moments finds of every row, with u_c = z_c − max_k z_k and p = softmax(βz) = softmax(βu). The entropy
/// of p is log_sum − β·mean. A NaN among the scores makes all but `best` NaN.
struct SoftmaxMoments {
  double* top;         ///< max_c z_c
  double* log_sum;     ///< ln Σ_c e^{βu_c}, in [0, ln K]
  double* mean;        ///< Σ_c p_c u_c ≤ 0
  double* variance;    ///< Σ_c p_c u_c² − mean²
  double* spread;      ///< max_c z_c − min_c z_c
  std::int32_t* best;  ///< the first class of the largest score
};

inline constexpr Index kScoreRows = 8;  ///< at a time, at most

/// `scratch` has room for kScoreRows·classes numbers. Scores of −∞ count as classes of probability 0.
void softmax_moments(const double* scores, Index rows, Index classes, double beta, const SoftmaxMoments& out,
                     double* scratch);

/// In place: each row becomes its softmax. `scratch` as above.
void softmax_rows(double* scores, Index rows, Index classes, double* scratch);

}  // namespace poise::inline network
