#include "base/product_kernels.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

// Tables of vectors need types of a known size.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/product_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "base/add_lanes_inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline base {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3  // 16 registers
constexpr int kVectors = 2, kDotRows = 2;
#else
constexpr int kVectors = 4, kDotRows = 6;
#endif

/// Whether a masked load may touch what is masked.
constexpr bool kWholeVectors = HWY_MEM_OPS_MIGHT_FAULT;

/// The first `count` numbers, at most a vector, then zeros; nothing beyond them is touched.
template <typename T>
HWY_INLINE Lane<T> LoadFirst(Index count, const T* from) {
  const Tag<T> d;
  if constexpr (!kWholeVectors) return hn::MaskedLoad(hn::FirstN(d, count), d, from);
  HWY_ALIGN T whole[hn::MaxLanes(d)] = {};
  std::copy_n(from, count, whole);
  return hn::Load(d, whole);
}

template <typename T>
HWY_INLINE void StoreFirst(Index count, Lane<T> value, T* to) {
  const Tag<T> d;
  if constexpr (!kWholeVectors) return hn::BlendedStore(value, hn::FirstN(d, count), d, to);
  HWY_ALIGN T whole[hn::MaxLanes(d)];
  hn::Store(value, d, whole);
  std::copy_n(whole, count, to);
}

template <int kRows, int kColumns, typename T>
HWY_INLINE void ClearSums(Lane<T> (&sum)[kRows][kColumns]) {
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) sum[r][v] = hn::Zero(Tag<T>());
  }
}

/// `last`: columns of the last vector.
template <int kRows, int kColumns, typename T>
HWY_INLINE void StoreSums(const TileOperands<T>& o, Index last, const Lane<T> (&sum)[kRows][kColumns]) {
  const Tag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) {
      T* to = o.c + r * o.ldc + v * lanes;
      const bool whole = v + 1 < kColumns || last == lanes;
      Lane<T> value = sum[r][v];
      if (o.accumulate) value = hn::Add(value, whole ? hn::LoadU(d, to) : LoadFirst(last, to));
      if (whole) {
        hn::StoreU(value, d, to);
      } else {
        StoreFirst(last, value, to);
      }
    }
  }
}

template <typename T, int kRows, int kColumns, bool kSideBySide>
HWY_NOINLINE void MultiplyTile(const TileOperands<T>& o) {
  const Tag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d)), last = o.columns - (kColumns - 1) * lanes;
  const Index a_row = kSideBySide ? 1 : o.a_row, a_step = o.a_step, b_step = o.b_step;
  const T *HWY_RESTRICT a = o.a, *HWY_RESTRICT b = o.b;
  fetch_tile(o, kRows);
  Lane<T> sum[kRows][kColumns];
  ClearSums<kRows, kColumns, T>(sum);
  const auto there = hn::FirstN(d, last);
  for (Index p = 0; p < o.depth; ++p, a += a_step, b += b_step) {
    Lane<T> y[kColumns];
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) {
      const bool masked = !kWholeVectors && v + 1 == kColumns;
      y[v] = masked ? hn::MaskedLoad(there, d, b + v * lanes) : hn::LoadU(d, b + v * lanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Lane<T> x = hn::Set(d, a[r * a_row]);
#pragma GCC unroll 8
      for (int v = 0; v < kColumns; ++v) sum[r][v] = hn::MulAdd(x, y[v], sum[r][v]);
    }
  }
  StoreSums<kRows, kColumns>(o, last, sum);
}

template <typename T, int kRows, int kColumns>
HWY_NOINLINE void DotTile(const TileOperands<T>& o) {
  const Tag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d)), a_row = o.a_row, b_step = o.b_step;
  const T *HWY_RESTRICT a = o.a, *HWY_RESTRICT b = o.b;
  Lane<T> sum[kRows][kColumns];
  ClearSums<kRows, kColumns, T>(sum);
  const auto step = [&](auto load) HWY_ATTR {
    Lane<T> y[kColumns];
#pragma GCC unroll 8
    for (int v = 0; v < kColumns; ++v) y[v] = load(b + v * b_step);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Lane<T> x = load(a + r * a_row);
#pragma GCC unroll 8
      for (int v = 0; v < kColumns; ++v) sum[r][v] = hn::MulAdd(x, y[v], sum[r][v]);
    }
  };
  Index p = 0;
  for (; p + lanes <= o.depth; p += lanes, a += lanes, b += lanes) {
    step([&](const T* from) HWY_ATTR { return hn::LoadU(d, from); });
  }
  if (p < o.depth) step([&](const T* from) HWY_ATTR { return LoadFirst(o.depth - p, from); });
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    T total[kColumns];
    AddLanes<T>(sum[r], total);
    T* const to = o.c + r * o.ldc;
    for (int v = 0; v < kColumns; ++v) to[v] = (o.accumulate ? to[v] : 0) + total[v];
  }
}

