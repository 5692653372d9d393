// Activations by name and elementwise, in double precision.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/names.h"
#include "poise/network.h"

namespace poise::inline network {

inline std::span<const Named<Activation>> names_of(Activation) {
  static constexpr Named<Activation> kAll[] = {{Activation::kIdentity, "identity"},
                                               {Activation::kSigmoid, "sigmoid"},
                                               {Activation::kTanh, "tanh"},
                                               {Activation::kRelu, "relu"}};
  return kAll;
}

inline std::span<const Named<Head>> names_of(Head) {
  static constexpr Named<Head> kAll[] = {{Head::kSoftmax, "softmax"},
                                         {Head::kSigmoid, "sigmoid"},
                                         {Head::kLinear, "linear"},
                                         {Head::kLogistic, "logistic"}};
  return kAll;
}

/// σ(y) = 1/(1 + e^−y); no overflow matters: 1/(1 + ∞) is the 0 that it should be.
inline double sigmoid(double y) { return 1 / (1 + std::exp(-y)); }

/// ln σ(y) = min(y, 0) − ln(1 + e^−|y|): finite wherever y is.
inline double log_sigmoid(double y) { return (y > 0 ? 0 : y) - std::log1p(std::exp(-std::abs(y))); }

/// In place: values[k] ← σ(values[k]).
void activate(Activation activation, double* values, Index count);

}  // namespace poise::inline network
