#include "convex/pass/dense_kernels.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

// Arrays of vectors need types of a known size.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convex/pass/dense_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "base/add_lanes_inl.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline convex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using base::HWY_NAMESPACE::AddLanes;

using Tag = hn::ScalableTag<float>;
using Floats = hn::Vec<Tag>;

// Sums that a tile keeps in registers, of 16 or 32, beside what it multiplies. An addition takes 4 cycles and two begin
// in each: with fewer than 8 sums they wait. Five classes by two rows or vectors reach 84 % of the peak of AVX2 with
// rows of 784 bytes that are in cache, one class a third.
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
constexpr int kSums = 10;
#else
constexpr int kSums = 20;
#endif
constexpr int kMostClasses = 5;  // of a tile
constexpr int kMostOther = 8;    // rows or vectors of a tile
constexpr int OthersFor(int classes) { return std::min(kMostOther, kSums / classes); }

// Features whose weights, of a tile's classes, stay in the level-1 cache while the rows go by: 20 KiB.
constexpr Index kStrip = 1024;

/// The rows of a block as numbers of type T.
template <typename T, bool kMapped>
class RowsOf {
 public:
  explicit RowsOf(const StoredBlock& block) : block_(block) {}
  Index count() const { return block_.rows; }
  Index features() const { return block_.features; }
  const T* row(Index r) const { return reinterpret_cast<const T*>(block_.first + r * block_.stride); }
  const T* next(const T* row) const {
    return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(row) + block_.stride);
  }
  /// A vector of features of a row, from j on.
  HWY_INLINE Floats load(const T* row, Index j) const {
    const Tag t;
    Floats x = convert(hn::LoadU(hn::Rebind<T, Tag>(), row + j));
    if constexpr (kMapped) x = hn::Mul(hn::Sub(x, hn::LoadU(t, block_.center + j)), hn::LoadU(t, block_.gain + j));
    return x;
  }
  /// Asks for features [begin, end) of rows [first, last), which may lie beyond the block: the processor does not look
  /// ahead over the end of a page. Both kernels on 60000×784 bytes, 10 classes: 34 ms with, 43 ms without (medians of
  /// six alternating runs, Zen 3).
  HWY_INLINE void fetch(Index first, Index last, Index begin, Index end) const {
    constexpr Index kLine = 64, kSize = static_cast<Index>(sizeof(T));
    for (Index r = first; r < last; ++r) {
      const std::byte* const row = block_.first + r * block_.stride;
      for (Index at = begin * kSize; at < end * kSize; at += kLine) hwy::Prefetch(row + at);
    }
  }
  /// How far ahead: two pages, or eight rows.
  Index rows_ahead() const { return std::max<Index>(8, 8192 / std::max<Index>(std::abs(block_.stride), 1)); }

 private:
  template <class V>
  static HWY_INLINE Floats convert(V x) {
    if constexpr (std::is_same_v<T, float>) {
      return x;
    } else {
      return hn::ConvertTo(Tag(), hn::PromoteTo(hn::Rebind<std::int32_t, Tag>(), x));
    }
  }

  const StoredBlock block_;
};

/// The same numbers in a register: without this GCC loads them anew for each use, and two loads a cycle are then the
/// limit (51 in place of 82 GFLOP/s).
HWY_INLINE Floats Held(Floats x) {
#if HWY_COMPILER_GCC && HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  asm("" : "+v"(x.raw));
#endif
  return x;
}

template <int kCount>
HWY_INLINE void ClearSums(Floats (&sum)[kCount]) {
#pragma GCC unroll 32
  for (int i = 0; i < kCount; ++i) sum[i] = hn::Zero(Tag());
}

/// use(std::integral_constant<int, count>()), 0 < count ≤ kMost.
template <int kMost, class Use>
HWY_INLINE void WithCount(Index count, const Use& use) {
  if constexpr (kMost > 1) {
    if (count < kMost) return WithCount<kMost - 1>(count, use);
  }
  use(std::integral_constant<int, kMost>());
}

/// use(first class, count) for classes dealt into tiles of nearly equal size; count as above.
template <class Use>
HWY_INLINE void ForEachTile(Index classes, const Use& use) {
  const Index tiles = (classes + kMostClasses - 1) / kMostClasses;
  for (Index t = 0; t < tiles; ++t) {
    const Index begin = classes * t / tiles, end = classes * (t + 1) / tiles;
    WithCount<kMostClasses>(end - begin, [&](auto count) HWY_ATTR { use(begin, count); });
  }
}

