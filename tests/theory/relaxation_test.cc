// Relaxation towards the F-adjoint, and the order of updates: docs/theory/network.md#local-rules.
#include <gtest/gtest.h>

#include <cmath>

#include "learning/reference/reference.h"
#include "sample_networks.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using reference::Adjoint;
using reference::Evaluation;
using reference::Propagation;
using reference::Relaxing;
using reference::Update;

SampleNetwork deep_network(std::uint64_t seed = 3) {
  return random_network({5, 7, 6, 5, 4}, Activation::kSigmoid, Loss::kSquared, 8, seed);
}

double largest_distance(const std::vector<Matrix>& a, const std::vector<Matrix>& b) {
  double most = 0;
  for (std::size_t l = 1; l < a.size(); ++l) most = std::max(most, distance(a[l], b[l]));
  return most;
}

TEST(Relaxation, ClosedFormIsTheLoop) {
  const SampleNetwork network = deep_network();
  for (const double rate : {0.1, 0.5, 1.0, 1.5}) {
    for (const Order order : {Order::kJacobi, Order::kGaussSeidel}) {
      auto update = [&](Evaluation evaluation) {
        return reference::equilibrium_update(network.layers, network.pass(), network.output_adjoint(), 0.1, order,
                                             {.rate = rate, .steps = 100}, evaluation);
      };
      const Update closed = update(Evaluation::kClosedForm), loop = update(Evaluation::kLoop);
      EXPECT_LE(largest_distance(closed.adjoint.activation_adjoint, loop.adjoint.activation_adjoint), 1e-12);
      EXPECT_LE(distance(closed.layers, loop.layers), 1e-12) << rate;
    }
  }
}

// docs/theory/network.md#local-rules: ρ = 0.9^100 = 2.656140e−5 with the published constants; 66, 132, 350 steps to
// 1e−3, 1e−6, 1e−16.
TEST(Relaxation, Residual) {
  EXPECT_NEAR(Relaxing{}.residual(), 2.656139889e-5, 1e-14);
  for (const auto& [steps, residual] : {std::pair{66, 1e-3}, {132, 1e-6}, {350, 1e-16}}) {
    EXPECT_LE((Relaxing{.rate = 0.1, .steps = steps}.residual()), residual);
    EXPECT_GT((Relaxing{.rate = 0.1, .steps = steps - 1}.residual()), residual);
  }
}

double binomial(int n, int k) {
  double out = 1;
  for (int i = 1; i <= k; ++i) out = out * (n - k + i) / i;
  return out;
}

/// Σ_j C(K, j) (1 − τ)^{K−j} τ^j of e_{l+j} carried from layer l + j down to layer l. The boundary does not err.
Matrix binomial_error(const SampleNetwork& network, const Propagation& pass, const std::vector<Matrix>& error,
                      std::size_t l, const Relaxing& relaxing) {
  Matrix sum = Matrix::Zero(error[l].rows(), error[l].cols());
  for (std::size_t top = l; top < network.depth(); ++top) {
    const int j = static_cast<int>(top - l);
    if (j > relaxing.steps) break;
    Matrix carried = error[top];
    for (std::size_t m = top; m > l; --m)
      carried = carried.cwiseProduct(reference::slope(network.layers[m - 1].activation, pass.preactivation[m])) *
                network.layers[m - 1].weights;
    sum += binomial(relaxing.steps, j) * std::pow(1 - relaxing.rate, relaxing.steps - j) * std::pow(relaxing.rate, j) *
           carried;
  }
  return sum;
}

