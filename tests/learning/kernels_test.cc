// Elementwise kernels at the ends of their range; their use in training is tested in workspace_test.cc.
#include "learning/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace poise::learning {
namespace {

// More than a vector, so that whole vectors and the rest are both taken.
std::vector<float> activated(Activation activation, float y) {
  std::vector<float> values(19, y);
  const std::vector<float> bias(values.size(), 0.0f);
  const auto count = static_cast<Index>(values.size());
  add_bias_and_activate(activation, bias.data(), values.data(), count, values.data(), {1, count, count});
  return values;
}

class EveryActivationFunction : public testing::TestWithParam<Activation> {};
INSTANTIATE_TEST_SUITE_P(Kernels, EveryActivationFunction,
                         testing::Values(Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                         Activation::kRelu));

double exact(Activation activation, double y) {
  switch (activation) {
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-y));
    case Activation::kTanh:
      return std::tanh(y);
    case Activation::kRelu:
      return std::max(y, 0.0);
    default:
      return y;
  }
}

TEST_P(EveryActivationFunction, IsItselfForLargeArguments) {
  for (float y :
       {-3e38f, -1e4f, -265.0f, -178.1f, -104.0f, -88.0f, -5.0f, -0.0f, 0.0f, 5.0f, 88.0f, 178.1f, 1e4f, 3e38f}) {
    const double expected = exact(GetParam(), static_cast<double>(y));
    for (float found : activated(GetParam(), y)) {
      EXPECT_NEAR(static_cast<double>(found), expected, 2e-7 * std::max(1.0, std::abs(expected))) << y;
    }
  }
}

TEST_P(EveryActivationFunction, KeepsNaN) {
  for (float found : activated(GetParam(), std::numeric_limits<float>::quiet_NaN())) EXPECT_TRUE(std::isnan(found));
}

}  // namespace
}  // namespace poise::learning
