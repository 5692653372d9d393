// The penalty where none is asked for, and what it does to the balance of the two processes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "convex/reference.h"
#include "poise/metrics.h"
#include "poise/network.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

constexpr SolveOptions kExact{.tolerance = 1e-14, .threads = 1};

Dataset random_rows(Index rows, Index classes, std::uint64_t seed) {
  const Problem problem = random_problem({.rows = rows, .features = 4, .classes = classes}, seed);
  std::vector<std::string> names;
  for (Index c = 0; c < classes; ++c) names.push_back("class " + std::to_string(c));
  Dataset data;
  data.features = problem.features;
  data.labels = problem.labels;
  data.schema = array_schema(4, names);
  return data;
}

/// Σ_i (p_i − t_i) x_iᵀ, K×d: what the data pull at the weights with.
Matrix pull_of_rows(const Network& model, const Dataset& data) {
  Matrix residual = predict_probabilities(model, data);
  for (Index i = 0; i < data.rows(); ++i) residual(i, data.labels[static_cast<std::size_t>(i)]) -= 1;
  const Matrix x = Matrix::NullaryExpr(data.rows(), data.features.cols(),
                                       [&](Index i, Index j) { return data.features.value(i, j); });
  return residual.transpose() * x;
}

double recorded_l2(const Network& model) { return std::stod(model.metadata.at("l2")); }

/// scikit-learn's C = 1 is Σ loss + ½‖w‖² of the one weight vector w = W_1 − W_0.
TEST(DefaultPenalty, OfTwoClassesIsThatOfLogisticRegressionWithC1) {
  const Dataset data = random_rows(200, 2, 1);
  const Network model = fit_softmax(data, {.scale = Scale::kNone}, kExact).model;
  const Matrix pull = pull_of_rows(model, data);
  const Vector w = (model.layers[0].weights.row(1) - model.layers[0].weights.row(0)).transpose();
  ASSERT_GT(w.norm(), 0.1);
  EXPECT_LE((pull.row(1).transpose() + w).norm(), 1e-5 * w.norm());
}

/// C = 1 of three classes is Σ loss + ½‖W‖²; of more it falls with the number of contrasts of a class, up to six.
TEST(DefaultPenalty, OfMoreClassesFallsWithTheirNumber) {
  for (const Index classes : {3, 6, 9}) {
    const Dataset data = random_rows(200, classes, 2);
    const Network model = fit_softmax(data, {.scale = Scale::kNone}, kExact).model;
    const double strength = 2.0 / static_cast<double>(std::min<Index>(classes - 1, 6));
    ASSERT_GT(model.layers[0].weights.norm(), 0.1);
    EXPECT_LE((pull_of_rows(model, data) + strength * model.layers[0].weights).norm(),
              1e-5 * model.layers[0].weights.norm());
  }
}

/// Images and sparse data: C = 1 whatever the classes.
TEST(DefaultPenalty, OfFeaturesAsGivenIsThatOfC1) {
  Dataset data = random_rows(200, 9, 2);
  EXPECT_DOUBLE_EQ(default_l2(data), 2 / (200 * 6.0));
  data.schema.image_shape = {2, 2};
  EXPECT_DOUBLE_EQ(default_l2(data), 1 / 200.0);
  data.schema.image_shape.clear(), data.schema.format = FileFormat::kLibsvm;
  EXPECT_DOUBLE_EQ(default_l2(data), 1 / 200.0);
}

TEST(DefaultPenalty, GoesByTheRowsThatCount) {
  Dataset data = random_rows(100, 2, 3);
  const double plain = default_l2(data);
  EXPECT_DOUBLE_EQ(plain, 0.02);
  data.sample_weight = Vector::Constant(100, 7.5);
  EXPECT_DOUBLE_EQ(default_l2(data), plain);
  data.sample_weight.tail(60).setZero();
  EXPECT_DOUBLE_EQ(default_l2(data), 0.05);
}

TEST(DefaultPenalty, IsRecordedSoThatCertifyKnowsIt) {
  const Dataset data = random_rows(150, 4, 4);
  const SoftmaxFit fit = fit_softmax(data, {}, {.threads = 1});
  EXPECT_EQ(recorded_l2(fit.model), default_l2(data));
  EXPECT_EQ(*recorded_objective(fit.model).l2, default_l2(data));
  const SolveReport report = certify_softmax(fit.model, data, {.threads = 1});
  EXPECT_EQ(report.status, Status::kCertified);
  EXPECT_EQ(recorded_l2(fit_softmax(data, {.l2 = 0.25}, {.threads = 1}).model), 0.25);
}

/// CE − H = −λ‖W‖² at the optimum, and the model says how much that is: in both units, of two classes and of more.
TEST(Penalty, TheModelKnowsItsImbalanceAtRest) {
  for (const Index classes : {2, 4}) {
    const Dataset data = random_rows(150, classes, 9);
    for (const Scale scale : {Scale::kNone, Scale::kStandard}) {
      const SoftmaxFit fit = fit_softmax(data, {.l2 = 0.02, .scale = scale}, kExact);
      const double recorded = std::stod(fit.model.metadata.at("imbalance_at_rest"));
      EXPECT_LT(recorded, -0.01);
      EXPECT_NEAR(evaluate_scores(predict_scores(fit.model, data), data).equilibrium_gap, recorded, 1e-7);
    }
  }
  const SoftmaxFit without = fit_softmax(random_rows(150, 3, 9), {.l2 = 0}, {.threads = 1});
  EXPECT_EQ(without.model.metadata.count("imbalance_at_rest"), 0U);
}

}  // namespace
}  // namespace poise
