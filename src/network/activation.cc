#include "network/activation.h"

namespace poise {
namespace {

template <typename Enum>
std::optional<Enum> named(std::string_view name, std::initializer_list<Enum> all) {
  for (Enum value : all) {
    if (name == to_string(value)) return value;
  }
  return std::nullopt;
}

}  // namespace

const char* to_string(Activation activation) {
  switch (activation) {
    case Activation::kIdentity:
      return "identity";
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kTanh:
      return "tanh";
    case Activation::kRelu:
      return "relu";
  }
  return "unknown";
}

const char* to_string(Head head) { return head == Head::kSoftmax ? "softmax" : "sigmoid"; }

}  // namespace poise

namespace poise::inline network {

std::optional<Activation> activation_named(std::string_view name) {
  return named(name, {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh, Activation::kRelu});
}

std::optional<Head> head_named(std::string_view name) { return named(name, {Head::kSoftmax, Head::kSigmoid}); }

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
