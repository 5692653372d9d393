// The product as its definition says: what the kernels are held to.
#pragma once

#include "base/product.h"

namespace poise::inline base::reference {

/// C = op(A) op(B), or C + op(A) op(B), summed in float64. `value` turns a stored number into a double.
template <typename T, typename Sum, typename Value>
void multiply(const ProductShape& s, const T* a, const T* b, Sum* c, const Value& value) {
  for (Index i = 0; i < s.m; ++i) {
    for (Index j = 0; j < s.n; ++j) {
      double sum = s.accumulate ? static_cast<double>(c[i * s.ldc + j]) : 0;
      for (Index p = 0; p < s.k; ++p) {
        sum += value(a[s.transpose_a ? p * s.lda + i : i * s.lda + p]) *
               value(b[s.transpose_b ? j * s.ldb + p : p * s.ldb + j]);
      }
      c[i * s.ldc + j] = static_cast<Sum>(sum);
    }
  }
}

}  // namespace poise::inline base::reference
