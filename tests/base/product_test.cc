#include "base/product.h"

#include <Eigen/Core>
#include <limits>

#include "base/product_case.h"
#include "every_target.h"

namespace poise {
namespace {

// Around the sizes of tiles, vectors, panels and steps, and what networks and softmax layers have.
constexpr Index kSizes[][3] = {{1, 1, 1},    {2, 3, 1},    {5, 4, 2},     {6, 16, 8},    {7, 17, 31},  {12, 64, 33},
                               {13, 65, 16}, {19, 35, 21}, {64, 10, 128}, {3, 100, 24},  {31, 130, 9}, {10, 83, 200},
                               {2, 9, 61},   {1, 12, 700}, {4, 5, 1100},  {25, 33, 515}, {70, 260, 5}, {300, 70, 6}};

template <typename T>
class Products : public testing::Test {};
using Numbers = testing::Types<float, double, Bfloat16>;
TYPED_TEST_SUITE(Products, Numbers);

TYPED_TEST(Products, OfWholeNumbersAreExact) {
  on_every_target([] {
    for (const auto& [m, n, k] : kSizes) {
      for (int variant = 0; variant < 8; ++variant) {
        for (const Index gap : {0, 1, 6}) {
          const ProductCase<TypeParam> product(product_shape(variant, m, n, k, gap), true);
          ASSERT_EQ(product.found(), product.expected()) << m << "×" << n << "×" << k << ", " << variant << ", " << gap;
        }
      }
    }
  });
}

// |fl(Σ a b) − Σ a b| ≤ γ Σ |a b|, γ ≈ k u: any order of the sums keeps to it.
TYPED_TEST(Products, AreAsExactAsTheirSums) {
  using Sum = typename ProductCase<TypeParam>::Sum;
  on_every_target([] {
    for (const auto& [m, n, k] : kSizes) {
      for (int variant = 0; variant < 8; ++variant) {
        const ProductCase<TypeParam> product(product_shape(variant, m, n, k), false);
        const auto found = product.found(), expected = product.expected();
        const double bound = static_cast<double>((k + 2) * (k + 1)) * std::numeric_limits<Sum>::epsilon();
        for (std::size_t i = 0; i < found.size(); ++i) {
          ASSERT_NEAR(static_cast<double>(found[i]), static_cast<double>(expected[i]), bound)
              << m << "×" << n << "×" << k << ", " << variant << ", " << i;
        }
      }
    }
  });
}

TYPED_TEST(Products, OfTheLowerTriangleAlone) {
  on_every_target([] {
    for (const Index n : {1, 5, 64, 67, 200}) {
      for (int variant = 0; variant < 8; ++variant) {
        ProductShape shape = product_shape(variant, n, n, 9);
        shape.lower = true;
        const ProductCase<TypeParam> product(shape, true);
        const auto found = product.found(), expected = product.expected();
        for (Index i = 0; i < n; ++i) {
          for (Index j = 0; j <= i; ++j) {
            const auto place = static_cast<std::size_t>(i * shape.ldc + j);
            ASSERT_EQ(found[place], expected[place]) << n << ", " << variant << ", " << i << ", " << j;
          }
        }
      }
    }
  });
}

TYPED_TEST(Products, WithoutAnInnerDimensionAreZero) {
  const ProductCase<TypeParam> kept(product_shape(4, 7, 20, 0), true), product(product_shape(0, 7, 20, 0), true);
  EXPECT_EQ(kept.found(), kept.c);
  EXPECT_EQ(product.found(), product.expected());
}

TYPED_TEST(Products, PassNotANumberOn) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int variant = 0; variant < 8; ++variant) {
    ProductCase<TypeParam> product(product_shape(variant, 8, 20, 12), true);
    product.a.front() = number<TypeParam>(nan);  // in the first row of op(A)
    const auto found = product.found(), expected = product.expected();
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(std::isnan(found[i]), std::isnan(expected[i])) << variant << ", " << i;
    }
  }
}

}  // namespace
}  // namespace poise
