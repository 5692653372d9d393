// Pooling and its adjoint on one image: from the places of W ⋆ X, `columns` to a row of them, to Y and back. With pool
// 1 Y is the places of use, close together. Vectorized with run-time choice of the instruction set in float32; in plain
// loops in float64.
#pragma once

#include <cstdint>

#include "poise/convolution.h"

namespace poise::inline network {

/// y ← the largest of every pool, and which it is (choice may be null). NaN is larger than anything.
void pool(const Convolution& c, const float* places, Index columns, float* y, std::uint8_t* choice);
void pool(const Convolution& c, const double* places, Index columns, double* y, std::uint8_t* choice);

/// y ← or, to `accumulate`, y + what is at the places chosen.
void pick(const Convolution& c, const float* places, Index columns, const std::uint8_t* choice, float* y,
          bool accumulate);
void pick(const Convolution& c, const double* places, Index columns, const std::uint8_t* choice, double* y,
          bool accumulate);

/// places ← y at the places chosen and 0 at the others of every pool; what is in no pool is left as it is.
void unpool(const Convolution& c, const float* y, const std::uint8_t* choice, float* places, Index columns);
void unpool(const Convolution& c, const double* y, const std::uint8_t* choice, double* places, Index columns);

}  // namespace poise::inline network
