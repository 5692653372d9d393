// Gradient, Hessian products and largest curvature of the mean cross-entropy against finite differences and Eigen.
#include "thermo/network/hessian.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>

#include "brute_force.h"
#include "poise/error.h"

namespace poise::thermo {
namespace {

SampleNetwork sample(Activation activation, std::uint64_t seed = 1) {
  return random_network({4, 6, 5, 3}, activation, Loss::kCrossEntropy, 7, seed);
}

/// The sample's rows with weights that are not equal.
MemoryRows weighted_rows(const SampleNetwork& network) {
  const Index rows = network.inputs.rows();
  return {network.inputs, network.targets, Vector::LinSpaced(rows, 0.5, 2.5)};
}

class HessianOf : public testing::TestWithParam<Activation> {};

TEST_P(HessianOf, GradientIsThatOfFiniteDifferences) {
  const SampleNetwork network = sample(GetParam());
  const MemoryRows rows = weighted_rows(network);
  Vector w = flatten(network.layers);
  const Vector expected = finite_differences<Vector>(w, [&] { return mean_loss(unflatten(w, network.layers), rows); });
  EXPECT_LE((mean_gradient(network.layers, rows) - expected).cwiseAbs().maxCoeff(), 1e-9);
}

TEST_P(HessianOf, ProductIsTheDerivativeOfTheGradient) {
  const SampleNetwork network = sample(GetParam());
  const MemoryRows rows = weighted_rows(network);
  const Vector w = flatten(network.layers);
  const Vector v = NormalStream(2).matrix(w.size(), 1);
  const double h = 1e-6;
  const Vector expected = (mean_gradient(unflatten(w + h * v, network.layers), rows) -
                           mean_gradient(unflatten(w - h * v, network.layers), rows)) /
                          (2 * h);
  EXPECT_LE((hessian_product(network.layers, rows, v) - expected).cwiseAbs().maxCoeff(), 1e-8);
}

TEST_P(HessianOf, DenseHessianHasTheProducts) {
  const SampleNetwork network = sample(GetParam());
  const MemoryRows rows = weighted_rows(network);
  const Eigen::MatrixXd hessian = dense_hessian(network.layers, rows);
  const Vector v = NormalStream(3).matrix(hessian.cols(), 1);
  EXPECT_LE((hessian * v - hessian_product(network.layers, rows, v)).cwiseAbs().maxCoeff(), 1e-13);
}

TEST_P(HessianOf, LargestEigenvalueIsThatOfTheDenseHessian) {
  const SampleNetwork network = sample(GetParam());
  const MemoryRows rows = weighted_rows(network);
  const Eigen::MatrixXd hessian = dense_hessian(network.layers, rows);
  const double expected = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian).eigenvalues().maxCoeff();
  const auto product = [&](const Vector& v) { return hessian_product(network.layers, rows, v); };
  const Eigenvalue found = largest_eigenvalue(hessian.cols(), product, {.steps = 80, .tolerance = 1e-9});
  EXPECT_NEAR(found.value, expected, 1e-9);
  const Eigenvalue rough = largest_eigenvalue(hessian.cols(), product, {.tolerance = 1e-2});
  EXPECT_LE(std::abs(rough.value - expected), rough.residual);
  EXPECT_LE(rough.residual, 1e-2 * rough.value);
}

INSTANTIATE_TEST_SUITE_P(Hessian, HessianOf,
                         testing::Values(Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                         Activation::kRelu));

TEST(Hessian, FlattenAndBack) {
  const SampleNetwork network = sample(Activation::kTanh);
  const Vector flat = flatten(network.layers);
  ASSERT_EQ(flat.size(), 4 * 6 + 6 + 6 * 5 + 5 + 5 * 3 + 3);
  EXPECT_EQ(flat[1], network.layers[0].weights(0, 1));
  EXPECT_EQ(flat[24], network.layers[0].bias[0]);
  EXPECT_EQ(flat[30 + 6], network.layers[1].weights(1, 0));
  EXPECT_EQ(distance(unflatten(flat, network.layers), network.layers), 0);
  EXPECT_THROW(unflatten(flat.head(3), network.layers), Error);
}

TEST(Hessian, BlocksAddUp) {  // more rows than a block
  const SampleNetwork network = random_network({4, 6, 3}, Activation::kTanh, Loss::kCrossEntropy, 200, 4);
  const Vector v = NormalStream(5).matrix(parameter_count(network.layers), 1);
  Vector gradient = Vector::Zero(v.size()), product = gradient;
  for (Index i = 0; i < 200; ++i) {
    const MemoryRows row(network.inputs.row(i), network.targets.row(i));
    gradient += mean_gradient(network.layers, row) / 200;
    product += hessian_product(network.layers, row, v) / 200;
  }
  const MemoryRows rows = brute_force::rows_of(network);
  EXPECT_LE((mean_gradient(network.layers, rows) - gradient).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_LE((hessian_product(network.layers, rows, v) - product).cwiseAbs().maxCoeff(), 1e-13);
  EXPECT_EQ(hessian_product(network.layers, rows, v, 1), hessian_product(network.layers, rows, v, 3));
}

TEST(Lanczos, FindsTheLargestOfAKnownSpectrum) {
  const Vector spectrum = Vector::LinSpaced(500, -30, 20);
  const auto product = [&](const Vector& v) -> Vector { return spectrum.cwiseProduct(v); };
  const Eigenvalue found = largest_eigenvalue(500, product, {.steps = 200, .tolerance = 1e-6});
  EXPECT_NEAR(found.value, 20, 1e-4);
  const Eigenvalue unfinished = largest_eigenvalue(500, product, {.steps = 5});
  EXPECT_LE((spectrum.array() - unfinished.value).abs().minCoeff(), unfinished.residual);
  EXPECT_GT(unfinished.residual, 1e-3);
}

TEST(Lanczos, AllEigenvaluesNegativeOrZero) {
  EXPECT_NEAR(largest_eigenvalue(3, [](const Vector& v) -> Vector { return -2 * v; }).value, -2, 1e-14);
  EXPECT_EQ(largest_eigenvalue(3, [](const Vector& v) -> Vector { return 0 * v; }).value, 0);
  EXPECT_NEAR(largest_eigenvalue(1, [](const Vector& v) -> Vector { return 3 * v; }).value, 3, 1e-14);
}

TEST(Hessian, TooLargeToBeDense) {
  const SampleNetwork network = random_network({100, 50, 3}, Activation::kTanh, Loss::kCrossEntropy, 2, 6);
  EXPECT_THROW(dense_hessian(network.layers, brute_force::rows_of(network)), Error);
}

}  // namespace
}  // namespace poise::thermo