/// Four rows of float32 by four columns, or two rows of float64 by two.
#if HWY_TARGET != HWY_SCALAR
HWY_INLINE void TransposeBlock(const float* from, Index ld, Index width, float* to) {
  const hn::FixedTag<float, 4> d;
  const hn::Repartition<double, decltype(d)> d2;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + ld);
  const auto r2 = hn::LoadU(d, from + 2 * ld), r3 = hn::LoadU(d, from + 3 * ld);
  const auto lower01 = hn::BitCast(d2, hn::InterleaveLower(d, r0, r1));
  const auto upper01 = hn::BitCast(d2, hn::InterleaveUpper(d, r0, r1));
  const auto lower23 = hn::BitCast(d2, hn::InterleaveLower(d, r2, r3));
  const auto upper23 = hn::BitCast(d2, hn::InterleaveUpper(d, r2, r3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d2, lower01, lower23)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d2, lower01, lower23)), d, to + width);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d2, upper01, upper23)), d, to + 2 * width);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d2, upper01, upper23)), d, to + 3 * width);
}
HWY_INLINE void TransposeBlock(const double* from, Index ld, Index width, double* to) {
  const hn::FixedTag<double, 2> d;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + ld);
  hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
  hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + width);
}
#else
template <typename T>
HWY_INLINE void TransposeBlock(const T* from, Index ld, Index width, T* to) {
  for (int i = 0; i < static_cast<int>(16 / sizeof(T)); ++i) {
    for (int j = 0; j < static_cast<int>(16 / sizeof(T)); ++j) to[j * width + i] = from[i * ld + j];
  }
}
#endif

/// With memcpy, since the numbers may be pairs of others.
template <typename T>
void Transpose(const T* from, Index ld, Index rows, Index columns, Index width, T* to) {
  constexpr Index kBlock = 16 / sizeof(T);
  Index i = 0;
  for (; i + kBlock <= rows; i += kBlock) {
    Index j = 0;
    for (; j + kBlock <= columns; j += kBlock) TransposeBlock(from + i * ld + j, ld, width, to + j * width + i);
    for (; j < columns; ++j) {
      for (Index k = i; k < i + kBlock; ++k) std::memcpy(to + j * width + k, from + k * ld + j, sizeof(T));
    }
  }
  for (; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) std::memcpy(to + j * width + i, from + i * ld + j, sizeof(T));
  }
  for (Index j = 0; j < columns && rows < width; ++j) std::fill_n(to + j * width + rows, width - rows, T{0});
}

template <typename T, bool kSideBySide, int kColumns, int... kRow>
constexpr void FillTiles(ProductKernels<T>& k, std::integer_sequence<int, kRow...>) {
  ((k.tile[kSideBySide][kColumns - 1][kRow] = MultiplyTile<T, kRow + 1, kColumns, kSideBySide>), ...);
}
template <typename T, int... kColumn>
constexpr void FillColumns(ProductKernels<T>& k, std::integer_sequence<int, kColumn...>) {
  constexpr std::make_integer_sequence<int, ProductKernels<T>::kRows> rows;
  (FillTiles<T, false, kColumn + 1>(k, rows), ...);
  (FillTiles<T, true, kColumn + 1>(k, rows), ...);
}
template <typename T, int... kRow>
constexpr void FillDots(ProductKernels<T>& k, std::integer_sequence<int, kRow...>) {
  ((k.dot[0][kRow] = DotTile<T, kRow + 1, 1>), ...);
  ((k.dot[1][kRow] = DotTile<T, kRow + 1, 4>), ...);
  ((k.dot[2][kRow / 2] = DotTile<T, kRow / 2 + 1, 8>), ...);
}

template <typename T>
ProductKernels<T> KernelsOf() {
  ProductKernels<T> k{};
  k.lanes = static_cast<Index>(hn::Lanes(Tag<T>()));
  k.vectors = kVectors, k.whole_vectors = kWholeVectors, k.dot_rows = kDotRows;
  FillColumns<T>(k, std::make_integer_sequence<int, kVectors>());
  FillDots<T>(k, std::make_integer_sequence<int, kDotRows>());
  k.transpose = Transpose<T>;
  return k;
}

const ProductKernels<float>& FloatKernels() {
  static const ProductKernels<float> kernels = KernelsOf<float>();
  return kernels;
}
const ProductKernels<double>& DoubleKernels() {
  static const ProductKernels<double> kernels = KernelsOf<double>();
  return kernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline base
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline base {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

const ProductKernels<float>& float_kernels() { return HWY_DYNAMIC_DISPATCH(FloatKernels)(); }
const ProductKernels<double>& double_kernels() { return HWY_DYNAMIC_DISPATCH(DoubleKernels)(); }

}  // namespace poise::inline base
#endif
