// Row-major matrix products, one name for both precisions. Called inside our parallel loops, where OpenBLAS (openmp
// build) runs on one thread: parallel outside, serial inside.
#pragma once

#include <cblas.h>

#include "base/parallel.h"

extern "C" void spotrf_(const char* triangle, const int* n, float* a, const int* lda,
                        int* info);  // LAPACK, in OpenBLAS

namespace poise {

/// Once a process: OpenBLAS 0.3.21 takes a processor younger than itself for a Prescott of 2004 and runs on 128-bit
/// vectors (MNIST on an Emerald Rapids: 2.9 s, with the kernels of a Skylake 1.0 s). Where it does so on a processor
/// with AVX2 or AVX-512, its kernels are chosen again; not if OPENBLAS_CORETYPE is set. parallel_for calls it.
void use_fitting_blas_kernels();

/// C (m×n, leading dimension ldc) = op(A) op(B) + beta C; the inner dimension is k; `ta`, `tb`: transpose.
inline void gemm(bool ta, bool tb, Index m, Index n, Index k, const float* a, Index lda, const float* b, Index ldb,
                 float beta, float* c, Index ldc) {
  cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, static_cast<int>(m),
              static_cast<int>(n), static_cast<int>(k), 1.0f, a, static_cast<int>(lda), b, static_cast<int>(ldb), beta,
              c, static_cast<int>(ldc));
}
inline void gemm(bool ta, bool tb, Index m, Index n, Index k, const double* a, Index lda, const double* b, Index ldb,
                 double beta, double* c, Index ldc) {
  cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, static_cast<int>(m),
              static_cast<int>(n), static_cast<int>(k), 1.0, a, static_cast<int>(lda), b, static_cast<int>(ldb), beta,
              c, static_cast<int>(ldc));
}

/// Lower triangle of C (n×n) += Aᵀ A, A k×n.
inline void syrk_transposed(Index n, Index k, const float* a, Index lda, float* c, Index ldc) {
  cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, static_cast<int>(n), static_cast<int>(k), 1.0f, a,
              static_cast<int>(lda), 1.0f, c, static_cast<int>(ldc));
}

/// Cholesky factor L of a symmetric positive definite A (n×n, row-major, lower triangle given), in place of it; false
/// if A is not positive definite. Twice as fast as Eigen's at n = 785.
inline bool cholesky(Index n, float* a) {
  const int size = static_cast<int>(n);
  int info = 0;
  spotrf_("U", &size, a, &size, &info);  // row-major lower is LAPACK's column-major upper
  return info == 0;
}

}  // namespace poise
