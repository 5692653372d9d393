// The unit of the golden step: Gauss–Newton curvature of a layer and its bounds.
// docs/theory/network.md#the-golden-step-in-poise, docs/theory/network.md.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include "learning/reference/reference.h"
#include "poise/information.h"
#include "sample_networks.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using Square = Eigen::MatrixXd;

/// 6-5-4-3 with 9 rows and the softmax head.
SampleNetwork sample(std::uint64_t seed, Activation activation = Activation::kRelu) {
  return random_network({6, 5, 4, 3}, activation, Loss::kCrossEntropy, 9, seed);
}

/// x̃ of all rows: (X_{l−1}, 1)
Square with_ones(const Matrix& x) {
  Square out(x.rows(), x.cols() + 1);
  out << x, Vector::Ones(x.rows());
  return out;
}

/// ∂Y_L/∂Y_l of every row, K×N_l each: row c is the F-adjoint of the c-th unit vector.
std::vector<Square> jacobians(const SampleNetwork& network, std::size_t l) {
  const Index rows = network.inputs.rows(), classes = network.targets.cols();
  const Index width = network.layers[l - 1].weights.rows();
  std::vector<Square> out(static_cast<std::size_t>(rows), Square(classes, width));
  for (Index c = 0; c < classes; ++c) {
    const Matrix unit = Vector::Unit(classes, c).transpose().replicate(rows, 1);
    const Matrix y_star = reference::adjoint(network.layers, network.pass(), unit).preactivation_adjoint[l];
    for (Index i = 0; i < rows; ++i) out[static_cast<std::size_t>(i)].row(c) = y_star.row(i);
  }
  return out;
}

/// ∂Y_L/∂(W_l | b_l) of row i, K×N_l(N_{l−1} + 1), parameters row by row.
Square parameter_jacobian(const Square& jacobian, const Vector& x) {
  Square out(jacobian.rows(), jacobian.cols() * x.size());
  for (Index a = 0; a < jacobian.cols(); ++a) out.middleCols(a * x.size(), x.size()) = jacobian.col(a) * x.transpose();
  return out;
}

/// Gauss–Newton matrix of layers first … last of the mean loss.
Square gauss_newton(const SampleNetwork& network, std::size_t first, std::size_t last) {
  const auto pass = network.pass();
  const Index rows = network.inputs.rows();
  std::vector<std::vector<Square>> by_layer;
  for (std::size_t l = first; l <= last; ++l) by_layer.push_back(jacobians(network, l));
  Square sum;
  for (Index i = 0; i < rows; ++i) {
    Square all(network.targets.cols(), 0);
    for (std::size_t l = first; l <= last; ++l) {
      const Vector x = with_ones(pass.activation[l - 1]).row(i).transpose();
      const Square part = parameter_jacobian(by_layer[l - first][static_cast<std::size_t>(i)], x);
      all.conservativeResize(Eigen::NoChange, all.cols() + part.cols());
      all.rightCols(part.cols()) = part;
    }
    const Vector p = softmax(pass.preactivation.back().row(i).transpose());
    const Square r = Square(p.asDiagonal()) - p * p.transpose();
    const Square term = all.transpose() * r * all / static_cast<double>(rows);
    if (i == 0) sum = Square::Zero(term.rows(), term.cols());
    sum += term;
  }
  return sum;
}

double largest_eigenvalue(const Square& symmetric) {
  return Eigen::SelfAdjointEigenSolver<Square>(symmetric).eigenvalues().maxCoeff();
}

Square second_moment(const SampleNetwork& network, std::size_t l) {
  const Square x = with_ones(network.pass().activation[l - 1]);
  return x.transpose() * x / static_cast<double>(x.rows());
}

double largest_squared_jacobian(const SampleNetwork& network, std::size_t l) {
  double most = 0;
  for (const Square& j : jacobians(network, l)) most = std::max(most, largest_eigenvalue(j * j.transpose()));
  return most;
}

