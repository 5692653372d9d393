// Curvature of the free energy by the weights against finite differences, and its leading term.
// docs/theory/thermodynamics.md#ensembles, docs/theory/thermodynamics.md#curvature-of-the-free-energy.
#include "poise/theory/free_energy_curvature.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "poise/error.h"
#include "poise/theory/ensemble.h"
#include "sample_septuples.h"

namespace poise {
namespace {

constexpr double kT = 0.6;

double free_energy(const Septuple& septuple) { return linear_ensemble(septuple, kT).free_energy; }

Septuple linear_network(const std::vector<Index>& widths, double mass_squared, std::uint64_t seed, double gain = 1) {
  const SampleNetwork network = random_network(widths, Activation::kIdentity, Loss::kSquared, 1, seed, gain);
  Septuple out = to_septuple(network.layers, network.inputs.row(0).transpose());
  out.mass_squared = mass_squared;
  return out;
}

void expect_finite_differences(Septuple septuple) {
  const FreeEnergyCurvature found = free_energy_curvature(septuple, kT);
  const std::function<double()> value = [&] { return free_energy(septuple); };
  EXPECT_LE(distance(found.gradient, finite_differences(septuple.weights, value)), 1e-6);
  EXPECT_LE(distance(found.bias_gradient, finite_differences(septuple.bias, value)), 1e-6);
  double laplacian = 0;
  constexpr double kStep = 1e-3;
  const auto second = [&](double& entry) {
    const double old = entry, middle = value();
    entry = old + kStep;
    const double above = value();
    entry = old - kStep;
    const double below = value();
    entry = old;
    return (above - 2 * middle + below) / (kStep * kStep);
  };
  for (Index i = 0; i < septuple.neurons(); ++i) {
    EXPECT_NEAR(found.bias_second[i], second(septuple.bias[i]), 1e-4);
    for (Index j = 0; j < septuple.neurons(); ++j) {
      const bool exists = septuple.weights(i, j) != 0;
      const double curvature = second(septuple.weights(i, j));
      EXPECT_NEAR(found.second(i, j), curvature, 1e-4) << i << ' ' << j;
      if (exists) laplacian += curvature;
    }
  }
  EXPECT_NEAR(found.laplacian, laplacian, 1e-3);
}

TEST(FreeEnergyCurvature, IsThatOfFiniteDifferences) {
  expect_finite_differences(linear_network({3, 4, 2}, 0.03, 3));
  expect_finite_differences(linear_network({3, 4, 2}, -0.5, 4));
  Septuple cyclic = random_septuple(5, Activation::kIdentity, 5, 0.6, 0.7);
  cyclic.mass_squared = 0.04;
  expect_finite_differences(cyclic);
  expect_finite_differences(clamp(cyclic, {0, 3}, Vector{{0.5, -0.9}}));
  Septuple boundary = random_septuple(5, Activation::kIdentity, 6, 1);
  boundary.outputs = {3, 4};
  boundary.place = LossPlace::kOutputs;
  boundary.mass_squared = -0.4;
  expect_finite_differences(clamp(boundary, {0, 3, 4}, Vector{{0.5, -0.9, 0.2}}));
}

// Without bias: docs/theory/thermodynamics.md#curvature-of-the-free-energy as it stands there.
TEST(FreeEnergyCurvature, WithoutBiasIsTheFormulaOfTheory) {
  Septuple septuple = linear_network({3, 4, 4, 2}, 0.02, 7);
  septuple.bias.setZero();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(13, 13);
  const Eigen::MatrixXd a = identity - Eigen::MatrixXd(septuple.weights);
  const Eigen::MatrixXd inverse = (a.transpose() * a - 0.02 * identity).inverse();
  const Eigen::MatrixXd am = a * inverse;
  const FreeEnergyCurvature found = free_energy_curvature(septuple, kT);
  EXPECT_LE(distance(found.gradient, -kT * am), 1e-10);
  const Vector slack = Vector::Ones(13) - (am * a.transpose()).diagonal();
  EXPECT_LE(distance(found.second, kT * (slack * inverse.diagonal().transpose() - am.cwiseAbs2())), 1e-9);
}

// m² > 0: every term ≤ 0, F is concave in each weight. m² < 0: single terms have either sign, the sum is positive.
TEST(FreeEnergyCurvature, SignsAreThoseOfTheory) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Septuple septuple = linear_network({2, 4, 3, 2}, 0, seed, 0.3 + 0.02 * static_cast<double>(seed));
    septuple.bias.setZero();
    const Eigen::MatrixXd a = Eigen::MatrixXd::Identity(11, 11) - Eigen::MatrixXd(septuple.weights);
    const double least = 1 / (a.inverse() * a.inverse().transpose()).norm();  // ≤ the smallest eigenvalue of G
    septuple.mass_squared = 0.9 * least;
    const FreeEnergyCurvature repelling = free_energy_curvature(septuple, kT);
    EXPECT_LE((septuple.weights.array() != 0).select(repelling.second, 0).maxCoeff(), 1e-12);
    septuple.mass_squared = -std::pow(10, -3 + 0.04 * static_cast<double>(seed));
    EXPECT_GT(free_energy_curvature(septuple, kT).laplacian, 0);
  }
}

TEST(FreeEnergyCurvature, LeadingOrderInTheMassIsThePathSum) {
  for (const double mass_squared : {1e-4, -1e-4}) {
    Septuple septuple = linear_network({3, 4, 4, 2}, mass_squared, 9);
    septuple.bias.setZero();
    const double lambda = path_sums(septuple, Vector::Zero(13)).laplacian;
    const double found = free_energy_curvature(septuple, kT).laplacian;
    EXPECT_NEAR(found / (-0.5 * kT * mass_squared * lambda), 1, 0.02);
  }
}

