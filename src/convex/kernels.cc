#include "convex/kernels.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convex/kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void ConvertBytesToFloats(const std::uint8_t* HWY_RESTRICT from, float* HWY_RESTRICT to, Index count) {
  const hn::ScalableTag<float> f;
  const hn::Rebind<std::int32_t, decltype(f)> i32;
  const hn::Rebind<std::uint8_t, decltype(f)> u8;
  const Index lanes = static_cast<Index>(hn::Lanes(f));
  Index k = 0;
  for (; k + lanes <= count; k += lanes) {
    hn::StoreU(hn::ConvertTo(f, hn::PromoteTo(i32, hn::LoadU(u8, from + k))), f, to + k);
  }
  for (; k < count; ++k) to[k] = static_cast<float>(from[k]);
}

void ConvertBytesToDoubles(const std::uint8_t* HWY_RESTRICT from, double* HWY_RESTRICT to, Index count) {
  for (Index k = 0; k < count; ++k) to[k] = static_cast<double>(from[k]);
}

void ConvertFloatsToDoubles(const float* HWY_RESTRICT from, double* HWY_RESTRICT to, Index count) {
  const hn::ScalableTag<double> f64;
  const hn::Rebind<float, decltype(f64)> f32;
  const Index lanes = static_cast<Index>(hn::Lanes(f64));
  Index k = 0;
  for (; k + lanes <= count; k += lanes) hn::StoreU(hn::PromoteTo(f64, hn::LoadU(f32, from + k)), f64, to + k);
  for (; k < count; ++k) to[k] = static_cast<double>(from[k]);
}

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

template <typename T>
HWY_INLINE void SparseScores(const std::int32_t* HWY_RESTRICT columns, const float* HWY_RESTRICT values, Index count,
                             const T* HWY_RESTRICT weights, Index padded, T* HWY_RESTRICT out) {
  const hn::ScalableTag<T> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  for (Index c = 0; c < padded; c += lanes) {
    auto sum = hn::LoadU(t, out + c);
    for (Index k = 0; k < count; ++k) {
      sum = hn::MulAdd(hn::Set(t, static_cast<T>(values[k])), hn::LoadU(t, weights + columns[k] * padded + c), sum);
    }
    hn::StoreU(sum, t, out + c);
  }
}
void SparseScoresFloats(const std::int32_t* columns, const float* values, Index count, const float* weights,
                        Index padded, float* out) {
  SparseScores(columns, values, count, weights, padded, out);
}
void SparseScoresDoubles(const std::int32_t* columns, const float* values, Index count, const double* weights,
                         Index padded, double* out) {
  SparseScores(columns, values, count, weights, padded, out);
}

template <typename T>
HWY_INLINE void SparseScatter(const std::int32_t* HWY_RESTRICT columns, const float* HWY_RESTRICT values, Index count,
                              const T* HWY_RESTRICT residual, Index padded, T* HWY_RESTRICT product) {
  const hn::ScalableTag<T> t;
  const Index lanes = static_cast<Index>(hn::Lanes(t));
  for (Index k = 0; k < count; ++k) {
    const auto value = hn::Set(t, static_cast<T>(values[k]));
    T* HWY_RESTRICT row = product + columns[k] * padded;
    for (Index c = 0; c < padded; c += lanes) {
      hn::StoreU(hn::MulAdd(value, hn::LoadU(t, residual + c), hn::LoadU(t, row + c)), t, row + c);
    }
  }
}
void SparseScatterFloats(const std::int32_t* columns, const float* values, Index count, const float* residual,
                         Index padded, float* product) {
  SparseScatter(columns, values, count, residual, padded, product);
}
void SparseScatterDoubles(const std::int32_t* columns, const float* values, Index count, const double* residual,
                          Index padded, double* product) {
  SparseScatter(columns, values, count, residual, padded, product);
}

}  // namespace HWY_NAMESPACE
}  // namespace poise
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise {

HWY_EXPORT(ConvertBytesToFloats);
HWY_EXPORT(ConvertBytesToDoubles);
HWY_EXPORT(ConvertFloatsToDoubles);
HWY_EXPORT(SoftmaxFloats);
HWY_EXPORT(SoftmaxDoubles);
HWY_EXPORT(HessianFloats);
HWY_EXPORT(HessianDoubles);
HWY_EXPORT(SparseScoresFloats);
HWY_EXPORT(SparseScoresDoubles);
HWY_EXPORT(SparseScatterFloats);
HWY_EXPORT(SparseScatterDoubles);

void convert(const std::uint8_t* from, float* to, Index count) {
  HWY_DYNAMIC_DISPATCH(ConvertBytesToFloats)(from, to, count);
}
void convert(const std::uint8_t* from, double* to, Index count) {
  HWY_DYNAMIC_DISPATCH(ConvertBytesToDoubles)(from, to, count);
}
void convert(const float* from, double* to, Index count) {
  HWY_DYNAMIC_DISPATCH(ConvertFloatsToDoubles)(from, to, count);
}
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
void sparse_scores(const std::int32_t* columns, const float* values, Index count, const float* weights, Index padded,
                   float* out) {
  HWY_DYNAMIC_DISPATCH(SparseScoresFloats)(columns, values, count, weights, padded, out);
}
void sparse_scores(const std::int32_t* columns, const float* values, Index count, const double* weights, Index padded,
                   double* out) {
  HWY_DYNAMIC_DISPATCH(SparseScoresDoubles)(columns, values, count, weights, padded, out);
}
void sparse_scatter(const std::int32_t* columns, const float* values, Index count, const float* residual, Index padded,
                    float* product) {
  HWY_DYNAMIC_DISPATCH(SparseScatterFloats)(columns, values, count, residual, padded, product);
}
void sparse_scatter(const std::int32_t* columns, const float* values, Index count, const double* residual, Index padded,
                    double* product) {
  HWY_DYNAMIC_DISPATCH(SparseScatterDoubles)(columns, values, count, residual, padded, product);
}

}  // namespace poise
#endif  // HWY_ONCE
