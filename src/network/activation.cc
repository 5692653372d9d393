#include "network/activation.h"

#include <array>

namespace poise {

const char* to_string(Activation activation) { return name_of(activation); }
const char* to_string(Head head) { return name_of(head); }

}  // namespace poise

namespace poise::inline network {
namespace {

double one(double) { return 1; }

/// In the order of the enumerators.
constexpr std::array<ActivationEntry, 4> kEntries = {
    {{"identity", nullptr, 1, false, [](double y) { return y; }, one, one, nullptr},
     {"sigmoid", "Sigmoid", 0.25, true, sigmoid, [](double y) { return sigmoid(y) * sigmoid(-y); },
      [](double x) { return x * (1 - x); }, [](double x) { return x * (1 - x) * (1 - 2 * x); }},
     {"tanh", "Tanh", 1, true, [](double y) { return std::tanh(y); },
      [](double y) { return 1 - std::tanh(y) * std::tanh(y); }, [](double x) { return 1 - x * x; },
      [](double x) { return -2 * x * (1 - x * x); }},
     {"relu", "Relu", 1, false, [](double y) { return y < 0 ? 0 : y; },  // NaN stays NaN
      [](double y) { return y > 0 ? 1.0 : 0.0; }, [](double x) { return x > 0 ? 1.0 : 0.0; }, nullptr}}};

constexpr auto kNames = [] {
  std::array<Named<Activation>, kEntries.size()> names{};
  for (std::size_t k = 0; k < names.size(); ++k) names[k] = {Activation{static_cast<int>(k)}, kEntries[k].name};
  return names;
}();

}  // namespace

const ActivationEntry& entry_of(Activation activation) { return kEntries[static_cast<std::size_t>(activation)]; }

std::span<const Named<Activation>> names_of(Activation) { return kNames; }

void activate(Activation activation, double* values, Index count) {
  if (activation == Activation::kIdentity) return;
  std::transform(values, values + count, values, entry_of(activation).value);
}

}  // namespace poise::inline network