TEST(Relaxation, SimultaneousErrorIsTheBinomialFormula) {
  const SampleNetwork network = deep_network();
  const Propagation pass = network.pass();
  const Adjoint star = network.adjoint();
  std::vector<Matrix> error(network.depth());
  for (std::size_t l = 1; l < network.depth(); ++l) error[l] = pass.activation[l] - star.activation_adjoint[l];
  for (const double rate : {0.1, 0.7, 1.0, 1.5}) {
    for (const int steps : {0, 1, 2, 9, 40}) {
      const Relaxing relaxing{.rate = rate, .steps = steps};
      const Adjoint found =
          reference::simultaneous_relaxation(network.layers, pass, network.output_adjoint(), relaxing);
      for (std::size_t l = 1; l < network.depth(); ++l) {
        const Matrix want = star.activation_adjoint[l] + binomial_error(network, pass, error, l, relaxing);
        EXPECT_LE(distance(found.activation_adjoint[l], want), 1e-11) << rate << ", " << steps << ", layer " << l;
      }
    }
  }
}

// With τ = 1 every sweep settles one more layer from the top.
TEST(Relaxation, SimultaneousIsExactAfterOneSweepPerHiddenLayer) {
  const SampleNetwork network = deep_network();
  const Adjoint star = network.adjoint();
  for (int steps = 0; steps < 6; ++steps) {
    const Adjoint found = reference::simultaneous_relaxation(network.layers, network.pass(), network.output_adjoint(),
                                                             {.rate = 1, .steps = steps});
    for (std::size_t l = 1; l < network.depth(); ++l) {
      const double error = distance(found.activation_adjoint[l], star.activation_adjoint[l]);
      if (static_cast<int>(network.depth() - l) <= steps) {
        EXPECT_LE(error, 1e-12) << steps << ", layer " << l;
      } else {
        EXPECT_GT(error, 1e-3) << steps << ", layer " << l;
      }
    }
  }
}

// X*_l of Gauss–Seidel order is Y*_{l+1} W_{l+1} − η (Y*_{l+1} Y*_{l+1}ᵀ) X_l, with the B×B Gram matrix of the
// rows; in the last hidden layer the first term is the F-adjoint itself.
TEST(Order, GaussSeidelDiffersByTheGramMatrixOfTheAdjoints) {
  const SampleNetwork network = deep_network();
  const Propagation pass = network.pass();
  const double rate = 0.3;
  const Update update = reference::equilibrium_update(network.layers, pass, network.output_adjoint(), rate,
                                                      Order::kGaussSeidel, {.rate = 1, .steps = 1});
  const auto& y_star = update.adjoint.preactivation_adjoint;
  for (std::size_t l = 1; l < network.depth(); ++l) {
    const Matrix gram = y_star[l + 1] * y_star[l + 1].transpose();
    const Matrix want = y_star[l + 1] * network.layers[l].weights - rate * gram * pass.activation[l];
    EXPECT_LE(distance(update.adjoint.activation_adjoint[l], want), 1e-12) << l;
  }
  const std::size_t last = network.depth() - 1;
  const Matrix output = network.output_adjoint();
  EXPECT_LE(
      distance(update.adjoint.activation_adjoint[last],
               network.adjoint().activation_adjoint[last] - rate * output * output.transpose() * pass.activation[last]),
      1e-12);
}

// With zero output weights backpropagation leaves the hidden layers alone; Gauss–Seidel order does not.
TEST(Order, ZeroOutputWeights) {
  SampleNetwork network = deep_network();
  network.layers.back().weights.setZero();
  auto update = [&](Order order) {
    return reference::equilibrium_update(network.layers, network.pass(), network.output_adjoint(), 0.1, order,
                                         {.rate = 1, .steps = 1});
  };
  const Update jacobi = update(Order::kJacobi), gauss_seidel = update(Order::kGaussSeidel);
  for (std::size_t l = 0; l + 1 < network.depth(); ++l) {
    EXPECT_EQ(jacobi.layers[l].weights, network.layers[l].weights) << l + 1;
    EXPECT_EQ(jacobi.layers[l].bias, network.layers[l].bias) << l + 1;
    EXPECT_NE(gauss_seidel.layers[l].weights, network.layers[l].weights) << l + 1;
    EXPECT_NE(gauss_seidel.layers[l].bias, network.layers[l].bias) << l + 1;
  }
  EXPECT_EQ(jacobi.layers.back().weights, gauss_seidel.layers.back().weights);
}

}  // namespace
}  // namespace poise
