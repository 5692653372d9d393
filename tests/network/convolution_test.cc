// Convolutions against their definition, and their adjoints against what an adjoint is.
#include "network/convolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "every_target.h"
#include "poise/predictor.h"
#include "sample_convolutions.h"

namespace poise {
namespace {

constexpr Index kImages = 3;

/// Random images, weights (as W and as Wᵀ) and adjoints of one convolution.
template <typename T>
struct Sample {
  using Numbers = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Convolution c;
  NormalStream normals{7};
  Numbers x{normals.matrix(kImages, c.input.size()).cast<T>()};
  Numbers transposed{normals.matrix(c.kernel_size(), c.kernels).cast<T>()};
  Numbers adjoint{normals.matrix(kImages, c.output().size()).cast<T>()};
  std::vector<std::uint8_t> choice = std::vector<std::uint8_t>(static_cast<std::size_t>(adjoint.size()));
  ConvolutionWork<T> work{};

  Numbers forward() {
    Numbers y(kImages, c.output().size());
    work.forward(c, x.data(), kImages, transposed.data(), y.data(), choice.data());
    return y;
  }
  Numbers forward_at(const Numbers& images, const Numbers& weights) {
    Numbers y(kImages, c.output().size());
    work.forward_at(c, images.data(), kImages, weights.data(), choice.data(), y.data(), false);
    return y;
  }
};

template <typename T>
constexpr double tolerance() {
  return std::is_same_v<T, float> ? 2e-5 : 1e-12;
}

template <typename T>
void expect_the_definition() {
  for (const Convolution& c : kConvolutions) {
    Sample<T> sample{c};
    const Matrix found = sample.forward().template cast<double>();
    const Matrix x = sample.x.template cast<double>(), w = sample.transposed.template cast<double>().transpose();
    for (Index n = 0; n < kImages; ++n) {
      const Matrix expected = layer_by_definition(c, x.row(n).data(), w);
      EXPECT_LT(distance(found.row(n), expected), tolerance<T>()) << words_on(c, "");
    }
  }
}

TEST(Convolution, IsItsDefinition) {
  expect_the_definition<float>();
  expect_the_definition<double>();
}

// ⟨P(W ⋆ X), Y*⟩ = ⟨X, X*⟩ = ⟨W, ∂W⟩, for what the convolution has chosen: it is linear in both.
template <typename T>
void expect_the_adjoint() {
  for (const Convolution& c : kConvolutions) {
    Sample<T> sample{c};
    const auto y = sample.forward();
    EXPECT_EQ(sample.forward_at(sample.x, sample.transposed), y) << "the places chosen hold what was chosen";
    using Numbers = typename Sample<T>::Numbers;
    Numbers turned(c.side * c.side * c.kernels, c.input.channels), back(kImages, c.input.size());
    turn_kernels(c, sample.transposed.data(), turned.data());
    sample.work.back(c, sample.adjoint.data(), kImages, turned.data(), sample.choice.data(), back.data());
    Numbers gradient = Numbers::Zero(c.kernel_size(), c.kernels);
    sample.work.add_gradient(c, sample.x.data(), sample.adjoint.data(), kImages, sample.choice.data(), gradient.data());
    const auto dot = [](const Numbers& a, const Numbers& b) {
      return inner(a.template cast<double>(), b.template cast<double>());
    };
    const double scale = std::sqrt(dot(y, y) * dot(sample.adjoint, sample.adjoint));
    EXPECT_NEAR(dot(y, sample.adjoint), dot(sample.x, back), tolerance<T>() * scale) << words_on(c, "");
    EXPECT_NEAR(dot(y, sample.adjoint), dot(sample.transposed, gradient), tolerance<T>() * scale);
    // Every number of both: in other images, and with other weights, the same adjoint.
    const Numbers other = sample.normals.matrix(kImages, c.input.size()).template cast<T>();
    EXPECT_NEAR(dot(sample.forward_at(other, sample.transposed), sample.adjoint), dot(other, back),
                tolerance<T>() * scale);
    const Numbers weights = sample.normals.matrix(c.kernel_size(), c.kernels).template cast<T>();
    EXPECT_NEAR(dot(sample.forward_at(sample.x, weights), sample.adjoint), dot(weights, gradient),
                tolerance<T>() * scale);
  }
}

TEST(Convolution, AdjointIsTheAdjoint) {
  expect_the_adjoint<float>();
  expect_the_adjoint<double>();
}

template <typename T>
void expect_first_of_equals_and_nan() {
  const Convolution c{{2, 4, 1}, 1, 1, 0, 2};
  const std::vector<T> x{1, 1, 0, 0, 1, 0, std::numeric_limits<T>::quiet_NaN(), 5}, weight{1};
  std::vector<T> y(2);
  std::vector<std::uint8_t> choice(2);
  ConvolutionWork<T>().forward(c, x.data(), 1, weight.data(), y.data(), choice.data());
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(choice[0], 0);
  EXPECT_TRUE(std::isnan(y[1]));
}

TEST(Convolution, PoolsTheFirstOfEqualsAndKeepsNaN) {
  expect_first_of_equals_and_nan<float>();
  expect_first_of_equals_and_nan<double>();
}

TEST(Convolution, OnEveryInstructionSet) {
  for (const Convolution& c : kConvolutions) {
    Sample<float> sample{c};
    const auto expected = sample.forward();
    on_every_target([&] { EXPECT_LT((sample.forward() - expected).cwiseAbs().maxCoeff(), 2e-5f); });
  }
}

TEST(Convolution, KernelsInTheOrderOfOnnx) {
  const Convolution c{{4, 4, 2}, 3, 2, 0, 1};
  Matrix weights(3, 8);
  for (Index k = 0; k < weights.size(); ++k) weights.data()[k] = static_cast<double>(k);
  const std::vector<double> kernels = onnx_kernels(c, weights);
  EXPECT_EQ(onnx_shape(c), (std::vector<Index>{3, 2, 2, 2}));
  EXPECT_EQ(kernels[((1 * 2 + 1) * 2 + 0) * 2 + 1], weights(1, (0 * 2 + 1) * 2 + 1));  // kernel 1, channel 1, (0, 1)
  EXPECT_EQ(from_onnx_kernels(c, kernels.data()), weights);
}

TEST(Convolution, SaysWhatIsWrong) {
  EXPECT_EQ(convolution_fault({{28, 28, 1}, 16, 3, 1, 2}), "");
  for (const Convolution& c :
       {Convolution{{0, 4, 1}, 1, 1, 0, 1}, Convolution{{4, 4, 1}, 0, 1, 0, 1}, Convolution{{4, 4, 1}, 1, 3, 3, 1},
        Convolution{{4, 4, 1}, 1, 5, 0, 1}, Convolution{{4, 4, 1}, 1, 3, 0, 3}, Convolution{{40, 40, 1}, 1, 3, 1, 16},
        Convolution{{4, 4, Index{1} << 40}, 1, 3, 0, 1}}) {
    EXPECT_NE(convolution_fault(c), "");
  }
}

Network image_network(Activation activation) {
  Network network;
  network.schema = array_schema(7 * 6 * 2, {"a", "b", "c"});
  network.layers = random_layers({kConvolutions[2], {{3, 3, 16}, 5, 3, 1, 1}}, {9, 3}, activation, 3);
  network.center = NormalStream(4).matrix(84, 1).cast<float>().cast<double>();
  return network;
}

TEST(Convolution, NetworksPredictWhatTheDefinitionSays) {
  for (const Activation activation : {Activation::kRelu, Activation::kTanh, Activation::kSigmoid}) {
    const Network network = image_network(activation);
    const MatrixF rows = NormalStream(5).matrix(300, 84).cast<float>();
    const Dataset data = float_data(rows, network.schema);
    Matrix x = rows.cast<double>();
    x.rowwise() -= network.center.transpose();
    const Matrix expected = scores_by_definition(network.layers, x);
    EXPECT_LT(distance(predict_scores(network, data, 2), expected), 1e-10);
    EXPECT_EQ(predict_scores(network, data, 1), predict_scores(network, data, 2));
    MatrixF found(300, 3);
    Predictor(network).probabilities(rows.data(), 300, found.data());
    EXPECT_LT(distance(found.cast<double>(), predict_probabilities(network, data)), 2e-6);
    EXPECT_EQ(hidden_states(network, data, 1).cols(), network.layers[0].outputs());
  }
}

TEST(Convolution, CountsItsWeightsOnce) {
  Network companion;  // arXiv:2406.06384: "around two hundred thousand" parameters
  companion.layers =
      random_layers({{{28, 28, 1}, 16, 3, 1, 2}, {{14, 14, 16}, 32, 3, 1, 2}}, {128, 10}, Activation::kRelu, 1);
  EXPECT_EQ(companion.parameter_count(), 206922);
  EXPECT_EQ(companion.widths(), (std::vector<Index>{784, 3136, 1568, 128, 10}));
  EXPECT_EQ(companion.architecture(),
            "784 -> conv 16x3 relu, pool 2 -> conv 32x3 relu, pool 2 -> 128 relu -> 10 softmax");
}

}  // namespace
}  // namespace poise
