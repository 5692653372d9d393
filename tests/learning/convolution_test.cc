// Networks that begin with convolutions, in training: against the definition (sample_convolutions.h) by differences,
// and against what holds of every network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "learning/architecture.h"
#include "learning/options.h"
#include "learning/workspace.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "poise/read.h"
#include "sample_convolutions.h"

namespace poise::learning {
namespace {

constexpr Index kRows = 30, kFeatures = 9 * 8 * 2;
constexpr const char* kLayers = "conv:6x3,pool:2,conv:17x3:valid,dense:7";

NetworkOptions image_options(Activation activation = Activation::kTanh, const std::string& layers = kLayers) {
  NetworkOptions o;
  o.layers = layers;
  o.image = "9x8x2";
  o.activation = activation;
  o.objective.scale = Scale::kNone;
  o.step = Step::kSgd;
  o.learning_rate = 0.1;
  o.batch = kRows;
  o.epochs = 1;
  return o;
}

Dataset image_data() {
  Dataset data;
  const MatrixF values = NormalStream(1).matrix(kRows, kFeatures).cast<float>();
  data.features =
      Features::from_values(std::vector<float>(values.data(), values.data() + values.size()), kRows, kFeatures);
  for (Index i = 0; i < kRows; ++i) data.labels.push_back(static_cast<std::int32_t>(i % 4));
  data.sample_weight = Vector::LinSpaced(kRows, 0.5, 1.5);
  data.schema = array_schema(kFeatures, {"a", "b", "c", "d"});
  return data;
}

/// One network and one batch of all rows.
struct Case {
  NetworkOptions options;
  Dataset data = image_data();
  Problem problem = weigh_rows(data, {});
  InputScaling scaling = scale_inputs(data, problem.row_weight, false, 1);
  ParameterLayout layout = layout_of(options, data);
  Floats parameters = Floats(static_cast<std::size_t>(layout.size()));
  Workspace batch{problem, scaling, layout, options, kRows};
  std::vector<Index> rows = std::vector<Index>(kRows);
  BatchSums sums;

  explicit Case(const NetworkOptions& asked) : options(resolve(asked, kRows)) {
    std::iota(rows.begin(), rows.end(), Index{0});
    initialize(layout, Initialization::kKaiming, options.activation, 5, parameters);
    std::vector<Layer> all = layers();
    for (Layer& layer : all) layer.bias = 0.3 * NormalStream(6).matrix(layer.bias.size(), 1);
    from_layers(layout, all, parameters);
  }

