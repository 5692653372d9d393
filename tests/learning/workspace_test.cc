// The fast engine against the float64 reference: same adjoints, same steps, for every rule, head and activation.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "workspace_case.h"

namespace poise::learning {
namespace {

class EveryActivation : public testing::TestWithParam<std::tuple<Activation, Loss, Widths>> {
 protected:
  static NetworkOptions options() {
    return options_of(std::get<0>(GetParam()), std::get<1>(GetParam()), std::get<2>(GetParam()));
  }
};
INSTANTIATE_TEST_SUITE_P(Workspace, EveryActivation,
                         testing::Combine(testing::Values(Activation::kIdentity, Activation::kSigmoid,
                                                          Activation::kTanh, Activation::kRelu),
                                          testing::Values(Loss::kCrossEntropy, Loss::kBinaryCrossEntropy,
                                                          Loss::kSquared, Loss::kSquaredError),
                                          testing::Values(kNarrow, kWide)));

TEST_P(EveryActivation, AdjointAndLossAreTheReferences) {
  Case c(options());
  const auto pass = reference::propagate(c.layers(), c.inputs());
  const Matrix top = reference::output_adjoint(loss_of(c.options), pass.preactivation.back(), c.targets());
  c.find_gradient();
  expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 2e-6);
  const Vector losses = reference::losses(loss_of(c.options), pass.preactivation.back(), c.targets());
  EXPECT_NEAR(c.sums.loss / c.sums.weight, losses.dot(c.shares()), 1e-6);
}

TEST_P(EveryActivation, SparseRowsGiveWhatDenseOnesGive) {
  NetworkOptions options = this->options();
  if (options.target == Target::kFeatures) GTEST_SKIP() << "sparse rows are no targets";
  options.objective.scale = Scale::kStandard;  // a gain for every feature
  Case c(options, true);
  const auto pass = reference::propagate(c.layers(), c.inputs());
  const Matrix top = reference::output_adjoint(loss_of(c.options), pass.preactivation.back(), c.targets());
  c.find_gradient();
  expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 2e-6);
}

TEST_P(EveryActivation, RelaxedAdjointsAreTheReferences) {
  NetworkOptions options = this->options();
  options.rule = Rule::kEquilibrium;
  options.relaxation_rate = 0.3;
  options.relaxation_steps = 4;  // ρ = 0.24: far from equilibrium
  Case c(options);
  const auto pass = reference::propagate(c.layers(), c.inputs());
  const Matrix top = reference::output_adjoint(loss_of(c.options), pass.preactivation.back(), c.targets());
  c.find_gradient();
  const auto update = reference::equilibrium_update(c.layers(), pass, top, 0, Order::kJacobi, {0.3, 4});
  expect_gradient(c, update.adjoint, pass.activation, 2e-6);

  options.relaxation = Relaxation::kSimultaneous;
  Case together(options);
  together.find_gradient();
  expect_gradient(together, reference::simultaneous_relaxation(together.layers(), pass, top, {0.3, 4}), pass.activation,
                  2e-6);
}

TEST_P(EveryActivation, PredictiveCodingMovesTheStatesOfTheReference) {
  NetworkOptions options = this->options();
  options.rule = Rule::kPredictiveCoding;
  options.relaxation_rate = 0.2;
  options.relaxation_steps = 7;
  Case c(options);
  c.find_gradient();
  const auto expected =
      reference::predictive_coding(c.layers(), c.inputs(), {loss_of(c.options), c.targets()}, {0.2, 7});
  expect_gradient(c, expected.adjoint, expected.states.activation, 5e-5);
  const double energy = reference::bulk_energy(c.layers(), expected.states).dot(c.shares());
  EXPECT_NEAR(c.sums.bulk_energy / c.sums.weight, energy, 1e-4 * energy);
}

/// A plain step with the mean gradient, rows weighing the same, since the reference's steps take sums.
void expect_step(Case& c, const std::vector<Layer>& expected, double tolerance) {
  const std::vector<Layer> before = c.layers();
  c.train();
  const std::vector<Layer> after = c.layers();
  for (std::size_t l = 0; l < after.size(); ++l) {
    expect_near(after[l].weights - before[l].weights, expected[l].weights - before[l].weights, tolerance, "weights");
    expect_near(after[l].bias - before[l].bias, expected[l].bias - before[l].bias, tolerance, "bias");
  }
}

TEST(Workspace, GaussSeidelOrderSeesUpdatedWeights) {
  NetworkOptions options = options_of();
  options.rule = Rule::kEquilibrium;
  options.order = Order::kGaussSeidel;
  options.learning_rate = 3;  // large, so that the order matters
  Case c(options);
  const auto pass = reference::propagate(c.layers(), c.inputs());
  // A row's share enters through its Y*_L; relaxation with ρ = 2.7e-5 leaves X_l, which has no share, out of sight.
  const Matrix top =
      c.shares().asDiagonal() * reference::output_adjoint(loss_of(c.options), pass.preactivation.back(), c.targets());
  const auto seidel = reference::equilibrium_update(c.layers(), pass, top, 3, Order::kGaussSeidel, {1, 1});
  const auto jacobi = reference::equilibrium_update(c.layers(), pass, top, 3, Order::kJacobi, {1, 1});
  ASSERT_GT((seidel.layers[0].weights - jacobi.layers[0].weights).norm(),
            0.02 * (jacobi.layers[0].weights - c.layers()[0].weights).norm());
  expect_step(c, seidel.layers, 1e-3);
}