/// z += W X̃_Bᵀ of kClasses classes and the features [begin, end). Vectors of sums run along the features, for several
/// rows at a time, so that a weight is loaded once for them. The last few features are taken with some before them,
/// whose weights are 0 there: nothing beyond a row is touched. Where the number of rows leaves a rest, the last row is
/// there more than once.
template <int kClasses, class Rows>
HWY_NOINLINE void AddScores(const Rows& x, Index begin, Index end, const float* HWY_RESTRICT weights, Index ld,
                            Index ahead, float* HWY_RESTRICT z) {
  constexpr int kRows = OthersFor(kClasses);
  const Tag t;
  const auto lanes = static_cast<Index>(hn::Lanes(t));
  const Index features = x.features(), rest = (end - begin) % lanes;
  HWY_ALIGN float last[kClasses * hn::MaxLanes(t)] = {};
  for (int c = 0; c < kClasses; ++c) {
    std::copy_n(weights + c * features + end - rest, rest, last + (c + 1) * lanes - rest);
  }
  for (Index r = 0; r < x.count(); r += kRows) {
    decltype(x.row(0)) row[kRows];
    for (int q = 0; q < kRows; ++q) row[q] = x.row(std::min(r + q, x.count() - 1));
    if (ahead > 0) x.fetch(r + ahead, r + ahead + kRows, begin, end);
    Floats sum[kClasses * kRows];
    ClearSums<kClasses * kRows>(sum);
    const auto add = [&](Index j, const float* HWY_RESTRICT w, Index w_ld) HWY_ATTR {
      if constexpr (kClasses <= kRows) {  // of which there are fewer, they wait in registers
        Floats v[kClasses];
#pragma GCC unroll 8
        for (int c = 0; c < kClasses; ++c) v[c] = Held(hn::LoadU(t, w + c * w_ld));
#pragma GCC unroll 8
        for (int q = 0; q < kRows; ++q) {
          const Floats y = x.load(row[q], j);
#pragma GCC unroll 8
          for (int c = 0; c < kClasses; ++c) sum[c * kRows + q] = hn::MulAdd(v[c], y, sum[c * kRows + q]);
        }
      } else {
        Floats y[kRows];
#pragma GCC unroll 8
        for (int q = 0; q < kRows; ++q) y[q] = x.load(row[q], j);
#pragma GCC unroll 8
        for (int c = 0; c < kClasses; ++c) {
          const Floats v = Held(hn::LoadU(t, w + c * w_ld));
#pragma GCC unroll 8
          for (int q = 0; q < kRows; ++q) sum[c * kRows + q] = hn::MulAdd(v, y[q], sum[c * kRows + q]);
        }
      }
    };
    for (Index j = begin; j + lanes <= end; j += lanes) add(j, weights + j, features);
    if (rest > 0) add(end - lanes, last, lanes);
    float total[kClasses * kRows];
    AddLanes<float>(sum, total);
    const auto rows = static_cast<int>(std::min<Index>(kRows, x.count() - r));
    for (int c = 0; c < kClasses; ++c) {
      for (int q = 0; q < rows; ++q) z[c * ld + r + q] += total[c * kRows + q];
    }
  }
}

template <class Rows>
HWY_INLINE void Scores(const Rows& x, const float* weights, const float* bias, Index classes, Index ld, float* z) {
  const Index features = x.features();
  const Index strips = (features + kStrip - 1) / kStrip;
  for (Index c = 0; c < classes; ++c) std::fill_n(z + c * ld, ld, bias[c]);
  ForEachTile(classes, [&](Index c, auto count) HWY_ATTR {
    for (Index s = 0; s < strips; ++s) {
      const auto bound = [&](Index part) { return features * part / strips / kFeaturePadding * kFeaturePadding; };
      const Index end = s + 1 < strips ? bound(s + 1) : features;
      AddScores<decltype(count)::value>(x, bound(s), end, weights + c * features, ld, c == 0 ? x.rows_ahead() : 0,
                                        z + c * ld);
    }
  });
}

