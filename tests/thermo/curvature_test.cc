// The Laplacian by layers, row by row: against finite differences and against the recursion.
#include "thermo/network/curvature.h"

#include <gtest/gtest.h>

#include <numeric>

#include "brute_force.h"

namespace poise::thermo {
namespace {

namespace reference = learning::reference;

std::vector<Index> numbers(Index rows) {
  std::vector<Index> out(static_cast<std::size_t>(rows));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

RowCurvature measure(const SampleNetwork& network, Detail detail, int draws = 4, std::uint64_t seed = 1) {
  const CurvatureMeter meter(network.layers, detail, draws, seed, {network.loss});
  const State state = state_of(network.layers, brute_force::all_rows(network));
  RowCurvature out(network.inputs.rows(), std::ssize(network.layers));
  meter.measure(state, 0, numbers(network.inputs.rows()), out);
  if (detail == Detail::kFull)
    meter.add_output_adjoints(state, output_adjoints(network.layers, state.pass.slope, state.q, state.loss), 0, out);
  return out;
}

/// Σ over the numbers of layer l (weights and biases) of the derivative of the summed gradient by the same number.
Vector laplacian_by_differences(SampleNetwork network, double h = 1e-5) {
  const auto gradient = [&] { return reference::gradient(network.adjoint(), network.pass().activation); };
  Vector sums = Vector::Zero(std::ssize(network.layers));
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto add = [&](double& at, const std::function<double()>& slope) {
      const double old = at;
      at = old + h;
      const double above = slope();
      at = old - h;
      sums[static_cast<Index>(l)] += (above - slope()) / (2 * h);
      at = old;
    };
    Layer& layer = network.layers[l];
    for (Index k = 0; k < layer.weights.size(); ++k)
      add(layer.weights.data()[k], [&] { return gradient().weights[l].data()[k]; });
    for (Index k = 0; k < layer.bias.size(); ++k) add(layer.bias[k], [&] { return gradient().bias[l][k]; });
  }
  return sums;
}

class CurvatureOf : public testing::TestWithParam<Activation> {
 protected:
  SampleNetwork network(const std::vector<Index>& widths = {4, 6, 5, 3}) const {
    return random_network(widths, GetParam(), Loss::kCrossEntropy, 7, 7);
  }
};

TEST_P(CurvatureOf, T2_7_LaplacianIsThatOfFiniteDifferences) {
  for (const std::vector<Index>& widths : {std::vector<Index>{4, 3}, {4, 6, 3}, {4, 6, 5, 3}, {4, 5, 4, 4, 2}}) {
    const SampleNetwork sample = network(widths);
    const Vector expected = laplacian_by_differences(sample);
    const RowCurvature found = measure(sample, Detail::kFull);
    for (Index l = 0; l < expected.size(); ++l)
      EXPECT_NEAR(found.laplacian.col(l).sum(), expected[l], 2e-5 * std::abs(expected[l]))
          << "layer " << l + 1 << " of " << widths.size();
  }
}

TEST_P(CurvatureOf, T2_8_AllLabelsGiveTheTraceOfTheRecursion) {
  const SampleNetwork sample = network();
  const RowCurvature found = measure(sample, Detail::kFull);
  for (Index i = 0; i < 7; ++i) {
    const brute_force::Traces expected = brute_force::traces(sample, i);
    for (Index l = 0; l < 3; ++l) {
      EXPECT_NEAR(found.gauss_newton(i, l) / expected.gauss_newton[l], 1, 1e-12) << "row " << i << ", layer " << l + 1;
      EXPECT_NEAR(found.laplacian(i, l), expected.laplacian[l], 1e-12 * expected.gauss_newton[l]);
    }
  }
  EXPECT_EQ(found.laplacian_variance.cwiseAbs().maxCoeff(), 0);
  EXPECT_EQ(found.gauss_newton_variance.cwiseAbs().maxCoeff(), 0);
}

TEST_P(CurvatureOf, SaysHowItIsMeasured) {
  const SampleNetwork sample = network({4, 70, 5, 5, 3});
  const CurvatureMeter full(sample.layers, Detail::kFull, 4, 1), light(sample.layers, Detail::kLight, 4, 1);
  const bool bent = is_bent(GetParam());
  EXPECT_EQ(full.how(1), bent ? "Hutchinson" : "exact");
  EXPECT_EQ(light.how(1), bent ? "Hutchinson" : "sampled labels");
  EXPECT_EQ(full.how(2), "exact");
  EXPECT_EQ(light.how(2), bent ? "Hutchinson" : "sampled labels");
  for (std::size_t l : {3u, 4u}) {
    EXPECT_EQ(full.how(l), "exact");
    EXPECT_EQ(light.how(l), "exact");
  }
}

INSTANTIATE_TEST_SUITE_P(Curvature, CurvatureOf,
                         testing::Values(Activation::kSigmoid, Activation::kTanh, Activation::kRelu));

TEST(Curvature, HeadIsGiniImpurityTimesTheSquaredFeatures) {
  const SampleNetwork sample = random_network({5, 4}, Activation::kIdentity, Loss::kCrossEntropy, 9, 2);
  const RowCurvature found = measure(sample, Detail::kLight);
  for (Index i = 0; i < 9; ++i) {
    const Vector q = softmax(sample.pass().preactivation.back().row(i).transpose());
    EXPECT_NEAR(found.laplacian(i, 0), (1 - q.squaredNorm()) * (sample.inputs.row(i).squaredNorm() + 1), 1e-13);
  }
}

TEST(Curvature, PiecewiseLinearNetworksHaveNoMoreThanGaussNewton) {
  const SampleNetwork sample = random_network({5, 6, 6, 4}, Activation::kRelu, Loss::kCrossEntropy, 9, 3);
  for (Detail detail : {Detail::kLight, Detail::kFull}) {
    const RowCurvature found = measure(sample, detail);
    EXPECT_EQ(distance(found.laplacian, found.gauss_newton), 0);
    EXPECT_GE(found.laplacian.minCoeff(), 0);
  }
}

TEST(Curvature, TwoClassesNeedOneLabel) {  // e_0 − q and e_1 − q are parallel: nothing is left to chance
  const SampleNetwork sample = random_network({5, 6, 6, 2}, Activation::kRelu, Loss::kCrossEntropy, 9, 4);
  const RowCurvature light = measure(sample, Detail::kLight, 2), full = measure(sample, Detail::kFull);
  EXPECT_LE(distance(light.laplacian, full.laplacian), 1e-12 * full.laplacian.maxCoeff());
}

TEST(Curvature, NetworksThatAreCertainHaveNone) {  // q underflows to a unit vector
  SampleNetwork sample = random_network({5, 6, 6, 3}, Activation::kRelu, Loss::kCrossEntropy, 9, 5);
  sample.layers.back().weights *= 1e5;
  sample.layers.back().bias *= 1e5;
  for (Detail detail : {Detail::kLight, Detail::kFull}) {
    const RowCurvature found = measure(sample, detail);
    EXPECT_TRUE(found.laplacian.allFinite());
    EXPECT_TRUE(found.laplacian_variance.allFinite());
    EXPECT_LE(found.laplacian.col(2).maxCoeff(), 1e-6);
  }
}

}  // namespace
}  // namespace poise::thermo
