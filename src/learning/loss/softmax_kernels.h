// The softmax head's loops, vectorized over rows with run-time dispatch: classes seldom fill a vector.
#pragma once

#include "learning/loss/loss.h"

namespace poise::learning {

/// v[k] ← e^{v[k]}, v[k] ≤ 0
void exponentials(float* v, Index count);

/// `found` of every row, scores z, target t, p = e^z/Σe^z: ℓ = lse(z) − ⟨t, z⟩, gap = CE − H(p) = ⟨z, p − t⟩
/// (docs/theory/dual-process.md#one-identity). Rows lie without gaps. `adjoint` holds t and becomes p − t; `scratch`
/// has room for 2·kSoftmaxRows·classes numbers.
inline constexpr Index kSoftmaxRows = 8;  // at a time
void softmax_rows(const float* scores, Index rows, Index classes, float* adjoint, const RowLosses& found,
                  float* scratch);

}  // namespace poise::learning