TEST(Curvature, IsGaussNewtonsForPiecewiseLinearNetworks) {
  SampleNetwork network = sample(41);
  for (std::size_t l = 1; l <= network.depth(); ++l) {
    Matrix& weights = network.layers[l - 1].weights;
    const Index cols = weights.cols();
    const Square curvature = gauss_newton(network, l, l);
    for (Index a = 0; a < weights.rows(); ++a) {
      for (Index j = 0; j < cols; ++j) {  // derivative of the gradient by W_aj
        auto gradient_at = [&](double change) {
          weights(a, j) += change;
          const Matrix found = reference::gradient(network.adjoint(), network.pass().activation).weights[l - 1];
          weights(a, j) -= change;
          return found;
        };
        const Matrix row = (gradient_at(1e-5) - gradient_at(-1e-5)) / (2e-5 * 9);
        for (Index other = 0; other < weights.rows(); ++other)
          EXPECT_LE(distance(row.row(other), curvature.row(a * (cols + 1) + j).segment(other * (cols + 1), cols)),
                    1e-8);
      }
    }
  }
}

TEST(Curvature, GrowsWithTheSquareOfTheInputs) {
  SampleNetwork network = sample(42, Activation::kTanh);
  const Square before = gauss_newton(network, 1, 1);
  const Matrix gradient_before = reference::gradient(network.adjoint(), network.pass().activation).weights[0];
  network.inputs *= 4;
  network.layers[0].weights /= 4;
  const Square after = gauss_newton(network, 1, 1);
  EXPECT_LE(distance(reference::gradient(network.adjoint(), network.pass().activation).weights[0], 4 * gradient_before),
            1e-13);
  EXPECT_LE(distance(after.topLeftCorner(6, 6), 16 * before.topLeftCorner(6, 6)), 1e-12);
}

// N2: ‖G_l‖ ≤ ½ λ_max(mean x̃x̃ᵀ) max_i ‖J_i‖².
TEST(Curvature, LayerBound) {
  for (std::uint64_t seed = 43; seed < 53; ++seed) {
    const SampleNetwork network = sample(seed, seed % 2 == 0 ? Activation::kRelu : Activation::kTanh);
    for (std::size_t l = 1; l <= network.depth(); ++l) {
      const double bound = 0.5 * largest_eigenvalue(second_moment(network, l)) * largest_squared_jacobian(network, l);
      EXPECT_LE(largest_eigenvalue(gauss_newton(network, l, l)), bound * (1 + 1e-12)) << seed << ", layer " << l;
    }
  }
}

// N3: in the metric M = ½ mean x̃x̃ᵀ + λI the curvature is at most max_i ‖J_i‖², which is 1 for the head.
TEST(Curvature, MetricBound) {
  for (std::uint64_t seed = 43; seed < 53; ++seed) {
    const SampleNetwork network = sample(seed, seed % 2 == 0 ? Activation::kRelu : Activation::kTanh);
    for (std::size_t l = 1; l <= network.depth(); ++l) {
      Square metric = 0.5 * second_moment(network, l);
      metric.diagonal().array() += 1e-3;
      const Index width = network.layers[l - 1].weights.rows(), inputs = metric.rows();
      Square all = Square::Zero(width * inputs, width * inputs);
      for (Index a = 0; a < width; ++a) all.block(a * inputs, a * inputs, inputs, inputs) = metric;
      const Eigen::GeneralizedSelfAdjointEigenSolver<Square> found(gauss_newton(network, l, l), all);
      EXPECT_LE(found.eigenvalues().maxCoeff(), largest_squared_jacobian(network, l) * (1 + 1e-10)) << l;
    }
  }
}

TEST(Curvature, JacobianOfTheHeadIsTheIdentity) {
  const SampleNetwork network = sample(43);
  for (const Square& j : jacobians(network, network.depth())) EXPECT_EQ(j, Square::Identity(3, 3));
}

TEST(Curvature, WholeIsAtMostTheSumOfItsLayers) {
  for (std::uint64_t seed = 43; seed < 53; ++seed) {
    const SampleNetwork network = sample(seed);
    double sum = 0, most = 0;
    for (std::size_t l = 1; l <= network.depth(); ++l) {
      const double layer = largest_eigenvalue(gauss_newton(network, l, l));
      sum += layer;
      most = std::max(most, layer);
    }
    const double whole = largest_eigenvalue(gauss_newton(network, 1, network.depth()));
    EXPECT_LE(whole, sum * (1 + 1e-12));
    EXPECT_GT(whole, most * (1 + 1e-3));  // and more than any layer alone
  }
}

}  // namespace
}  // namespace poise
