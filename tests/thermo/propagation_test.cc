// Blocks of rows against the reference of learning/, and what is new here against its definition.
#include "thermo/network/propagation.h"

#include <gtest/gtest.h>

#include "brute_force.h"

namespace poise::thermo {
namespace {

namespace reference = learning::reference;

class EveryActivation : public testing::TestWithParam<Activation> {};

TEST_P(EveryActivation, IsTheReference) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, GetParam(), Loss::kCrossEntropy, 7, 1);
  const State state = state_of(network.layers, brute_force::all_rows(network));
  const auto pass = network.pass();
  const auto star = network.adjoint();
  for (std::size_t l = 1; l <= network.depth(); ++l) {
    EXPECT_LE(distance(state.pass.preactivation[l], pass.preactivation[l]), 1e-13);
    EXPECT_LE(distance(state.pass.activation[l], pass.activation[l]), 1e-13);
    EXPECT_LE(distance(state.star.preactivation_adjoint[l], star.preactivation_adjoint[l]), 1e-13);
    if (l < network.depth()) {
      EXPECT_LE(distance(state.star.activation_adjoint[l], star.activation_adjoint[l]), 1e-13);
    }
  }
}

TEST_P(EveryActivation, BendIsTheDerivativeOfTheSlope) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, GetParam(), Loss::kCrossEntropy, 7, 2);
  const State state = state_of(network.layers, brute_force::all_rows(network));
  for (std::size_t l = 1; l < network.depth(); ++l) {
    const Matrix& y = state.pass.preactivation[l];
    const Matrix shift = Matrix::Constant(y.rows(), y.cols(), 1e-5);
    const Matrix expected = (reference::slope(GetParam(), y + shift) - reference::slope(GetParam(), y - shift)) / 2e-5;
    EXPECT_LE(distance(state.bend[l], expected), 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(Propagation, EveryActivation,
                         testing::Values(Activation::kIdentity, Activation::kSigmoid, Activation::kTanh,
                                         Activation::kRelu));

TEST(Propagation, DisplacedStatesPassTheirDisplacementOn) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kTanh, Loss::kCrossEntropy, 7, 3);
  NormalStream normals(4);
  std::vector<Matrix> displacement(4);
  displacement[1] = normals.matrix(7, 6);
  displacement[2] = normals.matrix(7, 5);
  const Propagation found =
      propagate_displaced(network.layers, preactivation(network.layers[0], network.inputs), displacement);
  Matrix x = network.inputs;
  for (std::size_t l = 1; l <= 3; ++l) {
    const Layer& layer = network.layers[l - 1];
    x = reference::activate(layer.activation, (x * layer.weights.transpose()).rowwise() + layer.bias.transpose());
    if (l < 3) x += displacement[l];
    EXPECT_LE(distance(found.activation[l], x), 1e-13);
  }
}

// Row by row (BᵀJ)ᵀ(BᵀJ) = Jᵀ R J.
TEST(Propagation, ClassAdjointsAreAFactorOfTheGaussNewtonMatrix) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kSigmoid, Loss::kCrossEntropy, 7, 5);
  const State state = state_of(network.layers, brute_force::all_rows(network));
  const Adjoint of_classes = output_adjoints(network.layers, state.pass.slope, state.q, state.loss);
  for (Index i = 0; i < 7; ++i) {
    const Eigen::MatrixXd r =
        brute_force::head_curvature(network.loss, state.pass.preactivation.back().row(i).transpose());
    for (std::size_t l = 1; l < network.depth(); ++l) {
      const Eigen::MatrixXd j = brute_force::state_jacobian(network, l, i);
      const Eigen::MatrixXd factor = of_classes.activation_adjoint[l].middleRows(3 * i, 3);
      EXPECT_LE(distance(factor.transpose() * factor, j.transpose() * r * j), 1e-14) << "row " << i << ", layer " << l;
    }
  }
}

TEST(Rows, SumsDoNotDependOnThreads) {
  NormalStream normals(6);
  const MemoryRows rows(normals.matrix(1000, 3), normals.matrix(1000, 2));
  const auto add = [](const RowBlock& block, Vector& sum) {
    for (Index i = 0; i < block.size(); ++i) sum[0] += block.weight[i] * block.inputs(i, 0) / 3;
    sum[1] += static_cast<double>(block.size());
    sum[2] += static_cast<double>(block.first);
  };
  const Vector one = sum_over_blocks(rows, 3, 1, add);
  for (int threads : {2, 3, 7}) EXPECT_EQ(sum_over_blocks(rows, 3, threads, add), one) << threads;
  EXPECT_EQ(one[1], 1000);
  EXPECT_EQ(one[2], 64 * (15 * 16 / 2));
}

}  // namespace
}  // namespace poise::thermo
