// Networks whose target is their input (docs/theory/network.md).
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "learning/workspace_case.h"
#include "poise/error.h"
#include "poise/read.h"

namespace poise::learning {
namespace {

/// Numbers of [0, 1], and what is to come of them is not what goes in: the inputs are standardized.
TEST(FeaturesAsTarget, BinaryCrossEntropyIsOfTheUnit) {
  NetworkOptions options = options_of(Activation::kTanh, Loss::kBinaryCrossEntropy);
  options.target = Target::kFeatures;
  options.objective.scale = Scale::kStandard;
  Case c(options);
  std::vector<float> values;
  for (Index k = 0; k < kRows * kFeatures; ++k) values.push_back(127.5f * (noise(1, k) + 1));
  c.data.features = Features::from_values(std::move(values), kRows, kFeatures);
  c.data.unit = 255;
  c.problem = weigh_inputs(c.data);
  c.scaling = scale_inputs(c.data, c.problem.row_weight, true, 1);
  c.scaling.set_targets(c.data, c.problem.row_weight, Loss::kBinaryCrossEntropy, 1);
  Matrix targets(kRows, kFeatures);
  for (Index k = 0; k < targets.size(); ++k)
    targets.data()[k] = static_cast<double>(c.data.features.array<float>()[k]) / 255;
  const auto pass = reference::propagate(c.layers(), c.inputs());
  const Matrix& scores = pass.preactivation.back();
  const Matrix top = reference::output_adjoint(Loss::kBinaryCrossEntropy, scores, targets);
  c.find_gradient();
  expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 2e-6);
  const Matrix error = (1 / (1 + (-scores.array()).exp())).matrix() - targets;
  const Matrix about_mean = targets.rowwise() - c.shares().transpose() * targets;
  EXPECT_NEAR(c.sums.correct / c.sums.weight,
              1 - error.rowwise().squaredNorm().dot(c.shares()) / about_mean.rowwise().squaredNorm().dot(c.shares()),
              1e-5);
}

TEST(FeaturesAsTarget, OptionsThatGoTogether) {
  const auto refused = [](auto change) {
    NetworkOptions options;
    options.hidden = {3};
    change(options);
    EXPECT_THROW(resolve(options, 100), Error);
  };
  refused([](auto& o) { o.loss = Loss::kSquaredError; });
  refused([](auto& o) { o.target = Target::kFeatures, o.loss = Loss::kCrossEntropy; });
  refused([](auto& o) { o.target = Target::kFeatures, o.loss = Loss::kSquared; });
  refused([](auto& o) { o.target = Target::kFeatures, o.objective.label_smoothing = 0.1; });
  refused([](auto& o) { o.target = Target::kFeatures, o.objective.balanced_classes = true; });
  refused([](auto& o) { o.target = Target::kFeatures, o.solve_head_every = 1; });
  refused([](auto& o) { o.target = Target::kFeatures, o.stop_at_rest = true; });
  NetworkOptions features;
  features.target = Target::kFeatures;
  EXPECT_EQ(*resolve(features, 100).loss, Loss::kSquaredError);
  EXPECT_EQ(*resolve({}, 100).loss, Loss::kCrossEntropy);
  Dataset sparse = random_data(true);
  features.hidden = {3};
  EXPECT_THROW(train_network(sparse, features), Error);
  features.loss = Loss::kBinaryCrossEntropy;
  EXPECT_THROW(train_network(random_data(), features), Error);  // in [−1, 1]
}

/// Baldi & Hornik 1989: the least error of a linear network with k hidden units is that of k principal components.
TEST(FeaturesAsTarget, ALinearNetworkFindsThePrincipalComponents) {
  ReadOptions without_labels;
  without_labels.labels = false;
  const Dataset digits = read_dataset("digits", without_labels);
  ASSERT_FALSE(digits.has_targets());
  NetworkOptions options;
  options.target = Target::kFeatures;
  options.hidden = {8};
  options.activation = Activation::kIdentity;
  options.epochs = 60;
  const NetworkFit fit = train_network(digits, options);
  ASSERT_EQ(fit.network.head, Head::kLinear);
  EXPECT_TRUE(fit.network.schema.classes.empty());

  const Index n = digits.rows(), d = digits.features.cols();
  Matrix x(n, d);
  load_rows(digits.features, ColumnMap{}, Index{0}, n, x.data(), d);
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::MatrixXd centered = x.rowwise() - mean;
  const Vector variance =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(centered.transpose() * centered / static_cast<double>(n))
          .eigenvalues();
  const double least = variance.head(d - 8).sum(), all = variance.sum();
  const Layer &first = fit.network.layers[0], &last = fit.network.layers[1];
  const Eigen::MatrixXd code =
      ((x.rowwise() - fit.network.center.transpose()) * first.weights.transpose()).rowwise() + first.bias.transpose();
  const Eigen::MatrixXd rest = (code * last.weights.transpose()).rowwise() + last.bias.transpose() - x;  // file's units
  const double error = rest.squaredNorm() / static_cast<double>(n);
  EXPECT_GE(error, least * (1 - 1e-6));
  EXPECT_LE(error, least * 1.005);
  EXPECT_NEAR(fit.report.history.back().train.accuracy, 1 - least / all, 0.01);
}

}  // namespace
}  // namespace poise::learning
