// float32 matrix products for skinny blocks of rows.
#pragma once

#include <cstdint>

namespace poise {

using Index = std::int64_t;

/// C (m×n) = A (m×k) B (k×n) + beta C, row-major, with leading dimensions, by oneDNN: at k = 784 and n = 128 a row took
/// it 1.2 µs from 8 rows on, OpenBLAS 1.2 to 2.0; at n = 512 4.9 µs against 6 to 18 (Sapphire Rapids, one thread).
/// Serial inside parallel_for, as the products of blas.h. Throws Error(kResource) if oneDNN cannot get the memory it
/// wants.
void multiply(Index m, Index n, Index k, const float* a, Index lda, const float* b, Index ldb, float beta, float* c,
              Index ldc);

}  // namespace poise
