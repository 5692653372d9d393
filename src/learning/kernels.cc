#include "learning/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::learning {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using Lane = hn::Vec<Tag>;

/// Calls body(k, tag) for whole vectors and body(k, one-lane tag) for the rest.
template <class Body>
HWY_INLINE void Loop(Index count, const Body& body) {
  const Tag whole;
  const hn::CappedTag<float, 1> single;
  const Index lanes = static_cast<Index>(hn::Lanes(whole));
  Index k = 0;
  for (; k + lanes <= count; k += lanes) body(k, whole);
  for (; k < count; ++k) body(k, single);
}

/// The same for the numbers of a rectangle.
template <class Body>
HWY_INLINE void LoopRectangle(const Rectangle& part, const Body& body) {
  if (part.stride == part.columns) return Loop(part.rows * part.columns, body);
  for (Index begin = 0; begin < part.rows * part.stride; begin += part.stride) {
    Loop(part.columns, [&](Index k, auto d) HWY_ATTR { body(begin + k, d); });
  }
}

template <class D>
HWY_INLINE hn::Vec<D> KeepNaN(D, hn::Vec<D> y, hn::Vec<D> value) {
  return hn::IfThenElse(hn::IsNaN(y), y, value);
}

template <class D>
HWY_INLINE hn::Vec<D> Activated(D d, Activation activation, hn::Vec<D> y) {
  switch (activation) {
    case Activation::kSigmoid: {  // e^{−|y|} ≤ 1: Highway's Exp is not meant for large arguments
      const auto one = hn::Set(d, 1.0f), e = hn::Exp(d, hn::Neg(hn::Abs(y))), inverse = hn::Div(one, hn::Add(one, e));
      return KeepNaN(d, y, hn::IfThenElse(hn::Ge(y, hn::Zero(d)), inverse, hn::Mul(e, inverse)));
    }
    case Activation::kTanh:
      return KeepNaN(d, y, hn::Tanh(d, y));
    case Activation::kRelu:
      return hn::IfThenElse(hn::Lt(y, hn::Zero(d)), hn::Zero(d), y);
    default:
      return y;
  }
}

template <class D>
HWY_INLINE hn::Vec<D> Derivative(D d, Activation activation, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f);
  switch (activation) {
    case Activation::kSigmoid:
      return hn::Mul(x, hn::Sub(one, x));
    case Activation::kTanh:
      return hn::NegMulAdd(x, x, one);
    case Activation::kRelu:
      return hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), one);
    default:
      return one;
  }
}

template <Activation kActivation>
HWY_INLINE void ActivateRows(const float* HWY_RESTRICT bias, const float* y, Index stride, float* x,
                             const Rectangle& part) {
  for (Index r = 0; r < part.rows; ++r, y += stride, x += part.stride) {
    Loop(part.columns, [&](Index k, auto d) HWY_ATTR {
      hn::StoreU(Activated(d, kActivation, hn::Add(hn::LoadU(d, y + k), hn::LoadU(d, bias + k))), d, x + k);
    });
  }
}
void AddBiasAndActivate(Activation activation, const float* bias, const float* y, Index stride, float* x,
                        const Rectangle& part) {
  switch (activation) {
    case Activation::kSigmoid:
      return ActivateRows<Activation::kSigmoid>(bias, y, stride, x, part);
    case Activation::kTanh:
      return ActivateRows<Activation::kTanh>(bias, y, stride, x, part);
    case Activation::kRelu:
      return ActivateRows<Activation::kRelu>(bias, y, stride, x, part);
    default:
      return ActivateRows<Activation::kIdentity>(bias, y, stride, x, part);
  }
}

void TimesDerivative(Activation activation, const float* HWY_RESTRICT x, const float* adjoint, Index stride, float* to,
                     const Rectangle& part) {
  for (Index r = 0; r < part.rows; ++r, adjoint += stride, x += part.stride, to += part.stride) {
    Loop(part.columns, [&](Index k, auto d) HWY_ATTR {
      hn::StoreU(hn::Mul(hn::LoadU(d, adjoint + k), Derivative(d, activation, hn::LoadU(d, x + k))), d, to + k);
    });
  }
}

void Relax(float rate, float share, const float* HWY_RESTRICT x, float* HWY_RESTRICT v, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    const auto old = hn::LoadU(d, v + k);
    const auto away = hn::MulSub(hn::Set(d, share), hn::LoadU(d, x + k), old);
    hn::StoreU(hn::MulAdd(hn::Set(d, rate), away, old), d, v + k);
  });
}

