#include "convex/pass/kernels.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convex/pass/kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline convex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
HWY_INLINE void SoftmaxBlock(const T* HWY_RESTRICT z, Index classes, Index ld, T* HWY_RESTRICT p, T* HWY_RESTRICT lse,
                             T* HWY_RESTRICT expected) {
  const hn::ScalableTag<T> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  for (Index r = 0; r < ld; r += lanes) {
    auto largest = hn::LoadU(t, z + r);
    for (Index c = 1; c < classes; ++c) largest = hn::Max(largest, hn::LoadU(t, z + c * ld + r));
    auto sum = hn::Zero(t);
    auto weighted = hn::Zero(t);
    for (Index c = 0; c < classes; ++c) {
      const auto shifted = hn::Sub(hn::LoadU(t, z + c * ld + r), largest);
      const auto e = hn::Exp(t, shifted);
      sum = hn::Add(sum, e);
      weighted = hn::MulAdd(e, shifted, weighted);
      hn::StoreU(e, t, p + c * ld + r);
    }
    const auto inverse = hn::Div(hn::Set(t, T{1}), sum);
    for (Index c = 0; c < classes; ++c) hn::StoreU(hn::Mul(hn::LoadU(t, p + c * ld + r), inverse), t, p + c * ld + r);
    // Log from the C library below: one a row, and its last bit matters in the certificate.
    hn::StoreU(sum, t, lse + r);
    hn::StoreU(hn::MulAdd(weighted, inverse, largest), t, expected + r);
    for (Index k = r; k < r + lanes; ++k) lse[k] = std::log(lse[k]);
    hn::StoreU(hn::Add(hn::LoadU(t, lse + r), largest), t, lse + r);
  }
}
void SoftmaxFloats(const float* z, Index classes, Index ld, float* p, float* lse, float* expected) {
  SoftmaxBlock(z, classes, ld, p, lse, expected);
}
void SoftmaxDoubles(const double* z, Index classes, Index ld, double* p, double* lse, double* expected) {
  SoftmaxBlock(z, classes, ld, p, lse, expected);
}

template <typename T>
HWY_INLINE void HessianBlock(const T* HWY_RESTRICT p, const T* HWY_RESTRICT s, Index classes, Index ld,
                             T* HWY_RESTRICT v) {
  const hn::ScalableTag<T> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  for (Index r = 0; r < ld; r += lanes) {
    auto largest = hn::LoadU(t, p + r), total = largest, origin = hn::LoadU(t, v + r);  // p_m, Σ_k p_k, v_m
    for (Index c = 1; c < classes; ++c) {
      const auto q = hn::LoadU(t, p + c * ld + r);
      origin = hn::IfThenElse(hn::Gt(q, largest), hn::LoadU(t, v + c * ld + r), origin);
      largest = hn::Max(largest, q);
      total = hn::Add(total, q);
    }
    auto mean = hn::Zero(t);  // Σ_k p_k (v_k − v_m), where class m has no part
    for (Index c = 0; c < classes; ++c) {
      const auto apart = hn::Sub(hn::LoadU(t, v + c * ld + r), origin);
      mean = hn::MulAdd(hn::LoadU(t, p + c * ld + r), apart, mean);
    }
    const auto weight = hn::LoadU(t, s + r);
    for (Index c = 0; c < classes; ++c) {
      const auto apart = hn::Sub(hn::LoadU(t, v + c * ld + r), origin);
      const auto centered = hn::MulSub(total, apart, mean);
      hn::StoreU(hn::Mul(hn::Mul(weight, hn::LoadU(t, p + c * ld + r)), centered), t, v + c * ld + r);
    }
  }
}
void HessianFloats(const float* p, const float* s, Index classes, Index ld, float* v) {
  HessianBlock(p, s, classes, ld, v);
}
void HessianDoubles(const double* p, const double* s, Index classes, Index ld, double* v) {
  HessianBlock(p, s, classes, ld, v);
}

/// `kVectors` vectors of sums at a time: they stay in registers, and one does not wait for another.
template <int kVectors, typename Value, typename T>
HWY_INLINE void SparseScoresOf(const std::int32_t* HWY_RESTRICT columns, const Value* HWY_RESTRICT values, Index count,
                               const T* HWY_RESTRICT weights, Index padded, T* HWY_RESTRICT out) {
  const hn::ScalableTag<T> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  auto first = hn::LoadU(t, out), second = kVectors > 1 ? hn::LoadU(t, out + lanes) : first;
  for (Index k = 0; k < count; ++k) {
    const auto value = hn::Set(t, static_cast<T>(values[k]));
    const T* HWY_RESTRICT row = weights + columns[k] * padded;
    first = hn::MulAdd(value, hn::LoadU(t, row), first);
    if constexpr (kVectors > 1) second = hn::MulAdd(value, hn::LoadU(t, row + lanes), second);
  }
  hn::StoreU(first, t, out);
  if constexpr (kVectors > 1) hn::StoreU(second, t, out + lanes);
}

