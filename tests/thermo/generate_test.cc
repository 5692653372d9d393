// Outputs clamped, inputs relaxed: rows of a class.
#include "poise/generate.h"

#include <gtest/gtest.h>

#include "network/provenance.h"
#include "poise/error.h"
#include "poise/read.h"
#include "poise/softmax_regression.h"
#include "poise/training.h"
#include "sample_classifiers.h"
#include "thermo/states/relaxed_states.h"

namespace poise {
namespace {

/// Of random_classifier, with the units 0.5 … 3 recorded that it was made in.
Network sample(const std::vector<Index>& widths, Activation activation, std::uint64_t seed) {
  Network network = random_classifier(widths, activation, 1, seed, 2).network;
  network.metadata["feature_units"] = units_as_text(Vector::LinSpaced(widths.front(), 0.5, 3));
  return network;
}

Matrix in_units(const Network& network, const Matrix& rows) {
  const Vector units = recorded_units(network.metadata, network.feature_count()).value();
  return (rows.rowwise() - network.center.transpose()) * units.cwiseInverse().asDiagonal();
}

/// The class with the largest probability is the one asked for, of every class.
void expect_own_classes(const Generated& found) {
  for (Index c = 0; c < found.rows.rows(); ++c) {
    Index said = -1;
    found.probabilities.row(c).maxCoeff(&said);
    EXPECT_EQ(said, c) << found.probabilities.row(c);
  }
}

// ρ x̂ = u ∘ Wᵀ(t − q), q of the row itself.
TEST(Generate, RowsOfASoftmaxLayerAreStationary) {
  const Network network = sample({5, 4}, Activation::kIdentity, 1);
  const Matrix targets = Matrix::Identity(4, 4);
  const Generated found = generate(network, targets, {.prior = 0.3});
  const Matrix centered = found.rows.rowwise() - network.center.transpose();
  const Matrix scores =
      (centered * network.layers[0].weights.transpose()).rowwise() + network.layers[0].bias.transpose();
  for (Index c = 0; c < 4; ++c) {
    const Vector q = softmax(scores.row(c).transpose()), pull = targets.row(c).transpose() - q;
    const Vector expected = network.layers[0].weights.transpose() * pull;
    const Vector x = in_units(network, found.rows).row(c).transpose();
    EXPECT_LE((0.3 * x - Vector::LinSpaced(5, 0.5, 3).cwiseProduct(expected)).cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_NEAR(found.energy[c], 0.15 * x.squaredNorm() - std::log(q[c]), 1e-12);
    EXPECT_LE(distance(found.probabilities.row(c), q.transpose()), 1e-12);
  }
  EXPECT_LE(found.slope.maxCoeff(), 1e-8);
  expect_own_classes(found);
}

// At the inputs found the states are those of predictive coding there, and no other inputs nearby have less energy.
TEST(Generate, InputsAndHiddenStatesRestTogether) {
  const Network network = sample({4, 6, 5, 3}, Activation::kTanh, 2);
  const Matrix targets = Matrix::Identity(3, 3);
  const double prior = 0.5;
  const Generated found = generate(network, targets, {.prior = prior});
  EXPECT_LE(found.slope.maxCoeff(), 1e-7);
  Matrix rows = found.rows;
  const auto energy = [&]() -> Vector {
    const Matrix first = thermo::preactivation(network.layers[0], rows.rowwise() - network.center.transpose());
    return thermo::relax(network.layers, first, targets, 1e-20, {}, 1000).energy +
           0.5 * prior * in_units(network, rows).rowwise().squaredNorm();
  };
  EXPECT_LE(distance(energy(), found.energy), 1e-10);
  const Matrix slope = finite_differences<Matrix>(rows, [&] { return energy().sum(); });
  EXPECT_LE(slope.cwiseAbs().maxCoeff(), 1e-6);
}

TEST(Generate, EnergyNeverRises) {
  for (const Activation activation : {Activation::kTanh, Activation::kRelu, Activation::kSigmoid}) {
    const Network network = sample({4, 6, 5, 3}, activation, 3);
    const thermo::Propagation center = thermo::propagate(network.layers, Matrix::Zero(3, 4));
    Vector before = thermo::ScoreLoss{}.losses(center.preactivation.back(), Matrix::Identity(3, 3));
    for (int steps = 1; steps <= 40; ++steps) {
      const Vector now = generate(network, Matrix::Identity(3, 3), {.steps = steps}).energy;
      EXPECT_LE((now - before).maxCoeff(), 0) << steps;
      before = now;
    }
  }
}

TEST(Generate, StrongPriorsHoldInputsAtTheCenterAndConstantFeaturesStay) {
  Network network = sample({4, 3}, Activation::kIdentity, 4);
  EXPECT_LE(in_units(network, generate(network, Matrix::Identity(3, 3), {.prior = 1e9}).rows).norm(), 1e-7);
  network.metadata["feature_units"] = "1 0 1 1";
  const Matrix rows = generate(network, Matrix::Identity(3, 3)).rows;
  EXPECT_EQ(rows.col(1), Vector::Constant(3, network.center[1]));
  EXPECT_GT((rows.col(0).array() - network.center[0]).abs().minCoeff(), 1e-3);
}

TEST(Generate, DigitsAreOfTheirClasses) {
  const Dataset data = read_dataset("digits");
  const Matrix targets = Matrix::Identity(10, 10);
  expect_own_classes(generate(fit_softmax(data).model, targets));
  for (const std::vector<Index>& hidden : {std::vector<Index>{32}, {32, 16}}) {
    for (const Activation activation : {Activation::kRelu, Activation::kTanh}) {
      NetworkOptions options;
      options.hidden = hidden;
      options.activation = activation;
      options.epochs = 10;
      const Generated found = generate(train_network(data, options).network, targets);
      expect_own_classes(found);
      if (activation == Activation::kTanh) {  // of ReLU rest may be on a kink
        EXPECT_LE(found.slope.maxCoeff(), 1e-6);
      }
    }
  }
}

TEST(Generate, RefusesOtherHeadsAndTargets) {
  Network network = sample({4, 3}, Activation::kIdentity, 5);
  EXPECT_THROW(generate(network, Matrix::Identity(2, 2)), Error);
  EXPECT_THROW(generate(network, Matrix::Identity(3, 3), {.prior = 0}), Error);
  EXPECT_THROW(generate(network, Matrix::Identity(3, 3), {.steps = 0}), Error);
  network.head = Head::kSigmoid;
  EXPECT_THROW(generate(network, Matrix::Identity(3, 3)), Error);
}

}  // namespace
}  // namespace poise
