// Every vectorized loop against the same thing in plain loops, in both precisions, on every instruction set this
// machine has.
#include "convex/pass/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "every_target.h"

namespace poise {
namespace {

template <typename T>
std::vector<T> random_numbers(std::size_t count, std::uint64_t seed, double size) {
  std::vector<T> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(size * (2 * random_uniform(seed, i) - 1));
  return out;
}

template <typename T>
class Kernels : public testing::Test {
 protected:
  static constexpr double kEpsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(Kernels, Precisions);

TYPED_TEST(Kernels, SoftmaxBlock) {
  using T = TypeParam;
  const double eps = TestFixture::kEpsilon;
  on_every_target([eps] {
    for (Index classes : {1, 2, 3, 10, 17}) {
      for (Index ld : {16, 48}) {
        for (double size : {0.1, 10.0, 600.0}) {
          const auto entries = static_cast<std::size_t>(classes * ld);
          std::vector<T> z = random_numbers<T>(entries, static_cast<std::uint64_t>(classes + ld), size);
          for (Index c = 0; c < classes; ++c) z[static_cast<std::size_t>(c * ld)] = T{0};  // an undecided row
          std::vector<T> p(entries), lse(static_cast<std::size_t>(ld)), expected(lse.size());
          softmax_block(z.data(), classes, ld, p.data(), lse.data(), expected.data());
          for (Index r = 0; r < ld; ++r) {
            long double largest = -1e30L, sum = 0, mean = 0, total = 0;
            for (Index c = 0; c < classes; ++c)
              largest = std::max(largest, static_cast<long double>(z[static_cast<std::size_t>(c * ld + r)]));
            for (Index c = 0; c < classes; ++c)
              sum += std::exp(static_cast<long double>(z[static_cast<std::size_t>(c * ld + r)]) - largest);
            const long double want = largest + std::log(sum);
            for (Index c = 0; c < classes; ++c) {
              const std::size_t at = static_cast<std::size_t>(c * ld + r);
              const long double q = std::exp(static_cast<long double>(z[at]) - want);
              mean += q * static_cast<long double>(z[at]);
              total += static_cast<long double>(p[at]);
              // The exponent z − m is exact to half a unit in its last place; that is the relative error of p.
              const double relative = (8 + static_cast<double>(largest) - static_cast<double>(z[at])) * eps;
              ASSERT_NEAR(static_cast<double>(p[at]), static_cast<double>(q),
                          relative * static_cast<double>(q) + (eps > 1e-10 ? 2e-38 : 1e-300));
            }
            const double slack = 4 * eps * (1 + size);
            ASSERT_NEAR(static_cast<double>(total), 1, static_cast<double>(classes + 4) * eps);
            ASSERT_NEAR(static_cast<double>(lse[static_cast<std::size_t>(r)]), static_cast<double>(want), slack);
            ASSERT_NEAR(static_cast<double>(expected[static_cast<std::size_t>(r)]), static_cast<double>(mean),
                        static_cast<double>(classes + 4) * slack);
          }
        }
      }
    }
  });
}

TYPED_TEST(Kernels, SoftmaxOfHugeScoresDoesNotOverflow) {
  using T = TypeParam;
  on_every_target([] {
    const T huge = std::numeric_limits<T>::max() / 4;
    std::vector<T> z(32), p(32), lse(16), expected(16);
    std::fill(z.begin(), z.begin() + 16, huge);
    std::fill(z.begin() + 16, z.end(), -huge);
    softmax_block(z.data(), 2, 16, p.data(), lse.data(), expected.data());
    for (std::size_t r = 0; r < 16; ++r) {
      EXPECT_EQ(p[r], T{1});
      EXPECT_EQ(p[16 + r], T{0});
      EXPECT_EQ(lse[r], huge);
      EXPECT_EQ(expected[r], huge);
    }
  });
}

TYPED_TEST(Kernels, HessianBlock) {
  using T = TypeParam;
  const double eps = TestFixture::kEpsilon;
  on_every_target([eps] {
    for (Index classes : {1, 2, 3, 10}) {
      const Index ld = 48;
      const auto entries = static_cast<std::size_t>(classes * ld);
      std::vector<T> p(entries), s(static_cast<std::size_t>(ld)), lse(s.size()), expected(s.size());
      const std::vector<T> z = random_numbers<T>(entries, 5, 4), v = random_numbers<T>(entries, 6, 3);
      softmax_block(z.data(), classes, ld, p.data(), lse.data(), expected.data());
      for (std::size_t r = 0; r < s.size(); ++r) s[r] = r % 5 == 0 ? T{0} : static_cast<T>(random_uniform(7, r));
      std::vector<T> out = v;
      hessian_block(p.data(), s.data(), classes, ld, out.data());
      for (Index r = 0; r < ld; ++r) {
        double mean = 0, sum = 0;
        for (Index c = 0; c < classes; ++c) {
          const auto at = static_cast<std::size_t>(c * ld + r);
          mean += static_cast<double>(p[at]) * static_cast<double>(v[at]);
        }
        for (Index c = 0; c < classes; ++c) {
          const auto at = static_cast<std::size_t>(c * ld + r);
          const double want = static_cast<double>(s[static_cast<std::size_t>(r)]) * static_cast<double>(p[at]) *
                              (static_cast<double>(v[at]) - mean);
          ASSERT_NEAR(static_cast<double>(out[at]), want, 40 * eps);
          sum += static_cast<double>(out[at]);
        }
        ASSERT_NEAR(sum, 0, 60 * eps);  // gauge
      }
    }
  });
}

// 1 − p_m is 2e-9 at a lead of 20 and 1e-26 at 60, far below the rounding of p_m: the product must not notice.
TYPED_TEST(Kernels, HessianBlockOfRowsThatAreAsGoodAsCertain) {
  using T = TypeParam;
  const double eps = TestFixture::kEpsilon;
  on_every_target([eps] {
    const Index classes = 3, ld = 48;
    const auto entries = static_cast<std::size_t>(classes * ld);
    for (const double lead : {10.0, 20.0, 60.0}) {
      std::vector<T> z = random_numbers<T>(entries, 11, 1), s(static_cast<std::size_t>(ld), T{1});
      for (Index r = 0; r < ld; ++r) z[static_cast<std::size_t>(r % classes * ld + r)] += static_cast<T>(lead);
      std::vector<T> p(entries), lse(s.size()), expected(s.size());
      softmax_block(z.data(), classes, ld, p.data(), lse.data(), expected.data());
      const std::vector<T> v = random_numbers<T>(entries, 12, 3);
      std::vector<T> out = v;
      hessian_block(p.data(), s.data(), classes, ld, out.data());
      for (Index r = 0; r < ld; ++r) {
        const auto at = [r](const std::vector<T>& of, Index c) {
          return static_cast<long double>(of[static_cast<std::size_t>(c * ld + r)]);
        };
        long double total = 0;
        for (Index c = 0; c < classes; ++c) total += std::exp(at(z, c));
        for (Index c = 0; c < classes; ++c) {
          long double want = 0, size = 0;
          for (Index k = 0; k < classes; ++k) {
            const long double part = std::exp(at(z, c) + at(z, k)) / (total * total) * (at(v, c) - at(v, k));
            want += part;
            size += std::abs(part);
          }
          // p itself is good to eps times the size of its exponent.
          ASSERT_NEAR(static_cast<double>(at(out, c)), static_cast<double>(want),
                      (20 + lead) * eps * static_cast<double>(size));
        }
      }
    }
  });
}

TYPED_TEST(Kernels, SparseScores) {
  using T = TypeParam;
  const double eps = TestFixture::kEpsilon;
  on_every_target([eps] {
    const Index features = 23;
    for (Index padded : {16, 32, 48}) {
      for (std::size_t count : {0u, 1u, 5u, 23u}) {
        std::vector<std::int32_t> columns;
        for (std::size_t k = 0; k < count; ++k) columns.push_back(static_cast<std::int32_t>(k * 23 / count));
        const std::vector<float> values = random_numbers<float>(count, 8, 2);
        const auto size = static_cast<std::size_t>(features * padded);
        const std::vector<T> weights = random_numbers<T>(size, 9, 1),
                             start = random_numbers<T>(static_cast<std::size_t>(padded), 10, 1);
        std::vector<T> out = start;
        sparse_scores(columns.data(), values.data(), static_cast<Index>(count), weights.data(), padded, out.data());
        for (std::size_t c = 0; c < static_cast<std::size_t>(padded); ++c) {
          double sum = static_cast<double>(start[c]);
          for (std::size_t k = 0; k < count; ++k) {
            const std::size_t at = static_cast<std::size_t>(columns[k]) * static_cast<std::size_t>(padded) + c;
            sum += static_cast<double>(values[k]) * static_cast<double>(weights[at]);
          }
          ASSERT_NEAR(static_cast<double>(out[c]), sum, 60 * eps);
        }
      }
    }
  });
}

TEST(VectorKernels, InnerProductAndMultiple) {
  on_every_target([] {
    for (std::size_t count : {0u, 1u, 15u, 64u, 513u, 5000u}) {
      const std::vector<float> x = random_numbers<float>(count, 11, 1), start = random_numbers<float>(count, 12, 1);
      std::vector<float> y = start;
      double product = 0, size = 0;
      for (std::size_t k = 0; k < count; ++k) {
        const double term = static_cast<double>(x[k]) * static_cast<double>(y[k]);
        product += term, size += std::abs(term);
      }
      ASSERT_NEAR(inner_product(x.data(), y.data(), static_cast<Index>(count)), product, 1e-6 * size);
      add_multiple(0.3f, x.data(), y.data(), static_cast<Index>(count));
      for (std::size_t k = 0; k < count; ++k) ASSERT_NEAR(y[k], start[k] + 0.3f * x[k], 2e-7f);
    }
  });
}

}  // namespace
}  // namespace poise
