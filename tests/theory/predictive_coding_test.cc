// The loss in the bulk: energy, its derivatives, and what hidden states at rest have to do with backpropagation
// (docs/theory/network.md).
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <array>

#include "learning/reference/reference.h"
#include "poise/information.h"
#include "sample_networks.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using reference::Adjoint;
using reference::Clamp;
using reference::PredictiveCoding;
using reference::Propagation;

constexpr std::array kActivations = {Activation::kIdentity, Activation::kSigmoid, Activation::kTanh, Activation::kRelu};
constexpr std::array kLosses = {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kSquared, Loss::kSquaredError};

Clamp clamp_of(const SampleNetwork& network, double weight = 1) { return {network.loss, network.targets, weight}; }

PredictiveCoding relaxed(const SampleNetwork& network, const Clamp& clamp, double rate, int steps) {
  return reference::predictive_coding(network.layers, network.inputs, clamp, {.rate = rate, .steps = steps});
}

PredictiveCoding at_rest(const SampleNetwork& network, const Clamp& clamp) {
  return relaxed(network, clamp, 0.2, 4000);
}

// ∂E/∂X_l, ∂E/∂W_l and ∂E/∂b_l at states that are anything but at rest.
TEST(PredictiveCoding, DerivativesOfTheEnergyAreThoseOfFiniteDifferences) {
  for (const Activation activation : kActivations) {
    for (const Loss loss : kLosses) {
      SampleNetwork network = random_network({4, 6, 5, 3}, activation, loss, 4, 21);
      const Clamp clamp = clamp_of(network, 0.7);
      std::vector<Matrix> x = network.pass().activation;
      NormalStream normals(22);
      for (std::size_t l = 1; l < network.depth(); ++l) x[l] += normals.matrix(x[l].rows(), x[l].cols());
      const Propagation states = reference::predict(network.layers, x);
      const Adjoint star = reference::energy_adjoint(network.layers, states, clamp);
      const reference::Gradient gradient = reference::gradient(star, states.activation);
      auto energy = [&] {
        return reference::energy(network.layers, reference::predict(network.layers, x), clamp).sum();
      };
      for (std::size_t l = 0; l < network.depth(); ++l) {
        EXPECT_LE(distance(star.activation_adjoint[l], finite_differences(x[l], energy)), 1e-7) << l;
        EXPECT_LE(distance(gradient.weights[l], finite_differences(network.layers[l].weights, energy)), 1e-7) << l;
        EXPECT_LE(distance(gradient.bias[l], finite_differences(network.layers[l].bias, energy)), 1e-7) << l;
      }
    }
  }
}

// For small τ relaxing is descent, row by row; and the bulk takes up energy that the output gives off.
TEST(PredictiveCoding, EnergyDoesNotRise) {
  for (const Activation activation : kActivations) {
    for (const Loss loss : kLosses) {
      const SampleNetwork network = random_network({4, 6, 5, 3}, activation, loss, 6, 23);
      const Clamp clamp = clamp_of(network);
      Vector before = relaxed(network, clamp, 0.05, 0).energy_before;
      for (int steps = 1; steps <= 60; ++steps) {
        const PredictiveCoding result = relaxed(network, clamp, 0.05, steps);
        EXPECT_LE((result.energy_after - before).maxCoeff(), 1e-14) << steps;
        before = result.energy_after;
      }
      EXPECT_EQ(reference::bulk_energy(network.layers, network.pass()).cwiseAbs().maxCoeff(), 0);
      EXPECT_GT(reference::bulk_energy(network.layers, relaxed(network, clamp, 0.05, 60).states).minCoeff(), 0);
    }
  }
}

// At rest the errors obey the equations of the F-adjoint, about the states that have relaxed.
TEST(PredictiveCoding, AtRestErrorsAreAnFAdjoint) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kTanh, Loss::kCrossEntropy, 6, 24, 0.7);
  const PredictiveCoding rest = at_rest(network, clamp_of(network));
  const Adjoint star = reference::adjoint(network.layers, rest.states, rest.adjoint.preactivation_adjoint.back());
  for (std::size_t l = 1; l < network.depth(); ++l) {
    EXPECT_LE(rest.adjoint.activation_adjoint[l].cwiseAbs().maxCoeff(), 1e-13) << l;
    EXPECT_LE(distance(rest.adjoint.preactivation_adjoint[l], star.preactivation_adjoint[l]), 1e-13) << l;
  }
}

double largest_distance(const std::vector<Matrix>& a, const std::vector<Matrix>& b) {
  double most = 0;
  for (std::size_t l = 1; l < a.size(); ++l) most = std::max(most, distance(a[l], b[l]));
  return most;
}

