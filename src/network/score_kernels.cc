#include "network/score_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "network/score_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline network {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Places of the first class of as many rows as `d` has lanes.
template <class D>
HWY_INLINE auto RowStarts(D d, Index classes) {
  const hn::RebindToSigned<D> whole;
  std::int64_t starts[kScoreRows];
  for (Index r = 0; r < static_cast<Index>(hn::Lanes(d)); ++r) starts[r] = r * classes;
  return hn::LoadU(whole, starts);
}

/// Copies the scores class by class to `scratch`; returns their largest, and sets `which` to its first class.
template <class D, class V>
HWY_INLINE auto LargestOf(D d, const double* HWY_RESTRICT z, Index classes, V& which, double* HWY_RESTRICT scratch) {
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  const auto row = RowStarts(d, classes);
  auto top = hn::GatherIndex(d, z, row);
  hn::StoreU(top, d, scratch);
  for (Index c = 1; c < classes; ++c) {
    const auto score = hn::GatherIndex(d, z + c, row);
    hn::StoreU(score, d, scratch + c * lanes);
    which = hn::IfThenElse(hn::Gt(score, top), hn::Set(d, static_cast<double>(c)), which);
    top = hn::Max(score, top);
  }
  return top;
}

/// e^x for x ≤ 0; Highway's of NaN is 0.
template <class D, class V>
HWY_INLINE V ExpOrNan(D d, V x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
}

template <class D>
HWY_INLINE void MomentsOf(D d, const double* HWY_RESTRICT z, Index classes, double beta, const SoftmaxMoments& out,
                          Index at, double* HWY_RESTRICT scratch) {
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  const auto factor = hn::Set(d, beta), zero = hn::Zero(d);
  auto which = zero, sum = zero, first = zero, second = zero, lowest = zero;
  const auto top = LargestOf(d, z, classes, which, scratch);
  for (Index c = 0; c < classes; ++c) {
    const auto u = hn::Sub(hn::LoadU(d, scratch + c * lanes), top);
    const auto e = ExpOrNan(d, hn::Mul(factor, u));
    lowest = hn::Min(lowest, u);
    const auto weighted = hn::IfThenElse(hn::Eq(e, zero), zero, hn::Mul(e, u));  // 0 · −∞
    sum = hn::Add(sum, e);
    first = hn::Add(first, weighted);
    second = hn::IfThenElse(hn::Eq(e, zero), second, hn::MulAdd(weighted, u, second));
  }
  const auto inverse = hn::Div(hn::Set(d, 1.0), sum), mean = hn::Mul(first, inverse);
  const auto variance = hn::NegMulAdd(mean, mean, hn::Mul(second, inverse));
  hn::StoreU(top, d, out.top + at);
  hn::StoreU(hn::IfThenElse(hn::IsNaN(sum), sum, hn::Log(d, sum)), d, out.log_sum + at);
  hn::StoreU(hn::IfThenElse(hn::IsNaN(sum), sum, hn::Neg(lowest)), d, out.spread + at);
  hn::StoreU(mean, d, out.mean + at);
  hn::StoreU(hn::IfThenElse(hn::IsNaN(variance), variance, hn::Max(variance, zero)), d, out.variance + at);
  double best[kScoreRows];
  hn::StoreU(which, d, best);
  for (Index r = 0; r < lanes; ++r) out.best[at + r] = static_cast<std::int32_t>(best[r]);
}

template <class D>
HWY_INLINE void SoftmaxOf(D d, double* HWY_RESTRICT z, Index classes, double* HWY_RESTRICT scratch) {
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  const auto row = RowStarts(d, classes);
  auto which = hn::Zero(d), sum = hn::Zero(d);
  const auto top = LargestOf(d, z, classes, which, scratch);
  for (Index c = 0; c < classes; ++c) {
    const auto e = ExpOrNan(d, hn::Sub(hn::LoadU(d, scratch + c * lanes), top));
    sum = hn::Add(sum, e);
    hn::StoreU(e, d, scratch + c * lanes);
  }
  for (Index c = 0; c < classes; ++c) hn::ScatterIndex(hn::Div(hn::LoadU(d, scratch + c * lanes), sum), d, z + c, row);
}

/// Calls f(d, first row) for all rows: whole vectors, then single rows.
template <class F>
HWY_INLINE void ForEachRow(Index rows, const F& f) {
  const hn::CappedTag<double, kScoreRows> several;
  const hn::CappedTag<double, 1> single;
  const auto lanes = static_cast<Index>(hn::Lanes(several));
  Index i = 0;
  for (; i + lanes <= rows; i += lanes) f(several, i);
  for (; i < rows; ++i) f(single, i);
}

void Moments(const double* scores, Index rows, Index classes, double beta, const SoftmaxMoments& out, double* scratch) {
  ForEachRow(rows,
             [&](auto d, Index i) HWY_ATTR { MomentsOf(d, scores + i * classes, classes, beta, out, i, scratch); });
}

void Softmax(double* scores, Index rows, Index classes, double* scratch) {
  ForEachRow(rows, [&](auto d, Index i) HWY_ATTR { SoftmaxOf(d, scores + i * classes, classes, scratch); });
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline network
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline network {

HWY_EXPORT(Moments);
HWY_EXPORT(Softmax);

void softmax_moments(const double* scores, Index rows, Index classes, double beta, const SoftmaxMoments& out,
                     double* scratch) {
  HWY_DYNAMIC_DISPATCH(Moments)(scores, rows, classes, beta, out, scratch);
}

void softmax_rows(double* scores, Index rows, Index classes, double* scratch) {
  HWY_DYNAMIC_DISPATCH(Softmax)(scores, rows, classes, scratch);
}

}  // namespace poise::inline network
#endif  // HWY_ONCE