void AddScaled(float factor, const float* HWY_RESTRICT from, float* HWY_RESTRICT to, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    hn::StoreU(hn::MulAdd(hn::Set(d, factor), hn::LoadU(d, from + k), hn::LoadU(d, to + k)), d, to + k);
  });
}

void MultiplyBy(const float* HWY_RESTRICT from, float* HWY_RESTRICT to, const Rectangle& part) {
  LoopRectangle(part, [&](Index k, auto d)
                          HWY_ATTR { hn::StoreU(hn::Mul(hn::LoadU(d, from + k), hn::LoadU(d, to + k)), d, to + k); });
}

void ScaleFloats(const float* HWY_RESTRICT from, const float* HWY_RESTRICT shift, const float* HWY_RESTRICT gain,
                 float* HWY_RESTRICT to, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::Sub(hn::LoadU(d, from + k), hn::LoadU(d, shift + k)), hn::LoadU(d, gain + k)), d, to + k);
  });
}

void ScaleBytes(const std::uint8_t* HWY_RESTRICT from, const float* HWY_RESTRICT shift, const float* HWY_RESTRICT gain,
                float* HWY_RESTRICT to, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    const hn::Rebind<std::int32_t, decltype(d)> i32;
    const hn::Rebind<std::uint8_t, decltype(d)> u8;
    const auto value = hn::ConvertTo(d, hn::PromoteTo(i32, hn::LoadU(u8, from + k)));
    hn::StoreU(hn::Mul(hn::Sub(value, hn::LoadU(d, shift + k)), hn::LoadU(d, gain + k)), d, to + k);
  });
}

void AddColumns(const float* HWY_RESTRICT v, const Rectangle& part, float* HWY_RESTRICT sum) {
  for (Index r = 0; r < part.rows; ++r) AddScaled(1.0f, v + r * part.stride, sum, part.columns);
}

void ToBfloat16(const float* HWY_RESTRICT from, Bfloat16* HWY_RESTRICT to, const Rectangle& part) {
  LoopRectangle(part, [&](Index k, auto d) HWY_ATTR {
    const hn::Rebind<std::uint32_t, decltype(d)> u32;
    const hn::Rebind<std::uint16_t, decltype(d)> u16;
    const auto bits = hn::BitCast(u32, hn::LoadU(d, from + k));
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(u32, 1));
    const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(u32, 0x7fff)));
    hn::StoreU(hn::TruncateTo(u16, hn::ShiftRight<16>(rounded)), u16, to + k);
  });
}

void HeavyBallStep(float momentum, float learning_rate, float l2, const float* HWY_RESTRICT g, float* HWY_RESTRICT u,
                   float* HWY_RESTRICT w, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    const auto weight = hn::LoadU(d, w + k);
    const auto force = hn::MulAdd(hn::Set(d, l2), weight, hn::LoadU(d, g + k));
    const auto velocity = hn::MulSub(hn::Set(d, momentum), hn::LoadU(d, u + k), force);
    hn::StoreU(velocity, d, u + k);
    hn::StoreU(hn::MulAdd(hn::Set(d, learning_rate), velocity, weight), d, w + k);
  });
}

void ComplexMomentumStep(float real, float imaginary, float learning_rate, float l2, const float* HWY_RESTRICT g,
                         float* HWY_RESTRICT u, float* HWY_RESTRICT v, float* HWY_RESTRICT w, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    const auto weight = hn::LoadU(d, w + k), re = hn::LoadU(d, u + k), im = hn::LoadU(d, v + k);
    const auto force = hn::MulAdd(hn::Set(d, l2), weight, hn::LoadU(d, g + k));
    const auto a = hn::Set(d, real), b = hn::Set(d, imaginary);
    const auto next = hn::Sub(hn::MulSub(a, re, hn::Mul(b, im)), force);
    hn::StoreU(next, d, u + k);
    hn::StoreU(hn::MulAdd(b, re, hn::Mul(a, im)), d, v + k);
    hn::StoreU(hn::MulAdd(hn::Set(d, learning_rate), next, weight), d, w + k);
  });
}

