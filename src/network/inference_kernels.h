// The innermost loops of inference in float32, vectorized with run-time choice of the instruction set (Highway).
//
// The outputs of a layer are padded to whole vectors: `padded` is a multiple of kLanePadding, and a row of weights
// [N_{l−1}, padded] begins at a cache line. What stands in the padding is a finite number that nobody uses.
#pragma once

#include <cstdint>

#include "poise/network.h"

namespace poise::inline network {

inline constexpr Index kLanePadding = 16;  // one AVX-512 vector of float32

/// Places and values of the entries of x that are not 0 (a NaN is not), ascending; returns how many. Room for
/// size + kLanePadding of both.
Index find_nonzeros(const float* x, Index size, std::int32_t* places, float* values);
Index count_nonzeros(const float* x, Index size);

/// y[0 … padded) = bias + Σ_k values[k] · weights[places[k]·padded + …]
void sum_rows(const std::int32_t* places, const float* values, Index count, const float* weights, const float* bias,
              Index padded, float* y);

/// In place, of `count` numbers, a multiple of kLanePadding: σ(y). NaN stays NaN.
void activate(Activation activation, float* y, Index count);

/// out[k] = from[k] − center[k].
void subtract(const float* from, const float* center, Index count, float* out);

/// The head's probabilities of `rows` rows of scores, stably: out[rows×classes]. Overwrites scores[rows×padded].
void head_probabilities(Head head, float* scores, Index rows, Index classes, Index padded, float* out);

}  // namespace poise::inline network