TEST(PathSums, T23TraceOfTheInverseIsTheSumOverPaths) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const SampleNetwork network = random_network({3, 4, 5, 2}, Activation::kIdentity, Loss::kSquared, 1, seed);
    const std::vector<Layer>& layers = network.layers;
    double squares = 0, laplacian = 0;
    const auto jacobian = [&](std::size_t l, std::size_t k) {  // J_{l←k}
      const Index size = k == 0 ? 3 : layers[k - 1].weights.rows();
      Matrix product = Matrix::Identity(size, size);
      for (std::size_t q = k; q < l; ++q) product = (layers[q].weights * product).eval();
      return product;
    };
    for (std::size_t k = 0; k <= 3; ++k) {
      for (std::size_t l = k; l <= 3; ++l) {
        squares += jacobian(l, k).squaredNorm();
        for (std::size_t j = k + 1; j <= l; ++j)
          laplacian += 2 * jacobian(l, j).squaredNorm() * jacobian(j - 1, k).squaredNorm();
      }
    }
    const Septuple septuple = to_septuple(layers, network.inputs.row(0).transpose());
    const Eigen::MatrixXd a = Eigen::MatrixXd::Identity(14, 14) - Eigen::MatrixXd(septuple.weights);
    EXPECT_NEAR((a.transpose() * a).inverse().trace(), squares, 1e-9);
    const PathSums by_layers = path_sums({layers[0].weights, layers[1].weights, layers[2].weights});
    const PathSums by_matrix = path_sums(septuple, Vector::Zero(14));
    for (const PathSums& sums : {by_layers, by_matrix}) {
      EXPECT_NEAR(sums.squares, squares, 1e-9 * squares);
      EXPECT_NEAR(sums.laplacian, laplacian, 1e-9 * laplacian);
    }
  }
}

/// tr (AᵀA)⁻¹, A = I − D w
double trace_of_inverse(const Matrix& weights, const Vector& slope) {
  const Eigen::MatrixXd a = Eigen::MatrixXd::Identity(slope.size(), slope.size()) - slope.asDiagonal() * weights;
  return a.inverse().squaredNorm();
}

// Λ is the sum of the second derivatives of tr G⁻¹ with the slopes held, with cycles too.
TEST(PathSums, LaplacianIsThatOfFiniteDifferences) {
  const SampleNetwork network = random_network({3, 4, 2}, Activation::kTanh, Loss::kSquared, 1, 5);
  const Vector input = network.inputs.row(0).transpose();
  const Septuple embedded = to_septuple(network.layers, input);
  const double by_layers = path_sums(network.layers, input).laplacian;
  EXPECT_NEAR(by_layers, path_sums(embedded, embedded.fixed_point().state).laplacian, 1e-9);

  for (const Septuple& septuple : {embedded, random_septuple(5, Activation::kTanh, 6, 0.8, 0.6)}) {
    const Vector state = septuple.fixed_point().state;
    const Vector slope = (1 - (septuple.weights * state + septuple.bias).array().tanh().square()).matrix();
    Vector slopes = slope;
    for (Index i = 0; i < slopes.size(); ++i) {
      if (septuple.activation[static_cast<std::size_t>(i)] == Activation::kIdentity) slopes[i] = 1;
    }
    double laplacian = 0;
    constexpr double kStep = 1e-3;
    Matrix w = septuple.weights;
    for (double& entry : w.reshaped()) {
      if (entry == 0) continue;
      const double old = entry, middle = trace_of_inverse(w, slopes);
      entry = old + kStep;
      const double above = trace_of_inverse(w, slopes);
      entry = old - kStep;
      laplacian += (above - 2 * middle + trace_of_inverse(w, slopes)) / (kStep * kStep);
      entry = old;
    }
    EXPECT_NEAR(path_sums(septuple, state).laplacian / laplacian, 1, 1e-4);
  }
}

// E Λ = n² L (L + 1)(L + 2)/3 for weights of variance 1/n.
TEST(PathSums, LaplacianOfRandomWeightsGrowsWithDepthAsTheorySays) {
  for (const Index depth : {1, 3, 7}) {
    const Index width = 48 / (depth + 1);
    constexpr int kNetworks = 400;
    double sum = 0, squares = 0;
    for (int network = 0; network < kNetworks; ++network) {
      NormalStream normals(static_cast<std::uint64_t>(1000 * depth + network));
      std::vector<Matrix> weights;
      for (Index l = 0; l < depth; ++l)
        weights.push_back(normals.matrix(width, width) / std::sqrt(static_cast<double>(width)));
      const double lambda = path_sums(weights).laplacian;
      sum += lambda;
      squares += lambda * lambda;
    }
    const double mean = sum / kNetworks, error = std::sqrt((squares / kNetworks - mean * mean) / kNetworks);
    const double l = static_cast<double>(depth), n = static_cast<double>(width);
    EXPECT_NEAR(mean, n * n * l * (l + 1) * (l + 2) / 3, 4 * error + 1e-9) << depth;
  }
}

TEST(FreeEnergyCurvature, IsRefusedWhereItDoesNotExist) {
  EXPECT_THROW(free_energy_curvature(tanh_pair(), 1), Error);
  EXPECT_THROW(free_energy_curvature(linear_pair(5), 1), Error);
  EXPECT_THROW(path_sums(std::vector<Matrix>{}), Error);
  EXPECT_THROW(path_sums({Matrix::Zero(3, 2), Matrix::Zero(2, 4)}), Error);
  EXPECT_THROW(path_sums(make_septuple(Matrix{{1}}, Vector{{0.0}}, Activation::kIdentity), Vector::Zero(1)), Error);
}

}  // namespace
}  // namespace poise
