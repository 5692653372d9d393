// Sums over the lanes of vectors, several at a time. Included once per instruction set (hwy/foreach_target.h).
#if defined(POISE_BASE_ADD_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef POISE_BASE_ADD_LANES_INL_H
#undef POISE_BASE_ADD_LANES_INL_H
#else
#define POISE_BASE_ADD_LANES_INL_H
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline base {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Lane = hn::Vec<Tag<T>>;

#if HWY_TARGET != HWY_SCALAR
/// Halves are added until 128 bits are left.
template <class D>
HWY_INLINE auto AddBlocks(D d, hn::Vec<D> value) {
  if constexpr (hn::MaxLanes(d) * sizeof(hn::TFromD<D>) > 16) {
    const hn::Half<D> half;
    return AddBlocks(half, hn::Add(hn::LowerHalf(half, value), hn::UpperHalf(half, value)));
  } else {
    return value;
  }
}

/// The sums of the lanes of four vectors: all four at a time.
HWY_INLINE void AddLanesOfFour(const Lane<float>* x, float* to) {
  const Tag<float> d;
  const hn::Repartition<double, Tag<float>> d2;
  const auto x01 = hn::BitCast(d2, hn::Add(hn::InterleaveLower(d, x[0], x[1]), hn::InterleaveUpper(d, x[0], x[1])));
  const auto x23 = hn::BitCast(d2, hn::Add(hn::InterleaveLower(d, x[2], x[3]), hn::InterleaveUpper(d, x[2], x[3])));
  const auto even = hn::BitCast(d, hn::InterleaveLower(d2, x01, x23));
  const auto odd = hn::BitCast(d, hn::InterleaveUpper(d2, x01, x23));
  hn::StoreU(AddBlocks(d, hn::Add(even, odd)), hn::FixedTag<float, 4>(), to);
}
HWY_INLINE void AddLanesOfFour(const Lane<double>* x, double* to) {
  const Tag<double> d;
  const hn::FixedTag<double, 2> two;
  for (int v = 0; v < 4; v += 2) {
    const auto both = hn::Add(hn::InterleaveLower(d, x[v], x[v + 1]), hn::InterleaveUpper(d, x[v], x[v + 1]));
    hn::StoreU(AddBlocks(d, both), two, to + v);
  }
}
#endif

/// to[v] = the sum of the lanes of value[v].
template <typename T, int kCount>
HWY_INLINE void AddLanes(const Lane<T> (&value)[kCount], T* to) {
  int v = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; v + 4 <= kCount; v += 4) AddLanesOfFour(value + v, to + v);
#endif
  for (; v < kCount; ++v) to[v] = hn::GetLane(hn::SumOfLanes(Tag<T>(), value[v]));
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline base
HWY_AFTER_NAMESPACE();

#endif  // POISE_BASE_ADD_LANES_INL_H
