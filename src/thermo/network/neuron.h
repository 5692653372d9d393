// Activation maps of which every neuron has its own: values and two derivatives, entry by entry.
#pragma once

#include "base/index.h"
#include "learning/reference/reference.h"
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
    out.segment(begin, count) = learning::reference::slope(f, y.segment(begin, count));
  });
  return out;
}

/// f''(y)
inline Vector bend(const std::vector<Activation>& activation, const Vector& y) {
  Vector out = activate(activation, y);
  for (Index i = 0; i < out.size(); ++i) {
    const auto bend_at = entry_of(activation[i]).bend_at;
    out[i] = bend_at ? bend_at(out[i]) : 0;
  }
  return out;
}

}  // namespace poise::thermo
