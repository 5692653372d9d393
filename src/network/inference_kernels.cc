#include "network/inference_kernels.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "network/inference_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline network {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;

Index FindNonzeros(const float* HWY_RESTRICT x, Index size, std::int32_t* HWY_RESTRICT places,
                   float* HWY_RESTRICT values) {
  const Floats f;
  const hn::RebindToSigned<Floats> i32;
  const Index lanes = static_cast<Index>(hn::Lanes(f));
  auto place = hn::Iota(i32, 0);  // not once per vector: that goes through memory
  Index count = 0, j = 0;
  for (; j + lanes <= size; j += lanes) {
    const auto v = hn::LoadU(f, x + j);
    const auto found = hn::Not(hn::Eq(v, hn::Zero(f)));  // Ne would leave out NaN
    hn::StoreU(hn::Compress(place, hn::RebindMask(i32, found)), i32, places + count);
    hn::StoreU(hn::Compress(v, found), f, values + count);
    count += static_cast<Index>(hn::CountTrue(f, found));
    place = hn::Add(place, hn::Set(i32, static_cast<std::int32_t>(lanes)));
  }
  for (; j < size; ++j) {
    places[count] = static_cast<std::int32_t>(j);
    values[count] = x[j];
    count += x[j] == 0 ? 0 : 1;
  }
  return count;
}

Index CountNonzeros(const float* HWY_RESTRICT x, Index size) {
  const Floats f;
  const Index lanes = static_cast<Index>(hn::Lanes(f));
  Index zeros = 0, j = 0;
  for (; j + lanes <= size; j += lanes) {
    zeros += static_cast<Index>(hn::CountTrue(f, hn::Eq(hn::LoadU(f, x + j), hn::Zero(f))));
  }
  for (; j < size; ++j) zeros += x[j] == 0 ? 1 : 0;
  return size - zeros;
}

// One vector of outputs; four sums, since one would wait for itself.
HWY_INLINE void SumOneVector(const std::int32_t* HWY_RESTRICT places, const float* HWY_RESTRICT values, Index count,
                             const float* HWY_RESTRICT weights, const float* HWY_RESTRICT bias, Index padded,
                             float* HWY_RESTRICT y) {
  const Floats f;
  const auto term = [&](Index k, auto sum) HWY_ATTR {
    return hn::MulAdd(hn::Set(f, values[k]), hn::LoadU(f, weights + places[k] * padded), sum);
  };
  auto s0 = hn::LoadU(f, bias), s1 = hn::Zero(f), s2 = hn::Zero(f), s3 = hn::Zero(f);
  Index k = 0;
  for (; k + 4 <= count; k += 4) {
    s0 = term(k, s0);
    s1 = term(k + 1, s1);
    s2 = term(k + 2, s2);
    s3 = term(k + 3, s3);
  }
  for (; k < count; ++k) s0 = term(k, s0);
  hn::StoreU(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), f, y);
}

// Eight vectors of outputs: as many sums as AVX2 has registers for.
HWY_INLINE void SumEightVectors(const std::int32_t* HWY_RESTRICT places, const float* HWY_RESTRICT values, Index count,
                                const float* HWY_RESTRICT weights, const float* HWY_RESTRICT bias, Index padded,
                                float* HWY_RESTRICT y) {
  const Floats f;
  const Index n = static_cast<Index>(hn::Lanes(f));
  auto s0 = hn::LoadU(f, bias), s1 = hn::LoadU(f, bias + n), s2 = hn::LoadU(f, bias + 2 * n);
  auto s3 = hn::LoadU(f, bias + 3 * n), s4 = hn::LoadU(f, bias + 4 * n), s5 = hn::LoadU(f, bias + 5 * n);
  auto s6 = hn::LoadU(f, bias + 6 * n), s7 = hn::LoadU(f, bias + 7 * n);
  for (Index k = 0; k < count; ++k) {
    const auto x = hn::Set(f, values[k]);
    const float* HWY_RESTRICT row = weights + places[k] * padded;
    s0 = hn::MulAdd(x, hn::LoadU(f, row), s0);
    s1 = hn::MulAdd(x, hn::LoadU(f, row + n), s1);
    s2 = hn::MulAdd(x, hn::LoadU(f, row + 2 * n), s2);
    s3 = hn::MulAdd(x, hn::LoadU(f, row + 3 * n), s3);
    s4 = hn::MulAdd(x, hn::LoadU(f, row + 4 * n), s4);
    s5 = hn::MulAdd(x, hn::LoadU(f, row + 5 * n), s5);
    s6 = hn::MulAdd(x, hn::LoadU(f, row + 6 * n), s6);
    s7 = hn::MulAdd(x, hn::LoadU(f, row + 7 * n), s7);
  }
  hn::StoreU(s0, f, y), hn::StoreU(s1, f, y + n), hn::StoreU(s2, f, y + 2 * n), hn::StoreU(s3, f, y + 3 * n);
  hn::StoreU(s4, f, y + 4 * n), hn::StoreU(s5, f, y + 5 * n), hn::StoreU(s6, f, y + 6 * n);
  hn::StoreU(s7, f, y + 7 * n);
}

void SumRows(const std::int32_t* places, const float* values, Index count, const float* weights, const float* bias,
             Index padded, float* y) {
  const Index lanes = static_cast<Index>(hn::Lanes(Floats()));
  Index c = 0;
  for (; c + 8 * lanes <= padded; c += 8 * lanes) {
    SumEightVectors(places, values, count, weights + c, bias + c, padded, y + c);
  }
  for (; c < padded; c += lanes) SumOneVector(places, values, count, weights + c, bias + c, padded, y + c);
}

