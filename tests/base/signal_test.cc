// A signal may come at any moment of a product, on whatever stack there is, and must leave everything as it was.
#include "base/blas.h"
#include "base/product_case.h"
#include "signal_timer.h"

namespace poise {
namespace {

template <typename T>
class ProductsUnderSignals : public testing::Test {};
using Numbers = testing::Types<float, double, Bfloat16>;
TYPED_TEST_SUITE(ProductsUnderSignals, Numbers);

TYPED_TEST(ProductsUnderSignals, HaveTheSameBits) {
  constexpr Index kSizes[][3] = {{64, 64, 300}, {261, 64, 128}, {64, 10, 256}, {10, 83, 784}, {130, 512, 64}};
  constexpr int kSignals = 8;  // in each
  for (const auto& [m, n, k] : kSizes) {
    for (int variant = 0; variant < 8; ++variant) {
      const ProductCase<TypeParam> product(product_shape(variant, m, n, k), false);
      const auto expected = product.found();
      const SignalTimer timer;
      while (SignalTimer::count() < kSignals) ASSERT_EQ(product.found(), expected) << m << ", " << variant;
    }
  }
}

TEST(CholeskyUnderSignals, HasTheSameBits) {
  constexpr Index n = 200;
  std::vector<float> a(n * n, 1);
  for (Index i = 0; i < n; ++i) a[static_cast<std::size_t>(i * n + i)] = 2;
  std::vector<float> expected = a;
  ASSERT_TRUE(cholesky(n, expected.data()));
  const SignalTimer timer;
  while (SignalTimer::count() < 100) {
    std::vector<float> found = a;
    ASSERT_TRUE(cholesky(n, found.data()));
    ASSERT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace poise
