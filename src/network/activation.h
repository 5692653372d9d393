// Activations: what there is to know of each, and elementwise, in double precision.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/names.h"
#include "poise/network.h"

namespace poise::inline network {

/// An activation σ in float64: a row of the table in activation.cc. Its float32 forms are in learning/kernels.cc and
/// network/inference_kernels.cc.
struct ActivationEntry {
  const char* name;
  const char* onnx;      ///< its operator there; null: none is needed
  double largest_slope;  ///< of |σ'|
  bool bounded;          ///< whether σ is
  double (*value)(double y);
  double (*slope)(double y);     ///< σ'(y)
  double (*slope_at)(double x);  ///< σ' where σ = x
  double (*bend_at)(double x);   ///< σ'' where σ = x; null: it is 0 wherever there is one
};
const ActivationEntry& entry_of(Activation activation);
std::span<const Named<Activation>> names_of(Activation);

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