template <typename Function>
HWY_INLINE void Transform(float* y, Index count, Function function) {
  const Floats f;
  const Index lanes = static_cast<Index>(hn::Lanes(f));
  for (Index k = 0; k < count; k += lanes) {
    const auto v = hn::LoadU(f, y + k);
    hn::StoreU(hn::IfThenElse(hn::IsNaN(v), v, function(f, v)), f, y + k);
  }
}

void Sigmoids(float* y, Index count) {
  Transform(y, count, [](auto f, auto v) HWY_ATTR {
    const auto one = hn::Set(f, 1.0f);
    const auto e = hn::Exp(f, hn::Neg(hn::Abs(v)));  // in [0, 1]: neither side overflows
    return hn::Div(hn::IfThenElse(hn::Lt(v, hn::Zero(f)), e, one), hn::Add(one, e));
  });
}

void Tanhs(float* y, Index count) {
  Transform(y, count, [](auto f, auto v) HWY_ATTR { return hn::Tanh(f, v); });
}

void Relus(float* y, Index count) {
  Transform(y, count, [](auto f, auto v) HWY_ATTR { return hn::Max(v, hn::Zero(f)); });
}

void LogSigmoids(float* y, Index count) {
  Transform(y, count, [](auto f, auto v) HWY_ATTR {
    return hn::Sub(hn::Min(v, hn::Zero(f)), hn::Log1p(f, hn::Exp(f, hn::Neg(hn::Abs(v)))));
  });
}

void Subtract(const float* HWY_RESTRICT from, const float* HWY_RESTRICT center, Index count, float* HWY_RESTRICT out) {
  for (Index k = 0; k < count; ++k) out[k] = from[k] - center[k];
}

// One row of K numbers; e^{z − max} takes the place of z.
HWY_INLINE void SoftmaxOfRow(float* HWY_RESTRICT z, Index classes, float* HWY_RESTRICT out) {
  const Floats f;
  const Index lanes = static_cast<Index>(hn::Lanes(f));
  const auto no_class = hn::Set(f, -std::numeric_limits<float>::infinity());
  const auto score = [&](Index c)
                         HWY_ATTR { return hn::IfThenElse(hn::FirstN(f, classes - c), hn::LoadU(f, z + c), no_class); };
  auto largest = score(0);
  for (Index c = lanes; c < classes; c += lanes) largest = hn::Max(largest, score(c));
  largest = hn::MaxOfLanes(f, largest);
  auto sum = hn::Zero(f);
  for (Index c = 0; c < classes; c += lanes) {
    const auto shifted = hn::Sub(score(c), largest);
    const auto e = hn::IfThenElse(hn::IsNaN(shifted), shifted, hn::Exp(f, shifted));
    sum = hn::Add(sum, e);
    hn::StoreU(e, f, z + c);
  }
  const auto inverse = hn::Div(hn::Set(f, 1.0f), hn::SumOfLanes(f, sum));
  for (Index c = 0; c < classes; c += lanes) hn::StoreU(hn::Mul(hn::LoadU(f, z + c), inverse), f, z + c);
  std::copy_n(z, classes, out);  // no vector may reach past the row: what follows is another thread's
}

void Softmax(float* HWY_RESTRICT z, Index rows, Index classes, Index padded, float* HWY_RESTRICT out) {
  for (Index i = 0; i < rows; ++i) SoftmaxOfRow(z + i * padded, classes, out + i * classes);
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline network
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline network {

HWY_EXPORT(FindNonzeros);
HWY_EXPORT(CountNonzeros);
HWY_EXPORT(SumRows);
HWY_EXPORT(Sigmoids);
HWY_EXPORT(Tanhs);
HWY_EXPORT(Relus);
HWY_EXPORT(LogSigmoids);
HWY_EXPORT(Subtract);
HWY_EXPORT(Softmax);

Index find_nonzeros(const float* x, Index size, std::int32_t* places, float* values) {
  return HWY_DYNAMIC_DISPATCH(FindNonzeros)(x, size, places, values);
}
Index count_nonzeros(const float* x, Index size) { return HWY_DYNAMIC_DISPATCH(CountNonzeros)(x, size); }
void sum_rows(const std::int32_t* places, const float* values, Index count, const float* weights, const float* bias,
              Index padded, float* y) {
  HWY_DYNAMIC_DISPATCH(SumRows)(places, values, count, weights, bias, padded, y);
}
void subtract(const float* from, const float* center, Index count, float* out) {
  HWY_DYNAMIC_DISPATCH(Subtract)(from, center, count, out);
}

void activate(Activation activation, float* y, Index count) {
  switch (activation) {
    case Activation::kIdentity:
      return;
    case Activation::kSigmoid:
      return HWY_DYNAMIC_DISPATCH(Sigmoids)(y, count);
    case Activation::kTanh:
      return HWY_DYNAMIC_DISPATCH(Tanhs)(y, count);
    case Activation::kRelu:
      return HWY_DYNAMIC_DISPATCH(Relus)(y, count);
  }
}

void head_probabilities(Head head, float* scores, Index rows, Index classes, Index padded, float* out) {
  if (head == Head::kSigmoid) HWY_DYNAMIC_DISPATCH(LogSigmoids)(scores, rows * padded);
  HWY_DYNAMIC_DISPATCH(Softmax)(scores, rows, classes, padded, out);
}

}  // namespace poise::inline network
#endif  // HWY_ONCE
