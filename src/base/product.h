// Matrix products of float32 or bfloat16 numbers by oneDNN, on the calling thread: it leads on the shapes of networks
// (batches of some 100 rows) and takes any processor for what it is. Skinny products of the softmax layer and float64
// are in blas.h.
#pragma once

#include <compare>
#include <cstdint>

namespace poise {

using Index = std::int64_t;

/// bfloat16: the upper half of a float32.
using Bfloat16 = std::uint16_t;

enum class ProductInput { kFloat32, kBfloat16 };

/// C (m×n) = op(A) op(B), or C + op(A) op(B) to `accumulate`, row-major, inner dimension k; lda, ldb, ldc: numbers from
/// a row as stored to the next.
struct ProductShape {
  bool transpose_a = false, transpose_b = false;
  Index m = 0, n = 0, k = 0, lda = 0, ldb = 0, ldc = 0;
  ProductInput input = ProductInput::kFloat32;
  bool accumulate = false;
  auto operator<=>(const ProductShape&) const = default;
};

/// Sums are float32. The first product of a shape takes milliseconds on every thread, the next ones a microsecond and
/// their arithmetic. The bits depend on shape and operands alone. Throws Error(kResource) if oneDNN has no kernel.
void multiply(const ProductShape& shape, const void* a, const void* b, float* c);

/// C (m×n) = A (m×k) B (k×n) + beta C, row-major, with leading dimensions: for shapes that change from call to call,
/// since nothing is prepared. At k = 784 and n = 128 a row took it 1.2 µs from 8 rows on, OpenBLAS 1.2 to 2.0; at n =
/// 512 4.9 µs against 6 to 18 (Emerald Rapids, one thread). Throws as above.
void multiply(Index m, Index n, Index k, const float* a, Index lda, const float* b, Index ldb, float beta, float* c,
              Index ldc);

}  // namespace poise