TEST(Workspace, RunsThePublishedCodesRule) {
  NetworkOptions options = options_of(Activation::kSigmoid, Loss::kSquared);
  options.rule = Rule::kEquilibrium;
  options.order = Order::kGaussSeidel;
  options.reference_2024 = true;
  options.reduction = Reduction::kSum;
  options.learning_rate = 0.01;
  Case c(options);
  c.data.sample_weight = Vector::Ones(kRows);
  c.problem.row_weight = Vector::Constant(kRows, 1.0 / kRows);
  const auto pass = reference::propagate(c.layers(), c.inputs());
  expect_step(c, reference::published_update(c.layers(), pass, c.targets(), 0.01, {0.1, 100}).layers,
              1e-4);  // float32 weights: a step keeps four digits
}

TEST(Workspace, SameBitsForAnyNumberOfThreads) {
  for (Rule rule : {Rule::kAdjoint, Rule::kEquilibrium, Rule::kPredictiveCoding, Rule::kCanonical}) {
    NetworkOptions options = options_of(Activation::kRelu, Loss::kCrossEntropy, kWide);
    options.rule = rule;
    options.dropout = rule == Rule::kAdjoint || rule == Rule::kEquilibrium ? 0.3 : 0;
    Case one(options), three(options);
    one.train(1);
    three.train(3);
    EXPECT_EQ(one.parameters, three.parameters);
    EXPECT_EQ(one.sums.loss, three.sums.loss);
  }
}

TEST(Workspace, LargeBatchesShareTheirInput) {
  const NetworkOptions options = options_of(Activation::kTanh);
  Case c(options), large(options);
  Workspace roomy(large.problem, large.scaling, large.layout, large.options, 500'000);  // 4.5 million inputs
  Team team(2);
  c.find_gradient();
  team.run([&](int) { roomy.find_gradient(team, large.rows, large.parameters, large.sums); });
  EXPECT_EQ(roomy.gradient(), c.batch.gradient());
}

TEST(Workspace, Bfloat16IsCloseToFloat32) {
  for (const Widths& hidden : {kNarrow, kWide}) {
    NetworkOptions options = options_of(Activation::kTanh, Loss::kCrossEntropy, hidden);
    options.precision = Precision::kBfloat16;
    Case c(options);
    const auto pass = reference::propagate(c.layers(), c.inputs());
    const Matrix top = reference::output_adjoint(loss_of(c.options), pass.preactivation.back(), c.targets());
    c.find_gradient();
    expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 0.02);  // 8 bits: 0.4 % a rounding
  }
}

TEST(Workspace, DropoutKeepsTheMeanOfActivations) {
  NetworkOptions options = options_of(Activation::kIdentity);
  options.dropout = 0.4;
  Case c(options);
  const auto pass = reference::propagate(c.layers(), c.inputs());
  Matrix mean = Matrix::Zero(kRows, 7);
  constexpr int kDraws = 400;
  Team team(1);
  StepRule step(c.options, 0, c.layout.size());  // rate 0: parameters stay
  for (int draw = 0; draw < kDraws; ++draw) {
    team.run([&](int) { c.batch.train(team, c.rows, static_cast<std::uint64_t>(draw), c.parameters, step, c.sums); });
    mean += Eigen::Map<const MatrixF>(c.batch.activations(1), kRows, 7).cast<double>() / kDraws;
  }
  // Standard deviation of a mean: |x| √(0.4/0.6)/√400 = 4 % of x; six of them at most among 1050.
  EXPECT_LE(((mean - pass.activation[1]).array() / pass.activation[1].array().abs()).abs().maxCoeff(), 0.25);
  EXPECT_LE((mean - pass.activation[1]).norm(), 0.05 * pass.activation[1].norm());
}

using Scores = std::function<Matrix(const std::vector<Layer>&)>;

std::vector<Layer> moved(std::vector<Layer> layers, const std::vector<Layer>& direction, double step) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    layers[l].weights += step * direction[l].weights, layers[l].bias += step * direction[l].bias;
  }
  return layers;
}

Matrix probabilities(const Matrix& scores) {
  Matrix p = (scores.colwise() - scores.rowwise().maxCoeff()).array().exp();
  return p.array().colwise() / p.rowwise().sum().array();
}

/// vᵀGv by finite differences of the forward pass: Σ share (J v)ᵀ R (J v).
double curvature_along(const Case& c, const std::vector<Layer>& direction, const Scores& scores_of) {
  constexpr double kStep = 1e-6;
  const Matrix change =
      (scores_of(moved(c.layers(), direction, kStep)) - scores_of(moved(c.layers(), direction, -kStep))) / (2 * kStep);
  const Matrix p = probabilities(scores_of(c.layers()));
  const Vector variance =
      change.cwiseAbs2().cwiseProduct(p).rowwise().sum() - change.cwiseProduct(p).rowwise().sum().cwiseAbs2();
  return c.shares().dot(variance);
}

