#include "rows/load.h"

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "rows/number_type.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rows/load.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/highway.h"

// clang-format off
#ifndef POISE_LOAD_KERNELS
#define POISE_LOAD_KERNELS(F)                                                               \
  F(BytesToFloats, std::uint8_t, float)    F(BytesToDoubles, std::uint8_t, double)          \
  F(ShortsToFloats, std::int16_t, float)   F(ShortsToDoubles, std::int16_t, double)         \
  F(IntsToFloats, std::int32_t, float)     F(IntsToDoubles, std::int32_t, double)           \
  F(FloatsToFloats, float, float)          F(FloatsToDoubles, float, double)                \
  F(DoublesToFloats, double, float)        F(DoublesToDoubles, double, double)              \
  F(HalvesToFloats, Float16, float)        F(HalvesToDoubles, Float16, double)              \
  F(BfloatsToFloats, Bfloat16, float)      F(BfloatsToDoubles, Bfloat16, double)

/// The numbers of one run of columns in some rows.
namespace poise::inline rows { namespace {
struct RunOfRows {
  const std::byte* from;
  Index stride, step, rows, columns;
  const double *center, *gain;  // null: as they are
  Index ld;
};
}}  // namespace poise::inline rows
#endif
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace poise::inline rows {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, Bfloat16>;

/// Numbers of 16 bits as float32, exactly: no step has a number that is subnormal in float32.
template <typename T, class F>
HWY_INLINE hn::Vec<F> LoadHalves(F f32, const std::byte* from) {
  const hn::Rebind<std::uint16_t, F> u16;
  const hn::Rebind<std::uint32_t, F> u32;
  const hn::Rebind<std::int32_t, F> i32;
  const auto bits = hn::PromoteTo(u32, hn::LoadU(u16, reinterpret_cast<const std::uint16_t*>(from)));
  if constexpr (std::is_same_v<T, Bfloat16>) {
    return hn::BitCast(f32, hn::ShiftLeft<16>(bits));
  } else {
    const auto size = hn::And(bits, hn::Set(u32, 0x7fffu)), sign = hn::And(bits, hn::Set(u32, 0x8000u));
    const auto normal = hn::Add(hn::ShiftLeft<13>(size), hn::Set(u32, 112u << 23));
    const auto limit = hn::Or(hn::ShiftLeft<13>(size), hn::Set(u32, 0x7f800000u));  // infinite, or none
    const auto tiny = hn::BitCast(u32, hn::Mul(hn::ConvertTo(f32, hn::BitCast(i32, size)), hn::Set(f32, 0x1p-24f)));
    const auto is_tiny = hn::Lt(hn::BitCast(i32, size), hn::Set(i32, 0x400));
    const auto is_limit = hn::Gt(hn::BitCast(i32, size), hn::Set(i32, 0x7bff));
    const auto finite = hn::IfThenElse(hn::RebindMask(u32, is_tiny), tiny, normal);
    const auto all = hn::IfThenElse(hn::RebindMask(u32, is_limit), limit, finite);
    return hn::BitCast(f32, hn::Or(all, hn::ShiftLeft<16>(sign)));
  }
}

/// As many numbers as there are lanes of float64.
template <typename T, class D>
HWY_INLINE hn::Vec<D> LoadDoubles(D d, const std::byte* from) {
  const hn::Rebind<std::int32_t, D> i32;
  if constexpr (std::is_same_v<T, double>) {
    return hn::LoadU(d, reinterpret_cast<const double*>(from));
  } else if constexpr (kIsHalf<T>) {
    return hn::PromoteTo(d, LoadHalves<T>(hn::Rebind<float, D>(), from));
  } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, std::int32_t>) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<T, D>(), reinterpret_cast<const T*>(from)));
  } else {
    return hn::PromoteTo(d, hn::PromoteTo(i32, hn::LoadU(hn::Rebind<T, D>(), reinterpret_cast<const T*>(from))));
  }
}

template <class D, typename V>
HWY_INLINE void StoreAs(D d, V v, double* to) {
  hn::StoreU(v, d, to);
}
template <class D, typename V>
HWY_INLINE void StoreAs(D, V v, float* to) {
  const hn::Rebind<float, D> f32;
  hn::StoreU(hn::DemoteTo(f32, v), f32, to);
}

/// Mapped numbers go through float64, in which every stored type is exact.
template <typename T, typename Real, bool kMapped>
HWY_INLINE void LoadRow(const std::byte* from, const RunOfRows& run, Real* HWY_RESTRICT to) {
  const hn::ScalableTag<double> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  constexpr auto kSize = static_cast<Index>(sizeof(T));
  Index k = 0;
  for (; k + lanes <= run.columns; k += lanes) {
    auto x = LoadDoubles<T>(d, from + k * kSize);
    if constexpr (kMapped) x = hn::Mul(hn::Sub(x, hn::LoadU(d, run.center + k)), hn::LoadU(d, run.gain + k));
    StoreAs(d, x, to + k);
  }
  for (; k < run.columns; ++k) {
    auto x = static_cast<double>(number_at<T>(from + k * kSize));
    if constexpr (kMapped) x = (x - run.center[k]) * run.gain[k];
    to[k] = static_cast<Real>(x);
  }
}

