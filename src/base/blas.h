// Products by the names of BLAS, and the Cholesky factor, on the calling thread: parallel outside, serial inside.
#pragma once

#include <type_traits>

#include "base/product.h"

namespace poise::inline base {

/// C (m×n, leading dimension ldc) = op(A) op(B) + beta C, beta 0 or 1; the inner dimension is k; `ta`, `tb`: transpose.
template <typename Real>
void gemm(bool ta, bool tb, Index m, Index n, Index k, const Real* a, Index lda, const Real* b, Index ldb,
          std::type_identity_t<Real> beta, Real* c, Index ldc) {
  multiply({ta, tb, m, n, k, lda, ldb, ldc, beta != 0}, a, b, c);
}

/// Lower triangle of C (n×n) += Aᵀ A, A k×n. What is above the diagonal may hold anything afterwards.
inline void syrk_transposed(Index n, Index k, const float* a, Index lda, float* c, Index ldc) {
  multiply({true, false, n, n, k, lda, lda, ldc, true, true}, a, a, c);
}

/// Cholesky factor L of a symmetric positive definite A (n×n, row-major, lower triangle given), in place of it; false
/// if A is not positive definite. What is above the diagonal may hold anything afterwards.
bool cholesky(Index n, float* a);

}  // namespace poise::inline base
