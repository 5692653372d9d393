// Networks that reconstruct their features, measured: every loss against finite differences and dense matrices.
#include "thermo/network/score_loss.h"

#include <gtest/gtest.h>

#include "brute_force.h"
#include "thermo/network/hessian.h"
#include "thermo/states/relaxed_states.h"

namespace poise::thermo {
namespace {

/// Of two hidden layers, five outputs.
class LossOfScores : public testing::TestWithParam<Loss> {
 protected:
  SampleNetwork network(const std::vector<Index>& widths = {4, 6, 5, 3}) const {
    return random_network(widths, Activation::kTanh, GetParam(), 7, 3, 1.5);
  }
};

Vector flat_gradient(const SampleNetwork& network) {
  const auto gradient = learning::reference::gradient(network.adjoint(), network.pass().activation);
  std::vector<Layer> layers = network.layers;
  for (std::size_t l = 0; l < layers.size(); ++l)
    layers[l].weights = gradient.weights[l], layers[l].bias = gradient.bias[l];
  return flatten(layers) / static_cast<double>(network.inputs.rows());
}

TEST_P(LossOfScores, AdjointAndCurvatureAreThoseOfFiniteDifferences) {
  const ScoreLoss of{GetParam()};
  NormalStream normals(4);
  const Matrix targets = random_targets(1, 5, GetParam(), 2), v = normals.matrix(1, 5);
  Vector z = normals.matrix(5, 1);
  const auto adjoint = [&](const Vector& at) { return Matrix(of.outputs(at.transpose()) - targets); };
  const Vector expected = finite_differences<Vector>(z, [&] { return of.losses(z.transpose(), targets)[0]; });
  EXPECT_LE((adjoint(z).transpose() - expected).cwiseAbs().maxCoeff(), 1e-9);
  const double h = 1e-6;
  const Matrix along = (adjoint(z + h * v.transpose()) - adjoint(z - h * v.transpose())) / (2 * h);
  const Matrix q = of.outputs(z.transpose());
  EXPECT_LE(distance(of.times_curvature(q, v), along), 1e-9);
}

TEST_P(LossOfScores, EveryFormOfTheCurvatureIsTheSameMatrix) {
  const ScoreLoss of{GetParam()};
  NormalStream normals(5);
  const Matrix scores = normals.matrix(3, 5), w = normals.matrix(5, 4), q = of.outputs(scores);
  const Matrix factors = of.curvature_factors(q);
  for (Index i = 0; i < 3; ++i) {
    const Eigen::MatrixXd r = brute_force::head_curvature(GetParam(), scores.row(i).transpose());
    const Eigen::MatrixXd b = factors.middleRows(5 * i, 5);
    EXPECT_LE(distance(b.transpose() * b, r), 1e-15);
    EXPECT_NEAR(of.curvature_trace(q)[i], r.trace(), 1e-15);
    EXPECT_LE(distance(of.curvature_diagonal(q).row(i).transpose(), r.diagonal()), 1e-15);
    EXPECT_LE(distance(of.diagonal_behind(q, w).row(i).transpose(), (w.transpose() * r * w).diagonal()), 1e-14);
  }
}

TEST_P(LossOfScores, GradientAndHessianAreThoseOfFiniteDifferences) {
  const SampleNetwork sample = network();
  const MemoryRows rows = brute_force::rows_of(sample);
  const Vector w = flatten(sample.layers), v = NormalStream(2).matrix(w.size(), 1);
  EXPECT_LE((mean_gradient(sample.layers, rows) - flat_gradient(sample)).cwiseAbs().maxCoeff(), 1e-14);
  const double h = 1e-6;
  const auto at = [&](double step) { return unflatten(w + step * v, sample.layers); };
  const double slope = (mean_loss(at(h), rows) - mean_loss(at(-h), rows)) / (2 * h);
  EXPECT_NEAR(mean_gradient(sample.layers, rows).dot(v), slope, 1e-8);
  const Vector along = (mean_gradient(at(h), rows) - mean_gradient(at(-h), rows)) / (2 * h);
  EXPECT_LE((hessian_product(sample.layers, rows, v) - along).cwiseAbs().maxCoeff(), 2e-8);
}

TEST_P(LossOfScores, LaplacianIsTheTraceOfTheHessian) {
  const SampleNetwork sample = network();
  const CurvatureMeter meter(sample.layers, Detail::kFull, 4, 1, {GetParam()});
  const State state = state_of(sample.layers, brute_force::all_rows(sample));
  RowCurvature found(7, 3);
  const std::vector<Index> numbers{0, 1, 2, 3, 4, 5, 6};
  meter.measure(state, 0, numbers, found);
  meter.add_output_adjoints(state, output_adjoints(sample.layers, state.pass.slope, state.q, state.loss), 0, found);
  const double trace = dense_hessian(sample.layers, brute_force::rows_of(sample)).trace();
  EXPECT_NEAR(found.laplacian.sum() / 7, trace, 1e-12 * trace);
  const brute_force::Traces expected = brute_force::mean_traces(sample);
  for (Index l = 0; l < 3; ++l) {
    EXPECT_NEAR(found.laplacian.col(l).mean(), expected.laplacian[l], 1e-12 * trace) << l;
    EXPECT_NEAR(found.gauss_newton.col(l).mean(), expected.gauss_newton[l], 1e-12 * trace) << l;
  }
}

// The light detail draws starts with the mean square R: labels, or signs.
TEST_P(LossOfScores, SampledTracesHaveTheExactMean) {
  const SampleNetwork sample = network({4, 6, 5, 5, 3});
  const CurvatureMeter meter(sample.layers, Detail::kLight, 4000, 1, {GetParam()});
  const State state = state_of(sample.layers, brute_force::all_rows(sample));
  RowCurvature found(7, 4);
  const std::vector<Index> numbers{0, 1, 2, 3, 4, 5, 6};
  meter.measure(state, 0, numbers, found);
  const brute_force::Traces expected = brute_force::mean_traces(sample);
  for (Index l = 0; l < 2; ++l) {
    const double error = std::sqrt(found.gauss_newton_variance.col(l).sum()) / 7;
    EXPECT_NEAR(found.gauss_newton.col(l).mean(), expected.gauss_newton[l], 4 * error) << l;
    EXPECT_LE(error, 0.03 * expected.gauss_newton[l]) << l;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryLoss, LossOfScores,
                         testing::Values(Loss::kCrossEntropy, Loss::kSquaredError, Loss::kBinaryCrossEntropy));

// Fewer hidden neurons than outputs: as many rows do, with the same VVᵀ.
TEST(StateJacobian, HasNoMoreRowsThanHiddenNeurons) {
  for (const Loss loss : {Loss::kSquaredError, Loss::kBinaryCrossEntropy}) {
    const SampleNetwork sample = random_network({4, 3, 2, 9}, Activation::kTanh, loss, 7, 3);
    const State state = state_of(sample.layers, brute_force::all_rows(sample));
    const auto whole = output_adjoints(sample.layers, state.pass.slope, state.q, state.loss).activation_adjoint;
    const auto narrow = state_jacobian(whole, 7, state.loss);
    EXPECT_EQ(rank_of(narrow, 7), 5);
    for (Index i = 0; i < 7; ++i) {
      for (std::size_t l = 1; l < 3; ++l) {
        for (std::size_t m = 1; m < 3; ++m) {
          const auto of = [&](const std::vector<Matrix>& v, std::size_t k, Index rank) {
            return Eigen::MatrixXd(v[k].middleRows(i * rank, rank));
          };
          EXPECT_LE(
              distance(of(narrow, l, 5).transpose() * of(narrow, m, 5), of(whole, l, 9).transpose() * of(whole, m, 9)),
              1e-13);
        }
      }
    }
  }
}

}  // namespace
}  // namespace poise::thermo