/// G += R X̃_B of kClasses classes and kVectors vectors of features from j, of which the first `done` are not wanted.
template <int kClasses, int kVectors, class Rows>
HWY_NOINLINE void AddProduct(const Rows& x, Index j, Index done, const float* HWY_RESTRICT residual, Index ld,
                             float* HWY_RESTRICT product) {
  const Tag t;
  const auto lanes = static_cast<Index>(hn::Lanes(t));
  Floats sum[kClasses * kVectors];
  ClearSums<kClasses * kVectors>(sum);
  auto* row = x.row(0);
  for (Index r = 0; r < x.count(); ++r, row = x.next(row)) {
    Floats y[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) y[v] = x.load(row, j + v * lanes);
#pragma GCC unroll 8
    for (int c = 0; c < kClasses; ++c) {
      const Floats s = hn::Set(t, residual[c * ld + r]);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sum[c * kVectors + v] = hn::MulAdd(s, y[v], sum[c * kVectors + v]);
    }
  }
  const auto wanted = hn::Not(hn::FirstN(t, static_cast<std::size_t>(done)));
#pragma GCC unroll 8
  for (int c = 0; c < kClasses; ++c) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      float* const to = product + c * x.features() + j + v * lanes;
      const Floats more = sum[c * kVectors + v];
      hn::StoreU(hn::Add(hn::LoadU(t, to), v == 0 ? hn::IfThenElseZero(wanted, more) : more), t, to);
    }
  }
}

/// The same for the features [j, end).
template <int kClasses, int kVectors, class Rows>
HWY_INLINE void AddProducts(const Rows& x, Index j, Index end, const float* residual, Index ld, float* product) {
  const auto lanes = static_cast<Index>(hn::Lanes(Tag()));
  for (; j + kVectors * lanes <= end; j += kVectors * lanes) {
    AddProduct<kClasses, kVectors>(x, j, 0, residual, ld, product);
  }
  if constexpr (kVectors > 1) {
    AddProducts<kClasses, kVectors / 2>(x, j, end, residual, ld, product);
  } else if (j < end) {
    AddProduct<kClasses, 1>(x, end - lanes, j - (end - lanes), residual, ld, product);
  }
}

/// Six vectors of features for all classes, then the next: of 80 rows of float32 they stay in the level-1 cache. On
/// 16000×784 float32 with 10 classes both kernels take 15 ms so, 16 ms class by class; with bytes it is the same.
template <class Rows>
HWY_INLINE void Product(const Rows& x, const float* residual, Index classes, Index ld, float* product) {
  const Index features = x.features();
  const Index step = classes > kMostClasses ? 6 * static_cast<Index>(hn::Lanes(Tag())) : std::max<Index>(features, 1);
  for (Index j = 0; j < features; j += step) {
    const Index end = std::min(j + step, features);
    ForEachTile(classes, [&](Index c, auto count) HWY_ATTR {
      constexpr int kClasses = decltype(count)::value;
      AddProducts<kClasses, OthersFor(kClasses)>(x, j, end, residual + c * ld, ld, product + c * features);
    });
  }
}

/// use(the rows with their type), where has_dense_kernels.
template <class Use>
HWY_INLINE void WithRows(const StoredBlock& x, const Use& use) {
  const bool mapped = x.gain != nullptr;
  if (x.type == NumberType::kUint8) {
    return mapped ? use(RowsOf<std::uint8_t, true>(x)) : use(RowsOf<std::uint8_t, false>(x));
  }
  if (x.type == NumberType::kInt16) return use(RowsOf<std::int16_t, true>(x));
  return mapped ? use(RowsOf<float, true>(x)) : use(RowsOf<float, false>(x));
}

void DenseScores(const StoredBlock& x, const float* weights, const float* bias, Index classes, Index ld, float* z) {
  WithRows(x, [&](const auto& rows) HWY_ATTR { Scores(rows, weights, bias, classes, ld, z); });
}
void AddDenseProduct(const StoredBlock& x, const float* residual, Index classes, Index ld, float* product) {
  WithRows(x, [&](const auto& rows) HWY_ATTR { Product(rows, residual, classes, ld, product); });
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline convex
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline convex {

HWY_EXPORT(DenseScores);
HWY_EXPORT(AddDenseProduct);

void dense_scores(const StoredBlock& x, const float* weights, const float* bias, Index classes, Index ld, float* z) {
  HWY_DYNAMIC_DISPATCH(DenseScores)(x, weights, bias, classes, ld, z);
}
void add_dense_product(const StoredBlock& x, const float* residual, Index classes, Index ld, float* product) {
  HWY_DYNAMIC_DISPATCH(AddDenseProduct)(x, residual, classes, ld, product);
}

}  // namespace poise::inline convex
#endif  // HWY_ONCE
