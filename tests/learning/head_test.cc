// The boundary of the engine: losses, sums and Y*_L for smoothed labels and soft targets, and dropout under local
// rules.
#include <gtest/gtest.h>

#include <cmath>

#include "workspace_case.h"

namespace poise::learning {
namespace {

const auto kLosses = {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kSquared};

Matrix random_targets() {
  Matrix t = Matrix::NullaryExpr(
      kRows, kClasses, [](Index i, Index j) { return 1.1 + static_cast<double>(noise(40, kClasses * i + j)); });
  return t.array().colwise() / t.rowwise().sum().array();
}

Index largest(const Eigen::RowVectorXd& v) {
  Index found = 0;
  v.maxCoeff(&found);
  return found;
}

/// Gradient, loss, gap and accuracy of the case with the targets `t`.
void expect_head(Case& c, const Matrix& t) {
  const auto pass = reference::propagate(c.layers(), c.inputs());
  const Matrix& z = pass.preactivation.back();
  const Matrix top = reference::output_adjoint(loss_of(c.options), z, t);
  c.find_gradient();
  expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 2e-6);
  EXPECT_NEAR(c.sums.loss / c.sums.weight, reference::losses(loss_of(c.options), z, t).dot(c.shares()), 1e-6);
  double correct = 0, gap = 0;
  for (Index i = 0; i < kRows; ++i) {
    if (largest(z.row(i)) == largest(t.row(i))) correct += c.shares()[i];
    const Eigen::ArrayXd e = (z.row(i).array() - z.row(i).maxCoeff()).exp();
    const Eigen::ArrayXd p = e / e.sum();
    gap += c.shares()[i] * (p - t.row(i).transpose().array()).matrix().dot(p.log().matrix());  // CE − H(p)
  }
  EXPECT_NEAR(c.sums.correct / c.sums.weight, correct, 1e-12);
  if (loss_of(c.options) == Loss::kCrossEntropy) {
    EXPECT_NEAR(c.sums.entropy_gap / c.sums.weight, gap, 1e-6);
  }
}

TEST(Head, TakesLabelsAndSmoothedLabels) {
  for (const double smoothing : {0.0, 0.3}) {
    for (const Loss loss : kLosses) {
      Case c(options_of(Activation::kTanh, loss));
      c.problem.smoothing = smoothing;
      const Matrix even = Matrix::Constant(kRows, kClasses, 1.0 / kClasses);
      expect_head(c, (1 - smoothing) * c.targets() + smoothing * even);
    }
  }
}

TEST(Head, TakesSoftTargetsWithAndWithoutSmoothing) {
  for (const double smoothing : {0.0, 0.3}) {
    for (const Loss loss : kLosses) {
      Case c(options_of(Activation::kTanh, loss));
      const Matrix t = random_targets();
      c.problem.labels.clear();
      c.problem.targets = t;
      c.problem.smoothing = smoothing;
      expect_head(c, (1 - smoothing) * t + smoothing * Matrix::Constant(kRows, kClasses, 1.0 / kClasses));
    }
  }
}

TEST(Head, OfEqualScoresTheFirstIsTheAnswer) {
  Case c(options_of());
  std::fill(c.parameters.begin(), c.parameters.end(), 0.0f);
  double expected = 0;
  for (Index i = 0; i < kRows; ++i) {
    if (c.data.labels[static_cast<std::size_t>(i)] == 0) expected += c.shares()[i];
  }
  c.find_gradient();
  EXPECT_NEAR(c.sums.correct / c.sums.weight, expected, 1e-12);
  EXPECT_NEAR(c.sums.loss / c.sums.weight, std::log(static_cast<double>(kClasses)), 1e-12);
}

/// CE(t, p) + κ H(p) of a row, p = softmax(z).
double loss_with_entropy(const Eigen::ArrayXd& z, const Eigen::ArrayXd& t, double weight) {
  const Eigen::ArrayXd log_p = z - std::log(z.exp().sum());
  return -(t * log_p).sum() - weight * (log_p.exp() * log_p).sum();
}

// ∂/∂z by central differences, Var_p(z) by its definition.
TEST(Head, WeighsTheEntropyOfTheOutputs) {
  constexpr double kStep = 1e-5;
  for (const double weight : {0.4, -0.7}) {
    NetworkOptions options = options_of(Activation::kTanh);
    options.entropy_weight = weight;
    Case c(options);
    const auto pass = reference::propagate(c.layers(), c.inputs());
    const Matrix &z = pass.preactivation.back(), t = c.targets();
    Matrix top(kRows, kClasses);
    double loss = 0, variance = 0;
    for (Index i = 0; i < kRows; ++i) {
      Eigen::ArrayXd row = z.row(i).transpose();
      loss += c.shares()[i] * loss_with_entropy(row, t.row(i).transpose(), weight);
      const Eigen::ArrayXd p = row.exp() / row.exp().sum();
      variance += c.shares()[i] * ((p * row.square()).sum() - std::pow((p * row).sum(), 2));
      for (Index k = 0; k < kClasses; ++k) {
        const double middle = row[k];
        row[k] = middle + kStep;
        const double above = loss_with_entropy(row, t.row(i).transpose(), weight);
        row[k] = middle - kStep;
        top(i, k) = (above - loss_with_entropy(row, t.row(i).transpose(), weight)) / (2 * kStep);
        row[k] = middle;
      }
    }
    c.find_gradient();
    expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 2e-6);
    EXPECT_NEAR(c.sums.loss / c.sums.weight, loss, 1e-6);
    EXPECT_NEAR(c.sums.score_variance / c.sums.weight, variance, 1e-6);
  }
}