/// Without a map float32 is reached directly, twice as many numbers at a time.
template <typename T>
HWY_INLINE void ConvertRow(const std::byte* from, Index columns, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> f32;
  const hn::Rebind<std::int32_t, decltype(f32)> i32;
  const auto lanes = static_cast<Index>(hn::Lanes(f32));
  constexpr auto kSize = static_cast<Index>(sizeof(T));
  Index k = 0;
  for (; k + lanes <= columns; k += lanes) {
    if constexpr (kIsHalf<T>) {
      hn::StoreU(LoadHalves<T>(f32, from + k * kSize), f32, to + k);
    } else {
      const auto x = hn::LoadU(hn::Rebind<T, decltype(f32)>(), reinterpret_cast<const T*>(from + k * kSize));
      if constexpr (std::is_same_v<T, float>) {
        hn::StoreU(x, f32, to + k);
      } else if constexpr (std::is_same_v<T, std::int32_t>) {
        hn::StoreU(hn::ConvertTo(f32, x), f32, to + k);
      } else {
        hn::StoreU(hn::ConvertTo(f32, hn::PromoteTo(i32, x)), f32, to + k);
      }
    }
  }
  for (; k < columns; ++k) to[k] = static_cast<float>(number_at<T>(from + k * kSize));
}

/// Columns that lie apart: those of Fortran's order one after the other, so that memory is read as it lies.
template <typename T, typename Real>
HWY_INLINE void LoadApart(const RunOfRows& run, Real* to) {
  const auto load = [&](Index r, Index k) HWY_ATTR {
    auto x = static_cast<double>(number_at<T>(run.from + r * run.stride + k * run.step));
    if (run.gain != nullptr) x = (x - run.center[k]) * run.gain[k];
    to[r * run.ld + k] = static_cast<Real>(x);
  };
  if (std::abs(run.step) > std::abs(run.stride)) {
    for (Index k = 0; k < run.columns; ++k) {
      for (Index r = 0; r < run.rows; ++r) load(r, k);
    }
  } else {
    for (Index r = 0; r < run.rows; ++r) {
      for (Index k = 0; k < run.columns; ++k) load(r, k);
    }
  }
}

template <typename T, typename Real>
HWY_INLINE void LoadRun(const RunOfRows& run, Real* to) {
  if (run.step != static_cast<Index>(sizeof(T))) return LoadApart<T>(run, to);
  for (Index r = 0; r < run.rows; ++r) {
    const std::byte* const from = run.from + r * run.stride;
    if (run.gain != nullptr) {
      LoadRow<T, Real, true>(from, run, to + r * run.ld);
    } else if constexpr (std::is_same_v<Real, float> && !std::is_same_v<T, double>) {
      ConvertRow<T>(from, run.columns, to + r * run.ld);
    } else {
      LoadRow<T, Real, false>(from, run, to + r * run.ld);
    }
  }
}

#define POISE_KERNEL(name, T, Real) \
  void name(const RunOfRows& run, Real* to) { LoadRun<T, Real>(run, to); }
POISE_LOAD_KERNELS(POISE_KERNEL)
#undef POISE_KERNEL

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline rows
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline rows {

#define POISE_KERNEL(name, T, Real) HWY_EXPORT(name);
POISE_LOAD_KERNELS(POISE_KERNEL)
#undef POISE_KERNEL

namespace {

#define POISE_KERNEL(name, T, Real) \
  void load_run(T, const RunOfRows& run, Real* to) { HWY_DYNAMIC_DISPATCH(name)(run, to); }
POISE_LOAD_KERNELS(POISE_KERNEL)
#undef POISE_KERNEL

template <typename Real>
void load_sparse(const CsrView& x, const ColumnMap& map, Index first, Index count, Real* to, Index ld) {
  const auto mapped = [&](Index j, double value) {
    return static_cast<Real>(map.identity() ? value : (value - map.center[j]) * map.gain[j]);
  };
  for (Index r = 0; r < count; ++r, to += ld) {
    for (Index j = 0; j < x.cols; ++j) to[j] = mapped(j, 0);
    const Index row = first + r;
    for (Index k = x.row_start[row]; k < x.row_start[row + 1]; ++k) to[x.columns[k]] = mapped(x.columns[k], x.value(k));
  }
}

}  // namespace

template <typename Real>
void load_rows(const Features& x, const ColumnMap& map, Index first, Index count, Real* to, Index ld) {
  if (const CsrView* sparse = x.sparse()) return load_sparse(*sparse, map, first, count, to, ld);
  const DenseRows& dense = x.dense();
  for (const ColumnRun& run : dense.runs) {
    const RunOfRows part{dense.record(first) + run.offset,
                         dense.stride,
                         step_of(run),
                         count,
                         run.count,
                         map.identity() ? nullptr : map.center.data() + run.first,
                         map.identity() ? nullptr : map.gain.data() + run.first,
                         ld};
    with_type(run.type, [&](auto number) { load_run(number, part, to + run.first); });
  }
  x.touched(first, count);
}

template void load_rows<float>(const Features&, const ColumnMap&, Index, Index, float*, Index);
template void load_rows<double>(const Features&, const ColumnMap&, Index, Index, double*, Index);

void prefetch_row(const Features& x, Index row) {
  const std::byte* const begin = x.dense().record(row);
  if (x.dense().runs.size() == 1 && x.dense().runs[0].step != 0) return;  // it would take a miss a number
  for (Index k = 0; k < x.dense().stride; k += 64) __builtin_prefetch(begin + k);
}

}  // namespace poise::inline rows
#endif  // HWY_ONCE
