// The innermost loops, vectorized with run-time choice of the instruction set (Highway).
//
// Scores of a block are class-major: entry (row r, class c) at [c·ld + r], ld a multiple of kRowPadding and at least
// the number of rows; the loops run over whole vectors of rows, so padding rows must hold finite numbers. A reference
// for every function, in plain loops, is in tests/convex/kernels_test.cc.
#pragma once

#include <cstdint>

#include "poise/schema.h"

namespace poise::inline convex {

inline constexpr Index kRowPadding = 16;    // rows: one AVX-512 vector of float32
inline constexpr Index kClassPadding = 16;  // classes of a sparse weight row

/// p = softmax(z) over the classes of every row; lse = ln Σ_c exp(z_c); expected = Σ_c p_c z_c
/// (docs/theory/dual-process.md#one-identity). lse and expected have ld entries. Entropy of the row: lse − expected.
void softmax_block(const float* z, Index classes, Index ld, float* p, float* lse, float* expected);
void softmax_block(const double* z, Index classes, Index ld, double* p, double* lse, double* expected);

/// In place  v_c ← s p_c Σ_k p_k (v_c − v_k), which is s p_c (v_c − ⟨p, v⟩): the Hessian of one row applied to its
/// scores v (docs/theory/softmax.md#the-problem). s: ld entries. As differences from the likeliest class, because where
/// float32 rounds p_m to 1 all of v_m − ⟨p, v⟩ is rounding. Symmetric and positive semidefinite for any p ≥ 0, also one
/// that adds up to 1 only nearly.
void hessian_block(const float* p, const float* s, Index classes, Index ld, float* v);
void hessian_block(const double* p, const double* s, Index classes, Index ld, double* v);

/// out[0 … padded) += Σ_k values[k] · weights[columns[k]·padded + …]: the scores of one sparse row, or, with rows in
/// the place of columns, one feature's part of X̃ᵀR. padded: a multiple of kClassPadding. Value: float or double.
template <typename Value>
void sparse_scores(const std::int32_t* columns, const Value* values, Index count, const float* weights, Index padded,
                   float* out);
template <typename Value>
void sparse_scores(const std::int32_t* columns, const Value* values, Index count, const double* weights, Index padded,
                   double* out);

/// Σ_k x[k] y[k]: float32 over stretches of some hundred numbers, float64 over the stretches; relative to Σ|x y| about
/// 1e-6.
double inner_product(const float* x, const float* y, Index count);

/// y[k] += factor · x[k]
void add_multiple(float factor, const float* x, float* y, Index count);

}  // namespace poise::inline convex