// Y*_l = [X* + ρ (m ∘ σ(Y_l) − X*)] ∘ σ'(Y_l) ∘ m: the state that relaxes is what the layer above was given.
TEST(Dropout, UnderTheEquilibriumRuleRelaxesTheStatesThatWereKept) {
  for (const Widths& hidden : {kNarrow, kWide}) {
    NetworkOptions options = options_of(Activation::kTanh, Loss::kCrossEntropy, hidden);
    options.dropout = 0.4;
    options.rule = Rule::kEquilibrium;
    options.relaxation_rate = 0.3;
    options.relaxation_steps = 4;
    options.learning_rate = 1;  // momentum 0: the step is the gradient
    constexpr double kLeft = 0.2401;
    Case c(options);
    const std::vector<Layer> before = c.layers();
    c.train();
    const std::vector<Layer> after = c.layers();

    std::vector<Matrix> x{c.inputs()}, slope(1), mask(1);
    for (Index l : {1, 2}) {  // masks from the activations that they multiplied
      const Layer& layer = before[static_cast<std::size_t>(l - 1)];
      const Matrix y = (x.back() * layer.weights.transpose()).rowwise() + layer.bias.transpose();
      const Matrix undropped = y.array().tanh();
      const Matrix seen = Eigen::Map<const MatrixF>(c.batch.activations(l), kRows, y.cols()).cast<double>();
      mask.push_back((seen.array() != 0).select(Matrix::Constant(kRows, y.cols(), 1 / 0.6), 0));
      slope.push_back(1 - undropped.array().square());
      x.push_back(undropped.cwiseProduct(mask.back()));
      ASSERT_LE((x.back() - seen).norm(), 1e-5 * seen.norm());
    }
    const Matrix z = (x[2] * before[2].weights.transpose()).rowwise() + before[2].bias.transpose();
    Matrix adjoint = reference::output_adjoint(Loss::kCrossEntropy, z, c.targets());
    for (std::size_t l = 3; l >= 1; --l) {
      const Matrix step = (c.shares().asDiagonal() * adjoint).transpose() * x[l - 1];
      expect_near(before[l - 1].weights - after[l - 1].weights, step, 1e-4, "layer " + std::to_string(l));
      if (l == 1) break;
      const Matrix from_above = adjoint * before[l - 1].weights;
      const Matrix relaxed = from_above + kLeft * (x[l - 1] - from_above);
      adjoint = relaxed.cwiseProduct(slope[l - 1]).cwiseProduct(mask[l - 1]);
    }
  }
}

}  // namespace
}  // namespace poise::learning
