#include "network/activation.h"

namespace poise {

const char* to_string(Activation activation) { return name_of(activation); }
const char* to_string(Head head) { return name_of(head); }

}  // namespace poise

namespace poise::inline network {

void activate(Activation activation, double* values, Index count) {
  switch (activation) {
    case Activation::kIdentity:
      return;
    case Activation::kSigmoid:
      std::transform(values, values + count, values, &sigmoid);
      return;
    case Activation::kTanh:
      std::transform(values, values + count, values, [](double y) { return std::tanh(y); });
      return;
    case Activation::kRelu:
      std::transform(values, values + count, values, [](double y) { return y < 0 ? 0 : y; });  // NaN stays NaN
      return;
  }
}

}  // namespace poise::inline network
