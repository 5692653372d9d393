#include "base/blas.h"

#include <gtest/gtest.h>

#include <string>

extern "C" char* openblas_get_corename();

namespace poise {
namespace {

#if defined(__x86_64__)
TEST(Blas, DoesNotTakeAModernProcessorForOneWithoutAvx) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this processor has no AVX2";
  parallel_for(1, 1, [](Index) {});
  EXPECT_STRNE(openblas_get_corename(), "Prescott");
}
#endif

TEST(Blas, MultipliesAsTheDefinitionSays) {
  parallel_for(1, 1, [](Index) {});
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 0, 3};  // 2×3 and 3×2
  float c[] = {100, 100, 100, 100};
  gemm(false, false, 2, 2, 3, a, 3, b, 2, 1.0f, c, 2);
  const float expected[] = {105, 111, 114, 123};  // 1·1+2·2+3·0, 1·0+2·1+3·3, 4+10, 0+5+18, each plus 100
  for (int k = 0; k < 4; ++k) EXPECT_EQ(c[k], expected[k]);
}

}  // namespace
}  // namespace poise