  std::vector<Layer> layers() const { return to_layers(layout, parameters, options.activation); }
  std::vector<Layer> gradient() const { return to_layers(layout, batch.gradient(), options.activation); }
  Matrix inputs() const { return NormalStream(1).matrix(kRows, kFeatures).cast<float>().cast<double>(); }
  Vector shares() const { return data.sample_weight / data.sample_weight.sum(); }
  double loss(const std::vector<Layer>& at) const {
    const Matrix scores = scores_by_definition(at, inputs());
    double sum = 0;
    for (Index i = 0; i < kRows; ++i) {
      const double top = scores.row(i).maxCoeff();
      sum += shares()[i] * (top + std::log((scores.row(i).array() - top).exp().sum()) - scores(i, i % 4));
    }
    return sum;
  }
  void find_gradient(int threads = 2) {
    Team team(threads);
    team.run([&](int) { batch.find_gradient(team, rows, parameters, sums); });
  }
  void train(int threads) {
    Team team(threads);
    StepRule step(options, *options.momentum, layout.size());
    step.set_learning_rate(options.learning_rate);
    for (std::uint64_t number = 0; number < 3; ++number) {
      team.run([&](int) {
        team.share(1, [&](Index) { step.begin_step(); });
        batch.train(team, rows, number, parameters, step, sums);
      });
    }
  }
};

std::vector<Layer> random_change(const std::vector<Layer>& like, std::uint64_t seed) {
  NormalStream normals(seed);
  std::vector<Layer> change = like;
  for (Layer& layer : change) {
    layer.weights = normals.matrix(layer.weights.rows(), layer.weights.cols());
    layer.bias = normals.matrix(layer.bias.size(), 1);
  }
  return change;
}

std::vector<Layer> moved(std::vector<Layer> from, const std::vector<Layer>& change, double times) {
  for (std::size_t l = 0; l < from.size(); ++l) {
    from[l].weights += times * change[l].weights;
    from[l].bias += times * change[l].bias;
  }
  return from;
}

double dot(const std::vector<Layer>& a, const std::vector<Layer>& b) {
  double sum = 0;
  for (std::size_t l = 0; l < a.size(); ++l) sum += inner(a[l].weights, b[l].weights) + a[l].bias.dot(b[l].bias);
  return sum;
}

TEST(Images, LayersAreThoseAskedFor) {
  const Case c(image_options());
  const std::vector<Layer> layers = c.layers();
  ASSERT_EQ(layers.size(), 4u);
  EXPECT_EQ(*layers[0].convolution, (Convolution{{9, 8, 2}, 6, 3, 1, 2}));
  EXPECT_EQ(*layers[1].convolution, (Convolution{{4, 4, 6}, 17, 3, 0, 1}));
  EXPECT_EQ(layers[2].weights.cols(), 2 * 2 * 17);
  EXPECT_EQ(layers[3].weights.rows(), 4);
}

TEST(Images, GradientIsThatOfFiniteDifferences) {
  for (const Activation activation : {Activation::kTanh, Activation::kSigmoid, Activation::kIdentity}) {
    Case c(image_options(activation));
    c.find_gradient();
    const std::vector<Layer> gradient = c.gradient(), at = c.layers();
    EXPECT_NEAR(c.sums.loss / c.sums.weight, c.loss(at), 1e-5);
    for (std::size_t l = 0; l < at.size(); ++l) {
      for (std::uint64_t draw = 0; draw < 3; ++draw) {
        std::vector<Layer> change = random_change(at, 10 * l + draw);
        for (std::size_t other = 0; other < at.size(); ++other) {
          if (other != l) change[other].weights.setZero(), change[other].bias.setZero();
        }
        constexpr double kStep = 1e-6;
        const double expected = (c.loss(moved(at, change, kStep)) - c.loss(moved(at, change, -kStep))) / (2 * kStep);
        EXPECT_NEAR(dot(gradient, change), expected, 2e-5 * std::sqrt(dot(change, change))) << "layer " << l + 1;
      }
    }
  }
}

// vᵀGv = Σ_i s_i (J_i v)ᵀ (diag p − ppᵀ) J_i v, J v by differences.
TEST(Images, CurvatureIsThatOfFiniteDifferences) {
  Case c(image_options());
  const std::vector<Layer> at = c.layers(), change = random_change(at, 3);
  Floats direction(c.parameters.size());
  from_layers(c.layout, change, direction);
  Team team(2);
  team.run([&](int) {
    c.batch.find_gradient(team, c.rows, c.parameters, c.sums);
    c.batch.gauss_newton(team, direction);
  });
  constexpr double kStep = 1e-6;
  const Matrix scores = scores_by_definition(at, c.inputs());
  const Matrix moves = (scores_by_definition(moved(at, change, kStep), c.inputs()) -
                        scores_by_definition(moved(at, change, -kStep), c.inputs())) /
                       (2 * kStep);
  double expected = 0;
  for (Index i = 0; i < kRows; ++i) {
    Vector p = (scores.row(i).array() - scores.row(i).maxCoeff()).exp().transpose();
    p /= p.sum();
    const Vector move = moves.row(i).transpose();
    expected += c.shares()[i] * (p.dot(move.cwiseAbs2()) - std::pow(p.dot(move), 2));
  }
  EXPECT_NEAR(dot(c.gradient(), change), expected, 1e-4 * expected);
}

TEST(Images, LocalRulesAreBackpropagationWhereTheyShould) {
  Case adjoint(image_options());
  adjoint.find_gradient();
  const std::vector<Layer> expected = adjoint.gradient();
  const auto expect_layer = [&](const NetworkOptions& options, std::size_t l) {
    Case c(options);
    c.find_gradient();
    const std::vector<Layer> found = c.gradient();
    EXPECT_LT(distance(found[l - 1].weights, expected[l - 1].weights), 2e-6) << "layer " << l;
    EXPECT_LT(distance(found[l - 1].bias, expected[l - 1].bias), 2e-6) << "layer " << l;
  };
  NetworkOptions options = image_options();
  options.relaxation_rate = 1;
  options.rule = Rule::kEquilibrium;
  for (std::size_t l = 1; l <= 4; ++l) expect_layer(options, l);
  options.relaxation = Relaxation::kSimultaneous;
  options.relaxation_steps = 3;
  for (std::size_t l = 1; l <= 4; ++l) expect_layer(options, l);
  options.relaxation = Relaxation::kLayerByLayer;
  options.rule = Rule::kPredictiveCoding;
  for (int l = 1; l <= 3; ++l) {
    options.relaxation_steps = 4 - l;
    expect_layer(options, static_cast<std::size_t>(l));
  }
}

TEST(Images, SameBitsForAnyNumberOfThreads) {
  for (const Order order : {Order::kJacobi, Order::kGaussSeidel}) {
    NetworkOptions options = image_options(Activation::kRelu, "conv:6x3,pool:2,conv:17x3,dropout:0.5,dense:150");
    options.rule = Rule::kEquilibrium;
    options.order = order;
    options.learning_rate = 0.01;
    Case one(options);
    one.train(1);
    for (const int threads : {2, 3, 5}) {
      Case several(options);
      several.train(threads);
      EXPECT_EQ(several.parameters, one.parameters) << threads << " threads";
    }
  }
}

TEST(Images, DropoutIsOfTheLayerBeforeIt) {
  Case c(image_options(Activation::kTanh, "conv:6x3,pool:2,dropout:0.5,conv:17x3,dense:150,dropout:0.25"));
  c.train(1);
  const auto share_of_zeros = [&](Index l) {
    const float* const x = c.batch.activations(l);
    const auto size = kRows * c.layout.width(l);
    return static_cast<double>(std::count(x, x + size, 0.0f)) / static_cast<double>(size);
  };
  EXPECT_NEAR(share_of_zeros(1), 0.5, 0.05);
  EXPECT_EQ(share_of_zeros(2), 0);
  EXPECT_NEAR(share_of_zeros(3), 0.25, 0.05);
}

TEST(Images, DenseLayersInWordsAreHiddenOnes) {
  const Dataset data = image_data();
  NetworkOptions options = image_options(Activation::kRelu, "dense:9,5");
  options.image = "";
  const NetworkFit in_words = train_network(data, options);
  options.layers = "", options.hidden = {9, 5};
  const NetworkFit hidden = train_network(data, options);
  EXPECT_EQ(distance(in_words.network.layers, hidden.network.layers), 0);
}

void expect_refused(const NetworkOptions& options, const std::string& part) {
  try {
    const NetworkOptions resolved = resolve(options, kRows);
    (void)layout_of(resolved, image_data());
    ADD_FAILURE() << options.layers << ": no error; expected one with \"" << part << "\"";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

TEST(Images, WhatCannotBeIsRefused) {
  for (const char* word : {"conv:16", "conv:0x3", "conv:4x4", "conv:16x3:full", "pool:2", "conv:4x3,pool:2,pool:2",
                           "conv:4x3,pool:99", "dropout:0.5", "conv:4x3,dropout:1", "conv:4x3,dropout:0.1,pool:2",
                           "flatten", "dense:0", "conv:4x3,", "conv:4x3x1", "dense:4:5"}) {
    expect_refused(image_options(Activation::kRelu, word), "in the layers");
  }
  expect_refused(image_options(Activation::kRelu, "dense:4,conv:4x3"), "behind a dense layer");
  expect_refused(image_options(Activation::kRelu, "conv:4x3,pool:9"), "pooling 9x9 places of 9x8");
  expect_refused(image_options(Activation::kRelu, "conv:4x9:valid"), "kernels of 9x9 on an image of 9x8");
  expect_refused(image_options(Activation::kRelu, "dense:4"), "the shape of an image");
  NetworkOptions o = image_options();
  o.image = "9x8";
  expect_refused(o, "images of 9x8x1 in rows of 144 features");
  o.image = "9by8";
  expect_refused(o, "image is '9by8'");
  o.image = "";
  expect_refused(o, "--image 28x28");
  o = image_options();
  o.hidden = {4};
  expect_refused(o, "both hidden and layers");
  o = image_options(Activation::kRelu, "conv:4x3,dropout:0.5");
  o.dropout = 0.5;
  expect_refused(o, "dropout of all hidden layers and of one");
  o = image_options();
  o.precision = Precision::kBfloat16;
  expect_refused(o, "bfloat16 with convolution layers");
  o = image_options();
  o.rule = Rule::kCanonical;
  expect_refused(o, "the canonical rule");
}

TEST(Images, DigitsAreLearnedWrittenAndReadBack) {
  const Dataset train = read_dataset("digits"), test = read_dataset("digits:test", {}, train.schema);
  NetworkOptions options;
  options.layers = "conv:8x3,pool:2,conv:16x3,dense:32";
  options.epochs = 15;
  const NetworkFit fit = train_network(train, options);
  const double accuracy = evaluate_scores(predict_scores(fit.network, test), test).accuracy;
  EXPECT_GT(accuracy, 0.95);  // scikit-learn's MLPClassifier of 100 units has 0.96 to 0.97
  const auto file = std::filesystem::temp_directory_path() / ("poise-images-" + std::to_string(::getpid()) + ".onnx");
  save_model(fit.network, file.string());
  const Network back = load_model(file.string());
  std::filesystem::remove(file);
  EXPECT_EQ(back.architecture(), "64 -> conv 8x3 relu, pool 2 -> conv 16x3 relu -> 32 relu -> 10 softmax");
  EXPECT_EQ(predict_scores(back, test), predict_scores(fit.network, test));
}

TEST(Images, SparseRowsAreImagesToo) {
  const Dataset dense = image_data();
  Dataset sparse = dense;
  CsrMatrix matrix;
  matrix.cols = kFeatures;
  const MatrixF values = NormalStream(1).matrix(kRows, kFeatures).cast<float>();
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kFeatures; ++j) {
      matrix.columns.push_back(static_cast<std::int32_t>(j));
      matrix.values.push_back(values(i, j));
    }
    matrix.row_start.push_back(std::ssize(matrix.values));
  }
  sparse.features = Features::from_sparse(std::move(matrix));
  NetworkOptions options = image_options();
  options.objective.l2 = 0.001;
  const Network of_dense = train_network(dense, options).network, of_sparse = train_network(sparse, options).network;
  EXPECT_EQ(distance(of_dense.layers, of_sparse.layers), 0);
  EXPECT_EQ(predict_scores(of_dense, sparse), predict_scores(of_dense, dense));
}

}  // namespace
}  // namespace poise::learning