Floats random_direction(const Case& c) {
  Floats direction(static_cast<std::size_t>(c.layout.size()));
  std::vector<Layer> v = c.layers();  // the gaps of the layout stay 0
  for (std::size_t l = 0; l < v.size(); ++l) {
    v[l].weights = Matrix::NullaryExpr(v[l].weights.rows(), v[l].weights.cols(), [&](Index i, Index j) {
      return static_cast<double>(noise(20 + l, 100 * i + j));
    });
    v[l].bias = Vector::NullaryExpr(v[l].bias.size(), [&](Index i) { return static_cast<double>(noise(30 + l, i)); });
  }
  from_layers(c.layout, v, direction);
  return direction;
}

/// vᵀGv of the batch last seen, by the engine.
double curvature_found(Case& c, const Floats& direction) {
  Team team(2);
  team.run([&](int) { c.batch.gauss_newton(team, direction); });
  double found = 0;
  for (std::size_t k = 0; k < direction.size(); ++k) {
    found += static_cast<double>(direction.data()[k] * c.batch.gradient().data()[k]);
  }
  return found;
}

TEST(Workspace, GaussNewtonProductIsTheCurvatureOfTheMeanLoss) {
  for (const auto& [activation, hidden] : {std::pair{Activation::kTanh, kNarrow}, {Activation::kRelu, kWide}}) {
    NetworkOptions options = options_of(activation, Loss::kCrossEntropy, hidden);
    options.step = Step::kGolden;
    Case c(options);
    c.find_gradient();
    const Floats direction = random_direction(c);
    const double found = curvature_found(c, direction);
    const Scores scores_of = [&](const std::vector<Layer>& layers) {
      return reference::propagate(layers, c.inputs()).preactivation.back();
    };
    const double expected = curvature_along(c, to_layers(c.layout, direction, activation), scores_of);
    EXPECT_NEAR(found, expected, 1e-4 * expected);
  }
}

/// Masks of the last batch, read from activations that it multiplied, and the forward pass through them.
class Dropped {
 public:
  Dropped(const Case& c) : inputs_(c.inputs()) {
    const std::vector<Layer> layers = c.layers();
    Matrix x = inputs_;
    for (Index l : {1, 2}) {
      const Matrix y = preactivation(layers, x, l);
      x = Eigen::Map<const MatrixF>(c.batch.activations(l), kRows, y.cols()).cast<double>();
      masks_.push_back((x.array().abs() > 0).select(x.array() / y.array().tanh(), 0));
    }
  }

  Matrix scores(const std::vector<Layer>& layers) const {
    Matrix x = inputs_;
    for (Index l : {1, 2}) {
      x = preactivation(layers, x, l).array().tanh() * masks_[static_cast<std::size_t>(l - 1)].array();
    }
    return preactivation(layers, x, 3);
  }

 private:
  static Matrix preactivation(const std::vector<Layer>& layers, const Matrix& x, Index l) {
    const Layer& layer = layers[static_cast<std::size_t>(l - 1)];
    return (x * layer.weights.transpose()).rowwise() + layer.bias.transpose();
  }

  Matrix inputs_;
  std::vector<Matrix> masks_;
};

double mean_loss(const Case& c, const Matrix& scores) {
  const Matrix p = probabilities(scores);
  return -c.shares().dot(p.cwiseProduct(c.targets()).rowwise().sum().array().log().matrix());
}

TEST(Workspace, DropoutsGradientAndCurvatureGoThroughItsMasks) {
  for (const Widths& hidden : {kNarrow, kWide}) {
    NetworkOptions options = options_of(Activation::kTanh, Loss::kCrossEntropy, hidden);
    options.dropout = 0.4;
    Case c(options);
    const Floats before = c.parameters;
    c.options.learning_rate = 1;  // momentum 0: the step is the gradient
    c.train();
    const Floats after = c.parameters;
    c.parameters = before;
    const Dropped dropped(c);
    const Floats direction = random_direction(c);
    double slope = 0;
    for (std::size_t k = 0; k < before.size(); ++k) {
      slope += static_cast<double>(direction.data()[k]) * static_cast<double>(before.data()[k] - after.data()[k]);
    }
    const std::vector<Layer> v = to_layers(c.layout, direction, options.activation);
    constexpr double kStep = 1e-5;
    const double up = mean_loss(c, dropped.scores(moved(c.layers(), v, kStep)));
    const double down = mean_loss(c, dropped.scores(moved(c.layers(), v, -kStep)));
    EXPECT_NEAR(slope, (up - down) / (2 * kStep), 2e-3 * std::abs(slope));

    const Scores scores_of = [&](const std::vector<Layer>& layers) { return dropped.scores(layers); };
    const double expected = curvature_along(c, v, scores_of);
    EXPECT_NEAR(curvature_found(c, direction), expected, 1e-3 * expected);
  }
}

}  // namespace
}  // namespace poise::learning
