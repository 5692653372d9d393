#include "base/product.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/random.h"

namespace poise {
namespace {

TEST(Product, IsTheSumOverTheInnerDimension) {
  // Small whole numbers: exact in float32, whatever the order of the sums.
  constexpr Index m = 9, n = 17, k = 33, lda = 40, ldb = 20, ldc = 18;
  std::vector<float> a(m * lda), b(k * ldb), c(m * ldc);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(random_bits(1, i) % 7) - 3;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(random_bits(2, i) % 7) - 3;
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(random_bits(3, i) % 7) - 3;
  for (float beta : {0.0f, 1.0f}) {
    std::vector<float> found = c;
    multiply(m, n, k, a.data(), lda, b.data(), ldb, beta, found.data(), ldc);
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < ldc; ++j) {
        const auto place = static_cast<std::size_t>(i * ldc + j);
        float expected = c[place];
        if (j < n) {
          expected *= beta;
          for (Index l = 0; l < k; ++l)
            expected += a[static_cast<std::size_t>(i * lda + l)] * b[static_cast<std::size_t>(l * ldb + j)];
        }
        EXPECT_EQ(found[place], expected) << i << ", " << j;
      }
    }
  }
}

float to_float(Bfloat16 value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16;
  float number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

/// Upper halves of small whole numbers: exact.
std::vector<Bfloat16> to_bfloat16(const std::vector<float>& values) {
  std::vector<Bfloat16> halves;
  for (float value : values) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    halves.push_back(static_cast<Bfloat16>(bits >> 16));
    EXPECT_EQ(to_float(halves.back()), value);
  }
  return halves;
}

TEST(Product, OfAnyShapeIsTheSumOverTheInnerDimension) {
  constexpr Index m = 19, n = 35, k = 21, ld = 64;
  std::vector<float> a(ld * ld), b(ld * ld), c(ld * ld);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<float>(random_bits(1, i) % 7) - 3;
    b[i] = static_cast<float>(random_bits(2, i) % 7) - 3;
    c[i] = static_cast<float>(random_bits(3, i) % 7) - 3;
  }
  const std::vector<Bfloat16> a16 = to_bfloat16(a), b16 = to_bfloat16(b);
  for (int variant = 0; variant < 16; ++variant) {
    ProductShape s{(variant & 1) != 0, (variant & 2) != 0, m, n, k, ld, ld, ld};
    s.accumulate = (variant & 4) != 0;
    const bool rounded = (variant & 8) != 0;
    if (rounded) s.input = ProductInput::kBfloat16;
    std::vector<float> found = c;
    multiply(s, rounded ? static_cast<const void*>(a16.data()) : a.data(),
             rounded ? static_cast<const void*>(b16.data()) : b.data(), found.data());
    for (Index i = 0; i < ld; ++i) {
      for (Index j = 0; j < ld; ++j) {
        const auto place = static_cast<std::size_t>(i * ld + j);
        float expected = c[place];
        if (i < m && j < n) {
          if (!s.accumulate) expected = 0;
          for (Index l = 0; l < k; ++l) {
            expected += a[static_cast<std::size_t>(s.transpose_a ? l * ld + i : i * ld + l)] *
                        b[static_cast<std::size_t>(s.transpose_b ? j * ld + l : l * ld + j)];
          }
        }
        ASSERT_EQ(found[place], expected) << "variant " << variant << ", " << i << ", " << j;
      }
    }
  }
}

}  // namespace
}  // namespace poise
