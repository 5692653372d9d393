// What learning in the canonical ensemble does to the factorization of Z: a row that has been learned reacts little to
// the weights. docs/theory/network.md#learning-in-the-canonical-ensemble.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "poise/read.h"
#include "poise/theory/equilibrium.h"
#include "poise/training.h"

namespace poise {
namespace {

constexpr double kT = 0.01;

/// The network with the input and the target of a row clamped: ℋ = ½Σ‖X_l − σ(Y_l)‖² + ½‖σ(Y_L) − t‖².
Septuple clamped_to_row(const Network& network, const Dataset& data, Index row) {
  const Index features = data.features.cols();
  Vector input = -network.center;
  for (Index j = 0; j < features; ++j)
    input[j] += static_cast<double>(data.features.array<std::uint8_t>()[row * features + j]);
  Septuple out = to_septuple(network.layers, input);
  std::vector<Index> held = out.inputs;
  for (const Index output : out.outputs) {
    out.activation[static_cast<std::size_t>(output)] = Activation::kSigmoid;
    held.push_back(output);
  }
  Vector values = Vector::Zero(static_cast<Index>(held.size()));
  values.head(features) = input;
  values[features + data.labels[static_cast<std::size_t>(row)]] = 1;
  return clamp(out, held, values);
}

/// max |∂U/∂θ| of the first rows, ascending.
std::vector<double> reactions(const Network& network, const Dataset& data) {
  constexpr Index kRows = 11;
  std::vector<double> found;
  for (Index row = 0; row < kRows; ++row) {
    found.push_back(
        test_factorization(clamped_to_row(network, data, row), kT, {.sampling = {.samples = 1 << 12}}).largest);
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(CanonicalLearning, BringsThePartitionFunctionOfMostRowsNearerToFactorizing) {
  NetworkOptions options;
  options.hidden = {16};
  options.activation = Activation::kTanh;
  options.loss = Loss::kSquared;
  options.rule = Rule::kCanonical;
  options.temperature = kT;
  options.relaxation_rate = 0.3;
  options.relaxation_steps = 20;
  options.epochs = 60;
  const Dataset train = read_dataset("digits"), test = read_dataset("digits:test");
  NetworkOptions still = options;
  still.epochs = 1, still.step = Step::kSgd, still.learning_rate = 1e-12;
  const std::vector<double> before = reactions(train_network(train, still).network, test);
  const std::vector<double> after = reactions(train_network(train, options).network, test);
  const std::size_t middle = before.size() / 2;
  std::printf("max |dU/dtheta|, least, median and largest of %zu rows: %.3g %.3g %.3g before, %.3g %.3g %.3g after\n",
              before.size(), before.front(), before[middle], before.back(), after.front(), after[middle], after.back());
  EXPECT_LT(after[middle], 0.1 * before[middle]);
}

}  // namespace
}  // namespace poise