// The limit of backpropagation: an output that pulls with weight κ → 0. The error is proportional to κ.
TEST(PredictiveCoding, TendsToBackpropagationAsTheOutputPullsLess) {
  for (const Loss loss : kLosses) {
    const SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kTanh, loss, 6, 25, 0.7);
    const reference::Gradient want = reference::gradient(network.adjoint(), network.pass().activation);
    auto error = [&](double weight) {  // of Y*_l/κ, and of the gradient it makes with the states that have relaxed
      PredictiveCoding rest = at_rest(network, clamp_of(network, weight));
      for (Matrix& y_star : rest.adjoint.preactivation_adjoint) y_star /= weight;
      const reference::Gradient found = reference::gradient(rest.adjoint, rest.states.activation);
      double most = largest_distance(rest.adjoint.preactivation_adjoint, network.adjoint().preactivation_adjoint);
      for (std::size_t l = 0; l < network.depth(); ++l)
        most = std::max(most, distance(found.weights[l], want.weights[l]));
      return most;
    };
    EXPECT_NEAR(error(1e-3) / error(1e-4), 10, 0.1);
    EXPECT_LE(error(1e-4), 1e-3);
    EXPECT_GT(error(1), 1e-2);
  }
}

/// What Y*_L of a row tends to at rest: (I + R W_L S W_Lᵀ)⁻¹ (p − t), S_1 = I, S_l = I + D_l W_l S_{l−1} W_lᵀ D_l.
Vector settled_output_adjoint(const SampleNetwork& network, const Propagation& pass, Index row, const Vector& y_star) {
  const std::size_t depth = network.depth();
  Eigen::MatrixXd s = Eigen::MatrixXd::Zero(network.inputs.cols(), network.inputs.cols());  // the input is clamped
  for (std::size_t l = 1; l < depth; ++l) {
    const Layer& layer = network.layers[l - 1];
    const Vector d = reference::slope(layer.activation, pass.preactivation[l].row(row)).transpose();
    const Eigen::MatrixXd jacobian = d.asDiagonal() * layer.weights;
    s = Eigen::MatrixXd::Identity(d.size(), d.size()) + jacobian * s * jacobian.transpose();
  }
  const Vector p = softmax(pass.preactivation.back().row(row).transpose());
  const Eigen::MatrixXd curvature = Eigen::MatrixXd(p.asDiagonal()) - p * p.transpose();
  const Matrix& w = network.layers.back().weights;
  const Eigen::MatrixXd system = Eigen::MatrixXd::Identity(p.size(), p.size()) + curvature * w * s * w.transpose();
  return system.partialPivLu().solve(y_star);
}

// Targets that come close to the outputs are another limit: the output error shrinks by the curvature it meets, and
// the F-adjoint of what is left goes down. Not backpropagation.
TEST(PredictiveCoding, SmallErrorsAreBackpropagationOfADampedOutputError) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kTanh, Loss::kCrossEntropy, 6, 26, 0.7);
  const Propagation pass = network.pass();
  const Matrix output = network.output_adjoint();  // p − t
  Matrix damped = output;
  for (Index i = 0; i < output.rows(); ++i)
    damped.row(i) = settled_output_adjoint(network, pass, i, output.row(i).transpose()).transpose();
  const Adjoint limit = reference::adjoint(network.layers, pass, damped);
  auto small_errors = [&](double size) {
    Clamp clamp = clamp_of(network);
    clamp.targets += (1 - size) * output;  // p + size (t − p)
    Adjoint star = at_rest(network, clamp).adjoint;
    for (Matrix& y_star : star.preactivation_adjoint) y_star /= size;
    return star;
  };
  const double coarse = largest_distance(small_errors(1e-3).preactivation_adjoint, limit.preactivation_adjoint);
  const double fine = largest_distance(small_errors(1e-4).preactivation_adjoint, limit.preactivation_adjoint);
  EXPECT_NEAR(coarse / fine, 10, 0.1);
  EXPECT_LE(fine, 1e-4);
  EXPECT_GT(largest_distance(limit.preactivation_adjoint, network.adjoint().preactivation_adjoint), 1e-2);
}

// With τ = 1 layer l has backpropagation's error, and its gradient, exactly after L − l steps: the wave of errors has
// just arrived, and what lies below has not moved.
TEST(PredictiveCoding, UnitStepsPassBackpropagationDown) {
  for (const Activation activation : kActivations) {
    const SampleNetwork network = random_network({4, 6, 5, 4, 3}, activation, Loss::kSquared, 6, 27);
    const reference::Gradient want = reference::gradient(network.adjoint(), network.pass().activation);
    for (std::size_t l = 1; l <= network.depth(); ++l) {
      const PredictiveCoding wave = relaxed(network, clamp_of(network), 1, static_cast<int>(network.depth() - l));
      const reference::Gradient found = reference::gradient(wave.adjoint, wave.states.activation);
      EXPECT_LE(distance(found.weights[l - 1], want.weights[l - 1]), 1e-13) << l;
      EXPECT_LE(distance(found.bias[l - 1], want.bias[l - 1]), 1e-13) << l;
    }
  }
}

}  // namespace
}  // namespace poise
