// Matrix products on the calling thread, row-major: parallel outside, serial inside. Kernels of our own (Highway, with
// run-time choice of the instruction set): nothing is prepared, nothing is kept between calls but the thread's work
// space, no state of the process is touched, and a signal, a fork or a thread of the host finds nothing it could break.
#pragma once

#include <cstdint>

#include "base/index.h"

namespace poise::inline base {

/// bfloat16: the upper half of a float32.
using Bfloat16 = std::uint16_t;

/// C (m×n) = op(A) op(B), or C + op(A) op(B) to `accumulate`, inner dimension k; lda, ldb, ldc: numbers from a row as
/// stored to the next. op transposes where asked to: A is then stored k×m, B n×k.
struct ProductShape {
  bool transpose_a = false, transpose_b = false;
  Index m = 0, n = 0, k = 0, lda = 0, ldb = 0, ldc = 0;
  bool accumulate = false;
  bool lower =
      false;  ///< of C (m = n) the entries above the diagonal are not wanted: they may hold anything afterwards
};

/// The bits depend on shape, operands and instruction set alone. C must not overlap A or B.
void multiply(const ProductShape& shape, const float* a, const float* b, float* c);
void multiply(const ProductShape& shape, const double* a, const double* b, double* c);

/// Products of bfloat16 numbers, summed in float32. Twice as fast as float32 on processors with AVX512_BF16, which take
/// denormal numbers for 0; elsewhere the numbers are widened to float32 first.
void multiply(const ProductShape& shape, const Bfloat16* a, const Bfloat16* b, float* c);

}  // namespace poise::inline base
