#include "network/convolution_kernels.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "network/convolution_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline network {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls body(place, result, tag) for vectors of every number of Y: places[place …] is the first of its pool.
template <class Body>
HWY_INLINE void ForEachResult(const Convolution& c, Index columns, const Body& body) {
  const hn::ScalableTag<float> whole;
  const hn::CappedTag<float, 1> single;
  const Index lanes = static_cast<Index>(hn::Lanes(whole)), kernels = c.kernels;
  const ImageShape out = c.output();
  for (Index y = 0; y < out.rows; ++y) {
    for (Index x = 0; x < out.columns; ++x) {
      const Index place = (y * columns + x) * c.pool * kernels, result = (y * out.columns + x) * kernels;
      Index k = 0;
      for (; k + lanes <= kernels; k += lanes) body(place + k, result + k, whole);
      for (; k < kernels; ++k) body(place + k, result + k, single);
    }
  }
}

/// Calls body(number of the place, how far it is from the first) for the places of a pool.
template <class Body>
HWY_INLINE void ForEachPlace(const Convolution& c, Index columns, const Body& body) {
  std::int32_t number = 0;
  for (Index i = 0; i < c.pool; ++i) {
    for (Index j = 0; j < c.pool; ++j) body(number++, (i * columns + j) * c.kernels);
  }
}

template <class D>
HWY_INLINE auto LoadChoice(D, const std::uint8_t* choice) {
  const hn::Rebind<std::uint8_t, D> bytes;
  return hn::PromoteTo(hn::RebindToSigned<D>(), hn::LoadU(bytes, choice));
}

void Pool(const Convolution& c, const float* HWY_RESTRICT places, Index columns, float* HWY_RESTRICT y,
          std::uint8_t* HWY_RESTRICT choice) {
  ForEachResult(c, columns, [&](Index place, Index result, auto d) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> whole;
    auto best = hn::LoadU(d, places + place);
    auto which = hn::Zero(whole);
    ForEachPlace(c, columns, [&](std::int32_t number, Index away) HWY_ATTR {
      const auto v = hn::LoadU(d, places + place + away);
      const auto larger = hn::AndNot(hn::IsNaN(best), hn::Not(hn::Le(v, best)));
      best = hn::IfThenElse(larger, v, best);
      which = hn::IfThenElse(hn::RebindMask(whole, larger), hn::Set(whole, number), which);
    });
    hn::StoreU(best, d, y + result);
    const hn::Rebind<std::uint8_t, decltype(d)> bytes;
    if (choice) hn::StoreU(hn::DemoteTo(bytes, which), bytes, choice + result);
  });
}

void Pick(const Convolution& c, const float* HWY_RESTRICT places, Index columns,
          const std::uint8_t* HWY_RESTRICT choice, float* HWY_RESTRICT y, bool accumulate) {
  ForEachResult(c, columns, [&](Index place, Index result, auto d) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> whole;
    const auto which = LoadChoice(d, choice + result);
    auto found = accumulate ? hn::LoadU(d, y + result) : hn::Zero(d);
    ForEachPlace(c, columns, [&](std::int32_t number, Index away) HWY_ATTR {
      const auto here = hn::RebindMask(d, hn::Eq(which, hn::Set(whole, number)));
      found = hn::Add(found, hn::IfThenElseZero(here, hn::LoadU(d, places + place + away)));
    });
    hn::StoreU(found, d, y + result);
  });
}

void Unpool(const Convolution& c, const float* HWY_RESTRICT y, const std::uint8_t* HWY_RESTRICT choice,
            float* HWY_RESTRICT places, Index columns) {
  ForEachResult(c, columns, [&](Index place, Index result, auto d) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> whole;
    const auto value = hn::LoadU(d, y + result);
    const auto which = LoadChoice(d, choice + result);
    ForEachPlace(c, columns, [&](std::int32_t number, Index away) HWY_ATTR {
      const auto here = hn::RebindMask(d, hn::Eq(which, hn::Set(whole, number)));
      hn::StoreU(hn::IfThenElseZero(here, value), d, places + place + away);
    });
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline network
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline network {

HWY_EXPORT(Pool);
HWY_EXPORT(Pick);
HWY_EXPORT(Unpool);

namespace {

/// copy(place, result, count) for the rows of Y, which are those of the places.
template <typename Copy>
void without_pool(const Convolution& c, Index columns, const Copy& copy) {
  const ImageShape out = c.output();
  for (Index y = 0; y < out.rows; ++y)
    copy(y * columns * c.kernels, y * out.columns * c.kernels, out.columns * c.kernels);
}

/// use(number of Y, one of its places, that place's number).
template <typename Use>
void for_each_place(const Convolution& c, Index columns, const Use& use) {
  const ImageShape out = c.output();
  for (Index result = 0; result < out.size(); ++result) {
    const Index k = result % c.kernels, pixel = result / c.kernels;
    const Index row = pixel / out.columns * c.pool, column = pixel % out.columns * c.pool;
    for (Index number = 0; number < c.pool * c.pool; ++number) {
      use(result, ((row + number / c.pool) * columns + column + number % c.pool) * c.kernels + k, number);
    }
  }
}

}  // namespace

void pool(const Convolution& c, const float* places, Index columns, float* y, std::uint8_t* choice) {
  if (c.pool > 1) return HWY_DYNAMIC_DISPATCH(Pool)(c, places, columns, y, choice);
  without_pool(c, columns, [&](Index from, Index to, Index count) { std::copy_n(places + from, count, y + to); });
}

void pool(const Convolution& c, const double* places, Index columns, double* y, std::uint8_t* choice) {
  for_each_place(c, columns, [&](Index result, Index place, Index number) {
    const double v = places[place];
    if (number > 0 && (v <= y[result] || std::isnan(y[result]))) return;
    y[result] = v;
    if (choice && c.pool > 1) choice[result] = static_cast<std::uint8_t>(number);
  });
}

void pick(const Convolution& c, const float* places, Index columns, const std::uint8_t* choice, float* y,
          bool accumulate) {
  if (c.pool > 1) return HWY_DYNAMIC_DISPATCH(Pick)(c, places, columns, choice, y, accumulate);
  without_pool(c, columns, [&](Index from, Index to, Index count) {
    for (Index k = 0; k < count; ++k) y[to + k] = (accumulate ? y[to + k] : 0) + places[from + k];
  });
}

void pick(const Convolution& c, const double* places, Index columns, const std::uint8_t* choice, double* y,
          bool accumulate) {
  for_each_place(c, columns, [&](Index result, Index place, Index number) {
    if (c.pool > 1 && choice[result] != number) return;
    y[result] = (accumulate ? y[result] : 0) + places[place];
  });
}

void unpool(const Convolution& c, const float* y, const std::uint8_t* choice, float* places, Index columns) {
  if (c.pool > 1) return HWY_DYNAMIC_DISPATCH(Unpool)(c, y, choice, places, columns);
  without_pool(c, columns, [&](Index to, Index from, Index count) { std::copy_n(y + from, count, places + to); });
}

void unpool(const Convolution& c, const double* y, const std::uint8_t* choice, double* places, Index columns) {
  for_each_place(c, columns, [&](Index result, Index place, Index number) {
    places[place] = c.pool == 1 || choice[result] == number ? y[result] : 0;
  });
}

}  // namespace poise::inline network
#endif  // HWY_ONCE
