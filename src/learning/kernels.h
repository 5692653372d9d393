// Elementwise loops of network training, vectorized with run-time dispatch. Rows are row-major without gaps.
#pragma once

#include <cstdint>

#include "base/product.h"
#include "poise/network.h"

namespace poise::learning {

/// A part of a row-major matrix: `stride` numbers from one row to the next.
struct Rectangle {
  Index rows, columns, stride;
};

/// x[r, j] ← σ(y[r, j] + bias[j]), x = y allowed; `stride` is that of y. NaN stays NaN.
void add_bias_and_activate(Activation activation, const float* bias, const float* y, Index stride, float* x,
                           const Rectangle& part);

/// to[r, j] ← σ'·adjoint[r, j], to = adjoint allowed; `stride` is that of the adjoint. σ' from the activation's value
/// x = σ(y): x(1−x), 1−x², [x > 0] or 1.
void times_derivative(Activation activation, const float* x, const float* adjoint, Index stride, float* to,
                      const Rectangle& part);

/// v[k] ← v[k] + rate · (share · x[k] − v[k]): one relaxation step of v towards x, or, with rate ρ = (1 − τ)^K and v
/// the adjoint, what K steps from x towards the adjoint leave of x (docs/theory/network.md#local-rules).
void relax(float rate, float share, const float* x, float* v, Index count);

/// to[k] ← to[k] + factor · from[k]
void add_scaled(float factor, const float* from, float* to, Index count);

/// to[r, j] ← to[r, j] · from[r, j]
void multiply_by(const float* from, float* to, const Rectangle& part);

/// Asks for a row's numbers to be fetched from memory.
inline void prefetch(const void* begin, Index bytes) {
  for (Index k = 0; k < bytes; k += 64) __builtin_prefetch(static_cast<const char*>(begin) + k);
}

/// to[r, j] ← (from[r, j] − shift[j]) · gain[j]: one row.
void scale_row(const float* from, const float* shift, const float* gain, float* to, Index count);
void scale_row(const std::uint8_t* from, const float* shift, const float* gain, float* to, Index count);

/// sum[j] += Σ_r v[r, j]
void add_columns(const float* v, const Rectangle& part, float* sum);

/// Rounded to the nearest, ties to even.
void to_bfloat16(const float* from, Bfloat16* to, const Rectangle& part);

/// u ← α u − (g + λ w);  w ← w + η u
void heavy_ball_step(float momentum, float learning_rate, float l2, const float* g, float* u, float* w, Index count);

/// Complex momentum α e^{iθ} (docs/theory/network.md#the-golden-step-in-poise): μ ← α e^{iθ} μ − (g + λ w);  w ← w + η
/// Re μ;  μ = u + i v.
void complex_momentum_step(float real, float imaginary, float learning_rate, float l2, const float* g, float* u,
                           float* v, float* w, Index count);

/// Adam: m ← β₁ m + (1−β₁) g, v ← β₂ v + (1−β₂) g², w ← w − η (m/c₁)/(√(v/c₂) + ε), c_k = 1 − β_k^t.
struct AdamConstants {
  float beta1, beta2, correction1, correction2, epsilon;
};
void adam_step(const AdamConstants& constants, float learning_rate, float l2, const float* g, float* m, float* v,
               float* w, Index count);

}  // namespace poise::learning