void AdamStep(const AdamConstants& c, float learning_rate, float l2, const float* HWY_RESTRICT g, float* HWY_RESTRICT m,
              float* HWY_RESTRICT v, float* HWY_RESTRICT w, Index count) {
  Loop(count, [&](Index k, auto d) HWY_ATTR {
    const auto weight = hn::LoadU(d, w + k);
    const auto force = hn::MulAdd(hn::Set(d, l2), weight, hn::LoadU(d, g + k));
    const auto mean = hn::MulAdd(hn::Set(d, c.beta1), hn::LoadU(d, m + k), hn::Mul(hn::Set(d, 1 - c.beta1), force));
    const auto square =
        hn::MulAdd(hn::Set(d, c.beta2), hn::LoadU(d, v + k), hn::Mul(hn::Set(d, 1 - c.beta2), hn::Mul(force, force)));
    hn::StoreU(mean, d, m + k);
    hn::StoreU(square, d, v + k);
    const auto root = hn::Sqrt(hn::Div(square, hn::Set(d, c.correction2)));
    const auto step = hn::Div(hn::Div(mean, hn::Set(d, c.correction1)), hn::Add(root, hn::Set(d, c.epsilon)));
    hn::StoreU(hn::NegMulAdd(hn::Set(d, learning_rate), step, weight), d, w + k);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::learning
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::learning {

HWY_EXPORT(AddBiasAndActivate);
HWY_EXPORT(TimesDerivative);
HWY_EXPORT(Relax);
HWY_EXPORT(AddScaled);
HWY_EXPORT(MultiplyBy);
HWY_EXPORT(ScaleFloats);
HWY_EXPORT(ScaleBytes);
HWY_EXPORT(AddColumns);
HWY_EXPORT(ToBfloat16);
HWY_EXPORT(HeavyBallStep);
HWY_EXPORT(ComplexMomentumStep);
HWY_EXPORT(AdamStep);

void add_bias_and_activate(Activation activation, const float* bias, const float* y, Index stride, float* x,
                           const Rectangle& part) {
  HWY_DYNAMIC_DISPATCH(AddBiasAndActivate)(activation, bias, y, stride, x, part);
}
void times_derivative(Activation activation, const float* x, const float* adjoint, Index stride, float* to,
                      const Rectangle& part) {
  HWY_DYNAMIC_DISPATCH(TimesDerivative)(activation, x, adjoint, stride, to, part);
}
void relax(float rate, float share, const float* x, float* v, Index count) {
  HWY_DYNAMIC_DISPATCH(Relax)(rate, share, x, v, count);
}
void add_scaled(float factor, const float* from, float* to, Index count) {
  HWY_DYNAMIC_DISPATCH(AddScaled)(factor, from, to, count);
}
void multiply_by(const float* from, float* to, const Rectangle& part) {
  HWY_DYNAMIC_DISPATCH(MultiplyBy)(from, to, part);
}
void scale_row(const float* from, const float* shift, const float* gain, float* to, Index count) {
  HWY_DYNAMIC_DISPATCH(ScaleFloats)(from, shift, gain, to, count);
}
void scale_row(const std::uint8_t* from, const float* shift, const float* gain, float* to, Index count) {
  HWY_DYNAMIC_DISPATCH(ScaleBytes)(from, shift, gain, to, count);
}
void add_columns(const float* v, const Rectangle& part, float* sum) { HWY_DYNAMIC_DISPATCH(AddColumns)(v, part, sum); }
void to_bfloat16(const float* from, Bfloat16* to, const Rectangle& part) {
  HWY_DYNAMIC_DISPATCH(ToBfloat16)(from, to, part);
}
void heavy_ball_step(float momentum, float learning_rate, float l2, const float* g, float* u, float* w, Index count) {
  HWY_DYNAMIC_DISPATCH(HeavyBallStep)(momentum, learning_rate, l2, g, u, w, count);
}
void complex_momentum_step(float real, float imaginary, float learning_rate, float l2, const float* g, float* u,
                           float* v, float* w, Index count) {
  HWY_DYNAMIC_DISPATCH(ComplexMomentumStep)(real, imaginary, learning_rate, l2, g, u, v, w, count);
}
void adam_step(const AdamConstants& constants, float learning_rate, float l2, const float* g, float* m, float* v,
               float* w, Index count) {
  HWY_DYNAMIC_DISPATCH(AdamStep)(constants, learning_rate, l2, g, m, v, w, count);
}

}  // namespace poise::learning
#endif  // HWY_ONCE
