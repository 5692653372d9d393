// Products of random numbers of every kind.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

#include "base/product_reference.h"
#include "base/random.h"

namespace poise {

inline double value_of(float x) { return static_cast<double>(x); }
inline double value_of(double x) { return x; }
inline double value_of(Bfloat16 x) {
  const std::uint32_t bits = static_cast<std::uint32_t>(x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return static_cast<double>(value);
}

/// In bfloat16 only its upper half is kept.
template <typename T>
T number(double x) {
  if constexpr (!std::is_same_v<T, Bfloat16>) {
    return static_cast<T>(x);
  } else {
    const auto value = static_cast<float>(x);
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<Bfloat16>(bits >> 16);
  }
}

/// Operands of exactly the size that the shape asks for, so that an address sanitizer sees whatever is read beyond.
template <typename T>
struct ProductCase {
  using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;

  ProductShape shape;
  std::vector<T> a, b;
  std::vector<Sum> c;

  /// Whole numbers from −3 to 3, whose products are exact whatever the order of the sums, or numbers in (−1, 1).
  ProductCase(const ProductShape& s, bool whole) : shape(s) {
    fill(a, s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k, s.lda, 1, whole);
    fill(b, s.transpose_b ? s.n : s.k, s.transpose_b ? s.k : s.n, s.ldb, 2, whole);
    fill(c, s.m, s.n, s.ldc, 3, whole);
  }

  std::vector<Sum> found() const {
    std::vector<Sum> result = c;
    multiply(shape, a.data(), b.data(), result.data());
    return result;
  }
  std::vector<Sum> expected() const {
    std::vector<Sum> result = c;
    reference::multiply(shape, a.data(), b.data(), result.data(), [](T x) { return value_of(x); });
    return result;
  }

 private:
  template <typename Number>
  static void fill(std::vector<Number>& to, Index rows, Index columns, Index ld, std::uint64_t stream, bool whole) {
    to.resize(static_cast<std::size_t>(rows > 0 && columns > 0 ? (rows - 1) * ld + columns : 0));
    for (std::size_t i = 0; i < to.size(); ++i) {
      const double x = whole ? static_cast<double>(random_bits(stream, i) % 7) - 3 : 2 * random_uniform(stream, i) - 1;
      to[i] = number<Number>(x);
    }
  }
};

/// All ways to store the operands and what becomes of C: variant 0 to 7; rows have gaps between them.
inline ProductShape product_shape(int variant, Index m, Index n, Index k, Index gap = 3) {
  ProductShape s{(variant & 1) != 0, (variant & 2) != 0, m, n, k, 0, 0, n + gap, (variant & 4) != 0};
  s.lda = (s.transpose_a ? m : k) + gap, s.ldb = (s.transpose_b ? k : n) + gap;
  return s;
}

}  // namespace poise
