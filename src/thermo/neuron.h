// Activation maps of which every neuron has its own: values and two derivatives, entry by entry.
#pragma once

#include "learning/reference.h"
#include "network/activation.h"

namespace poise::thermo {

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
    out.segment(begin, count) = reference::slope(f, y.segment(begin, count));
  });
  return out;
}

/// f''(y): σ(1 − σ)(1 − 2σ) of the sigmoid, −2 tanh(1 − tanh²) of tanh, 0 of what is piecewise linear
inline Vector bend(const std::vector<Activation>& activation, const Vector& y) {
  const Vector value = activate(activation, y), first = slope(activation, y);
  Vector out = Vector::Zero(y.size());
  for_runs(activation, [&](Activation f, Index begin, Index count) {
    const auto x = value.segment(begin, count).array(), d = first.segment(begin, count).array();
    if (f == Activation::kSigmoid) out.segment(begin, count) = d * (1 - 2 * x);
    if (f == Activation::kTanh) out.segment(begin, count) = -2 * x * d;
  });
  return out;
}

}  // namespace poise::thermo
