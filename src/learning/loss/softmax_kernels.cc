#include "learning/loss/softmax_kernels.h"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/loss/softmax_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::learning {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Exponentials(float* HWY_RESTRICT v, Index count) {
  const hn::ScalableTag<float> whole;
  const hn::CappedTag<float, 1> single;
  const auto lanes = static_cast<Index>(hn::Lanes(whole));
  auto at = [&](Index k, auto d) HWY_ATTR { hn::StoreU(hn::Exp(d, hn::LoadU(d, v + k)), d, v + k); };
  Index k = 0;
  for (; k + lanes <= count; k += lanes) at(k, whole);
  for (; k < count; ++k) at(k, single);
}

/// As many rows as `d` has lanes. A column of scores or targets is one vector of them; scratch keeps z − max z and e^…
template <class D>
HWY_INLINE void SoftmaxBlock(D d, const float* HWY_RESTRICT z, Index classes, float* HWY_RESTRICT t, double* loss,
                             double* gap, float* best, float* HWY_RESTRICT scratch) {
  const hn::Rebind<double, D> wide;
  const hn::Rebind<std::int32_t, D> whole;
  const auto row = hn::Mul(hn::Iota(whole, 0), hn::Set(whole, static_cast<std::int32_t>(classes)));
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  float *shifted = scratch, *exponential = scratch + lanes * classes;
  auto top = hn::GatherIndex(d, z, row), which = hn::Zero(d);
  hn::StoreU(top, d, shifted);
  for (Index k = 1; k < classes; ++k) {
    const auto score = hn::GatherIndex(d, z + k, row);
    hn::StoreU(score, d, shifted + k * lanes);
    which = hn::IfThenElse(hn::Gt(score, top), hn::Set(d, static_cast<float>(k)), which);
    top = hn::Max(score, top);
  }
  auto sum = hn::Zero(wide), expected = hn::Zero(wide), divergence = hn::Zero(wide);
  for (Index k = 0; k < classes; ++k) {
    const auto score = hn::Sub(hn::LoadU(d, shifted + k * lanes), top);
    const auto e = hn::IfThenElse(hn::IsNaN(score), score, hn::Exp(d, score));  // Highway's Exp of NaN is 0
    hn::StoreU(score, d, shifted + k * lanes);
    hn::StoreU(e, d, exponential + k * lanes);
    sum = hn::Add(sum, hn::PromoteTo(wide, e));
    expected = hn::MulAdd(hn::PromoteTo(wide, hn::GatherIndex(d, t + k, row)), hn::PromoteTo(wide, score), expected);
  }
  const auto inverse = hn::DemoteTo(d, hn::Div(hn::Set(wide, 1.0), sum));
  for (Index k = 0; k < classes; ++k) {
    const auto p = hn::Mul(hn::LoadU(d, exponential + k * lanes), inverse);
    const auto adjoint = hn::Sub(p, hn::GatherIndex(d, t + k, row));
    hn::ScatterIndex(adjoint, d, t + k, row);
    const auto score = hn::PromoteTo(wide, hn::LoadU(d, shifted + k * lanes));
    divergence = hn::MulAdd(score, hn::PromoteTo(wide, adjoint), divergence);
  }
  hn::StoreU(hn::Sub(hn::Log(wide, sum), expected), wide, loss);
  hn::StoreU(divergence, wide, gap);
  hn::StoreU(which, d, best);
}

void SoftmaxRowsOf(const float* scores, Index rows, Index classes, float* adjoint, const RowLosses& found,
                   float* scratch) {
  const hn::CappedTag<double, kSoftmaxRows> wide;
  const hn::Rebind<float, decltype(wide)> several;
  const hn::CappedTag<float, 1> single;
  const auto lanes = static_cast<Index>(hn::Lanes(several));
  Index i = 0;
  auto block = [&](auto d) HWY_ATTR {
    SoftmaxBlock(d, scores + i * classes, classes, adjoint + i * classes, found.loss + i, found.gap + i, found.best + i,
                 scratch);
  };
  for (; i + lanes <= rows; i += lanes) block(several);
  for (; i < rows; ++i) block(single);
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::learning
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::learning {

HWY_EXPORT(Exponentials);
HWY_EXPORT(SoftmaxRowsOf);

void exponentials(float* v, Index count) { HWY_DYNAMIC_DISPATCH(Exponentials)(v, count); }
void softmax_rows(const float* scores, Index rows, Index classes, float* adjoint, const RowLosses& found,
                  float* scratch) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRowsOf)(scores, rows, classes, adjoint, found, scratch);
}

}  // namespace poise::learning
#endif  // HWY_ONCE
