#include "base/blas.h"

#include <algorithm>
#include <cmath>

#include "base/aligned.h"

namespace poise::inline base {
namespace {

constexpr Index kBlock = 64;

/// L of a block (n×n in rows of `ld`), in place of its lower triangle.
bool factor_block(Index n, float* a, Index ld) {
  float column[kBlock];
  for (Index c = 0; c < n; ++c) {
    const float pivot = a[c * ld + c];
    if (!(pivot > 0)) return false;
    const float root = std::sqrt(pivot);
    a[c * ld + c] = root;
    for (Index r = c + 1; r < n; ++r) column[r] = a[r * ld + c] /= root;
    for (Index r = c + 1; r < n; ++r) {
      float* const row = a + r * ld;
      for (Index k = c + 1; k <= r; ++k) row[k] -= column[r] * column[k];
    }
  }
  return true;
}

/// to (n×n without gaps) = L⁻¹
void invert_lower(Index n, const float* l, Index ld, float* to) {
  std::fill_n(to, n * n, 0.0f);
  for (Index r = 0; r < n; ++r) {
    float* const row = to + r * n;
    for (Index p = 0; p < r; ++p) {
      const float factor = l[r * ld + p];
      for (Index k = 0; k <= p; ++k) row[k] -= factor * to[p * n + k];
    }
    const float inverse = 1 / l[r * ld + r];
    for (Index k = 0; k < r; ++k) row[k] *= inverse;
    row[r] = inverse;
  }
}

}  // namespace

/// Block column by block column: A_j −= L L_jᵀ with what is done, then its own factor, then the rows below it.
bool cholesky(Index n, float* a) {
  AlignedFloats room(n * kBlock), inverse(kBlock * kBlock);
  for (Index j = 0; j < n; j += kBlock) {
    const Index columns = std::min(kBlock, n - j);
    float *const rows = a + j * n, *const block = rows + j;
    for (Index c = 0; c < columns; ++c) {
      for (Index p = 0; p < j; ++p) room[p * columns + c] = -rows[c * n + p];
    }
    multiply({false, false, n - j, columns, j, n, columns, n, true}, rows, room.data(), block);
    if (!factor_block(columns, block, n)) return false;
    const Index below = n - j - columns;
    float* const rest = block + columns * n;
    invert_lower(columns, block, n, inverse.data());
    for (Index i = 0; i < below; ++i) std::copy_n(rest + i * n, columns, room.data() + i * columns);
    multiply({false, true, below, columns, columns, columns, columns, n}, room.data(), inverse.data(), rest);
  }
  return true;
}

}  // namespace poise::inline base
