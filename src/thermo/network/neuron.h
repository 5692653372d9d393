// Activation maps of which every neuron has its own: values and two derivatives, entry by entry.
#pragma once

#include "base/index.h"
#include "learning/reference/reference.h"
#include "network/activation.h"

namespace poise::thermo {

/// σ' where σ = x.
inline double slope_at(Activation activation, double x) {
  switch (activation) {
    case Activation::kIdentity:
      return 1;
    case Activation::kSigmoid:
      return x * (1 - x);
    case Activation::kTanh:
      return 1 - x * x;
    case Activation::kRelu:
      return x > 0 ? 1 : 0;
  }
  return 1;
}

/// σ'' where σ = x: σ(1 − σ)(1 − 2σ) of the sigmoid, −2 tanh(1 − tanh²) of tanh, 0 of what is piecewise linear.
inline double bend_at(Activation activation, double x) {
  if (activation == Activation::kSigmoid) return x * (1 - x) * (1 - 2 * x);
  return activation == Activation::kTanh ? -2 * x * (1 - x * x) : 0;
}

/// Calls use(activation, begin, count) for every run of neurons with the same activation.
template <typename Use>
void for_runs(const std::vector<Activation>& activation, Use use) {
  for (std::size_t begin = 0, end = 0; begin < activation.size(); begin = end) {
    while (end < activation.size() && activation[end] == activation[begin]) ++end;
    use(activation[begin], static_cast<Index>(begin), static_cast<Index>(end - begin));
  }
}

/// f(y)
inline Vector activate(const std::vector<Activation>& activation, Vector y) {
  for_runs(activation, [&](Activation f, Index begin, Index count) { poise::activate(f, y.data() + begin, count); });
  return y;
}

/// f'(y); of ReLU 0 at 0
inline Vector slope(const std::vector<Activation>& activation, const Vector& y) {
  Vector out(y.size());
  for_runs(activation, [&](Activation f, Index begin, Index count) {
    out.segment(begin, count) = learning::reference::slope(f, y.segment(begin, count));
  });
  return out;
}

/// f''(y)
inline Vector bend(const std::vector<Activation>& activation, const Vector& y) {
  Vector out = activate(activation, y);
  for (Index i = 0; i < out.size(); ++i) out[i] = bend_at(activation[i], out[i]);
  return out;
}

}  // namespace poise::thermo
