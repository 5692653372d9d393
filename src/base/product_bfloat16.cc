// Products of bfloat16 numbers by AVX512_BF16, whose instruction adds two products at once. (Highway 1.0 has no target
// with it.) clang before 17 crashes on it, so that what clang 16 builds, the fuzz targets, has none.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/product_kernels.h"

#if defined(__x86_64__) && !(defined(__clang__) && __clang_major__ < 17)
#include <immintrin.h>

#define POISE_BF16 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16")))

namespace poise::inline base {
namespace {

using Kernels = ProductKernels<float>;
constexpr Index kLanes = 16;

/// sum + Σ of the products of the pairs.
POISE_BF16 inline __m512 add_pairs(__m512 sum, __m512i x, __m512i y) {
  return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y);
}

POISE_BF16 inline __m512i spread(const float* pair) {
  int bits;
  std::memcpy(&bits, pair, sizeof bits);
  return _mm512_set1_epi32(bits);
}

POISE_BF16 inline __mmask16 first(Index count) { return static_cast<__mmask16>((1u << count) - 1); }

template <int kRows, int kColumns, bool kSideBySide>
POISE_BF16 void multiply_tile(const TileOperands<float>& o) {
  const __mmask16 last = first(o.columns - (kColumns - 1) * kLanes);
  const Index a_row = kSideBySide ? 1 : o.a_row, a_step = o.a_step, b_step = o.b_step;
  const float *a = o.a, *b = o.b;
  fetch_tile(o, kRows);
  __m512 sum[kRows][kColumns];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) sum[r][v] = _mm512_setzero_ps();
  }
  for (Index p = 0; p < o.depth; ++p, a += a_step, b += b_step) {
    __m512i y[kColumns];
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) {
      y[v] = _mm512_maskz_loadu_epi32(v + 1 < kColumns ? 0xffff : last, b + v * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const __m512i x = spread(a + r * a_row);
#pragma GCC unroll 8
      for (int v = 0; v < kColumns; ++v) sum[r][v] = add_pairs(sum[r][v], x, y[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) {
      float* const to = o.c + r * o.ldc + v * kLanes;
      const __mmask16 there = v + 1 < kColumns ? 0xffff : last;
      const __m512 before = _mm512_maskz_loadu_ps(o.accumulate ? there : 0, to);
      _mm512_mask_storeu_ps(to, there, _mm512_add_ps(before, sum[r][v]));
    }
  }
}

template <bool kSideBySide, int kColumns, int... kRow>
constexpr void fill_tiles(Kernels& k, std::integer_sequence<int, kRow...>) {
  ((k.tile[kSideBySide][kColumns - 1][kRow] = multiply_tile<kRow + 1, kColumns, kSideBySide>), ...);
}
template <int... kColumn>
constexpr void fill_columns(Kernels& k, std::integer_sequence<int, kColumn...>) {
  constexpr std::make_integer_sequence<int, Kernels::kRows> rows;
  (fill_tiles<false, kColumn + 1>(k, rows), ...);
  (fill_tiles<true, kColumn + 1>(k, rows), ...);
}

Kernels make_kernels() {
  Kernels k{};
  k.lanes = kLanes, k.vectors = Kernels::kVectors;
  fill_columns(k, std::make_integer_sequence<int, Kernels::kVectors>());
  k.transpose = float_kernels().transpose;  // moves numbers, whatever they mean
  return k;
}

}  // namespace

const ProductKernels<float>* bfloat16_kernels() {
  static const bool there = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const Kernels kernels = make_kernels();
  const bool wanted = float_kernels().lanes == kLanes;  // tests may want older instruction sets
  return there && wanted ? &kernels : nullptr;
}

POISE_BF16 void pair_up_rows(const Bfloat16* from, Index ld, Index k, Index count, Index width, float* to) {
  for (Index p = 0; p < k; p += 2, to += width) {
    const Bfloat16 *even = from + p * ld, *odd = even + (p + 1 < k ? ld : 0);
    const __mmask16 both = p + 1 < k ? 0xffff : 0;
    for (Index j = 0; j < width; j += kLanes) {
      const __mmask16 there = first(std::clamp<Index>(count - j, 0, kLanes));
      const __m512i low = _mm512_maskz_cvtepu16_epi32(0xffff, _mm256_maskz_loadu_epi16(there, even + j));
      const __m512i high = _mm512_maskz_cvtepu16_epi32(0xffff, _mm256_maskz_loadu_epi16(there & both, odd + j));
      const __m512i pairs = _mm512_or_si512(low, _mm512_maskz_slli_epi32(0xffff, high, 16));
      _mm512_mask_storeu_epi32(to + j, first(std::min(width - j, kLanes)), pairs);
    }
  }
}

}  // namespace poise::inline base

#else

namespace poise::inline base {

const ProductKernels<float>* bfloat16_kernels() { return nullptr; }
void pair_up_rows(const Bfloat16*, Index, Index, Index, Index, float*) {}

}  // namespace poise::inline base

#endif