template <typename Value, typename T>
HWY_INLINE void SparseScores(const std::int32_t* columns, const Value* values, Index count, const T* weights,
                             Index padded, T* out) {
  const Index lanes = static_cast<Index>(hn::Lanes(hn::ScalableTag<T>()));
  Index c = 0;
  for (; c + 2 * lanes <= padded; c += 2 * lanes) {
    SparseScoresOf<2>(columns, values, count, weights + c, padded, out + c);
  }
  for (; c < padded; c += lanes) SparseScoresOf<1>(columns, values, count, weights + c, padded, out + c);
}
void SparseScoresFloats(const std::int32_t* columns, const float* values, Index count, const float* weights,
                        Index padded, float* out) {
  SparseScores(columns, values, count, weights, padded, out);
}
void SparseScoresDoubles(const std::int32_t* columns, const float* values, Index count, const double* weights,
                         Index padded, double* out) {
  SparseScores(columns, values, count, weights, padded, out);
}
void SparseScoresWideFloats(const std::int32_t* columns, const double* values, Index count, const float* weights,
                            Index padded, float* out) {
  SparseScores(columns, values, count, weights, padded, out);
}
void SparseScoresWideDoubles(const std::int32_t* columns, const double* values, Index count, const double* weights,
                             Index padded, double* out) {
  SparseScores(columns, values, count, weights, padded, out);
}

double InnerProduct(const float* HWY_RESTRICT x, const float* HWY_RESTRICT y, Index count) {
  constexpr Index kStretch = 512;
  const hn::ScalableTag<float> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  double total = 0;
  Index k = 0;
  while (k + 4 * lanes <= count) {
    const Index end = std::min(k + kStretch, count) - 4 * lanes;
    auto a = hn::Zero(t), b = a, c = a, d = a;
    for (; k <= end; k += 4 * lanes) {
      a = hn::MulAdd(hn::LoadU(t, x + k), hn::LoadU(t, y + k), a);
      b = hn::MulAdd(hn::LoadU(t, x + k + lanes), hn::LoadU(t, y + k + lanes), b);
      c = hn::MulAdd(hn::LoadU(t, x + k + 2 * lanes), hn::LoadU(t, y + k + 2 * lanes), c);
      d = hn::MulAdd(hn::LoadU(t, x + k + 3 * lanes), hn::LoadU(t, y + k + 3 * lanes), d);
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(t, hn::Add(hn::Add(a, b), hn::Add(c, d)))));
  }
  for (; k < count; ++k) total += static_cast<double>(x[k]) * static_cast<double>(y[k]);
  return total;
}

void AddMultiple(float factor, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, Index count) {
  const hn::ScalableTag<float> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  Index k = 0;
  for (; k + lanes <= count; k += lanes) {
    hn::StoreU(hn::MulAdd(hn::Set(t, factor), hn::LoadU(t, x + k), hn::LoadU(t, y + k)), t, y + k);
  }
  for (; k < count; ++k) y[k] += factor * x[k];
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline convex
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline convex {

HWY_EXPORT(SoftmaxFloats);
HWY_EXPORT(SoftmaxDoubles);
HWY_EXPORT(HessianFloats);
HWY_EXPORT(HessianDoubles);
HWY_EXPORT(SparseScoresFloats);
HWY_EXPORT(SparseScoresDoubles);
HWY_EXPORT(SparseScoresWideFloats);
HWY_EXPORT(SparseScoresWideDoubles);
HWY_EXPORT(InnerProduct);
HWY_EXPORT(AddMultiple);

void softmax_block(const float* z, Index classes, Index ld, float* p, float* lse, float* expected) {
  HWY_DYNAMIC_DISPATCH(SoftmaxFloats)(z, classes, ld, p, lse, expected);
}
void softmax_block(const double* z, Index classes, Index ld, double* p, double* lse, double* expected) {
  HWY_DYNAMIC_DISPATCH(SoftmaxDoubles)(z, classes, ld, p, lse, expected);
}
void hessian_block(const float* p, const float* s, Index classes, Index ld, float* v) {
  HWY_DYNAMIC_DISPATCH(HessianFloats)(p, s, classes, ld, v);
}
void hessian_block(const double* p, const double* s, Index classes, Index ld, double* v) {
  HWY_DYNAMIC_DISPATCH(HessianDoubles)(p, s, classes, ld, v);
}
template <>
void sparse_scores(const std::int32_t* columns, const float* values, Index count, const float* weights, Index padded,
                   float* out) {
  HWY_DYNAMIC_DISPATCH(SparseScoresFloats)(columns, values, count, weights, padded, out);
}
template <>
void sparse_scores(const std::int32_t* columns, const float* values, Index count, const double* weights, Index padded,
                   double* out) {
  HWY_DYNAMIC_DISPATCH(SparseScoresDoubles)(columns, values, count, weights, padded, out);
}
template <>
void sparse_scores(const std::int32_t* columns, const double* values, Index count, const float* weights, Index padded,
                   float* out) {
  HWY_DYNAMIC_DISPATCH(SparseScoresWideFloats)(columns, values, count, weights, padded, out);
}
template <>
void sparse_scores(const std::int32_t* columns, const double* values, Index count, const double* weights, Index padded,
                   double* out) {
  HWY_DYNAMIC_DISPATCH(SparseScoresWideDoubles)(columns, values, count, weights, padded, out);
}

double inner_product(const float* x, const float* y, Index count) {
  return HWY_DYNAMIC_DISPATCH(InnerProduct)(x, y, count);
}

void add_multiple(float factor, const float* x, float* y, Index count) {
  HWY_DYNAMIC_DISPATCH(AddMultiple)(factor, x, y, count);
}

}  // namespace poise::inline convex
#endif  // HWY_ONCE
