#include "base/product.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace poise
