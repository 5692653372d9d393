// Scores and products of dense rows with few classes: a block of rows is read as it is stored, and its numbers become
// float32 in registers. A product of any shape wants them converted before, and read from there: a pass over
// 60000×784 bytes with 10 classes took 50 ms of a thread so, and takes 38 (medians on a busy Zen 3; at best 39 and 28).
#pragma once

#include <cstddef>

#include "poise/rows.h"
#include "rows/number_type.h"

namespace poise::inline convex {

inline constexpr Index kFeaturePadding = 16;  // features: one AVX-512 vector of float32

/// Rows [0, rows) of a block, row r at first + r·stride, without gaps between the features; of any alignment.
struct StoredBlock {
  const std::byte* first = nullptr;
  NumberType type = NumberType::kFloat32;
  Index stride = 0;  ///< bytes
  Index rows = 0;
  Index features = 0;                              ///< kFeaturePadding or more, or 0
  const float *center = nullptr, *gain = nullptr;  ///< of every feature: x̃ = (x − center)·gain; null: x̃ = x
};

/// Whether there are kernels for such rows: float32 and bytes, which come as they are or with centers and gains, and
/// int16, which has them always (units.h).
constexpr bool has_dense_kernels(NumberType type, bool mapped) {
  return type == NumberType::kFloat32 || type == NumberType::kUint8 || (type == NumberType::kInt16 && mapped);
}

/// z (classes×ld, class-major) = W X̃_Bᵀ + b, padding rows = b. W: classes×features, row c at c·features.
void dense_scores(const StoredBlock& x, const float* weights, const float* bias, Index classes, Index ld, float* z);

/// G (classes×features) += R X̃_B. R: classes×ld, class-major.
void add_dense_product(const StoredBlock& x, const float* residual, Index classes, Index ld, float* product);

}  // namespace poise::inline convex
