// Where weights lie in the flat vector, and what they are drawn from.
#include "learning/parameters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace poise::learning {
namespace {

using Widths = std::vector<Index>;

std::vector<Layer> drawn(const Widths& widths, Initialization how, Activation hidden, std::uint64_t seed = 3) {
  const ParameterLayout layout(widths);
  Floats parameters(static_cast<std::size_t>(layout.size()), 7.0f);  // whatever was there before
  initialize(layout, how, hidden, seed, parameters);
  return to_layers(layout, parameters, hidden);
}

class EveryWidth : public testing::TestWithParam<Index> {};
INSTANTIATE_TEST_SUITE_P(ParameterLayout, EveryWidth,
                         testing::Values(1, 7, 64, 127, 128, 130, 255, 256, 300, 1000, 1024, 2500));

TEST_P(EveryWidth, PartsAreTheUnitsInTurnAndOverlapNothing) {
  const ParameterLayout layout({5, GetParam(), 3});
  std::vector<int> uses(static_cast<std::size_t>(layout.size()));
  auto use = [&](Index begin, Index count) {
    for (Index k = begin; k < begin + count; ++k) ++uses.at(static_cast<std::size_t>(k));
  };
  Index weights = 0;
  for (Index l : {1, 2}) {
    Index next = 0;
    for (Index k = 0; k < layout.parts(l); ++k) {
      const Part part = layout.part(l, k);
      EXPECT_EQ(part.column, next);
      EXPECT_GT(part.columns, 0);
      next += part.columns;
      use(part.weights, layout.inputs(l) * part.columns);
    }
    EXPECT_EQ(next, layout.outputs(l));
    use(layout.bias(l), layout.outputs(l));
    weights += (layout.inputs(l) + 1) * layout.outputs(l);
  }
  EXPECT_EQ(std::count(uses.begin(), uses.end(), 1), weights);
  EXPECT_EQ(std::count(uses.begin(), uses.end(), 0), layout.size() - weights);  // gaps
}

TEST_P(EveryWidth, LayersComeBackAsTheyWentIn) {
  const ParameterLayout layout({5, GetParam(), 3});
  auto noise = [](std::uint64_t stream) {
    return [stream](Index i, Index j) {  // float32 numbers, all different
      return static_cast<double>(
          static_cast<float>(random_uniform(stream, static_cast<std::uint64_t>(10'000 * j + i))));
    };
  };
  std::vector<Layer> layers(2);
  for (Index l : {1, 2}) {
    Layer& layer = layers[static_cast<std::size_t>(l - 1)];
    const auto stream = static_cast<std::uint64_t>(l);
    layer.weights = Matrix::NullaryExpr(layout.outputs(l), layout.inputs(l), noise(stream));
    layer.bias = Matrix::NullaryExpr(layout.outputs(l), 1, noise(stream + 10));
  }
  Floats parameters(static_cast<std::size_t>(layout.size()));
  from_layers(layout, layers, parameters);
  const std::vector<Layer> back = to_layers(layout, parameters, Activation::kTanh);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(back[l].weights, layers[l].weights);
    EXPECT_EQ(back[l].bias, layers[l].bias);
  }
  EXPECT_EQ(back[0].activation, Activation::kTanh);
  EXPECT_EQ(back[1].activation, Activation::kIdentity);

  // W_lᵀ lies by parts: row k of a part holds what input k goes through.
  const Part last = layout.part(1, layout.parts(1) - 1);
  EXPECT_EQ(static_cast<double>(parameters.data()[last.weights + 4 * last.columns + last.columns - 1]),
            layers[0].weights(GetParam() - 1, 4));
}

const Widths kWidths{150, 60, 300, 40};

/// Normal numbers of mean 0 and the given variance: Σ w²/σ² is χ² of n degrees (mean n, variance 2n), the sum of fourth
/// powers has mean 3n and variance 96 n. Five standard deviations.
void expect_normal(const Matrix& weights, double variance, const std::string& what) {
  const auto n = static_cast<double>(weights.size());
  const Eigen::ArrayXXd unit = weights.array() / std::sqrt(variance);
  EXPECT_NEAR(unit.sum(), 0, 5 * std::sqrt(n)) << what;
  EXPECT_NEAR(unit.square().sum(), n, 5 * std::sqrt(2 * n)) << what;
  EXPECT_NEAR(unit.square().square().sum(), 3 * n, 5 * std::sqrt(96 * n)) << what;
}

TEST(Initialization, XavierHasVarianceTwoOverTheSumOfTheWidths) {
  for (const Activation hidden : {Activation::kTanh, Activation::kRelu}) {
    const std::vector<Layer> layers = drawn(kWidths, Initialization::kXavier, hidden);
    for (std::size_t l = 0; l < 3; ++l) {
      expect_normal(layers[l].weights, 2.0 / static_cast<double>(kWidths[l] + kWidths[l + 1]), std::to_string(l + 1));
    }
  }
}

TEST(Initialization, KaimingHasVarianceTwoOverInputsForReluAndOneOverInputsElse) {
  for (const Activation hidden : {Activation::kTanh, Activation::kRelu}) {
    const std::vector<Layer> layers = drawn(kWidths, Initialization::kKaiming, hidden);
    for (std::size_t l = 0; l < 3; ++l) {
      const double factor = hidden == Activation::kRelu && l < 2 ? 2 : 1;  // the last layer has no ReLU
      expect_normal(layers[l].weights, factor / static_cast<double>(kWidths[l]), std::to_string(l + 1));
    }
  }
}

TEST(Initialization, AutoIsKaimingForReluAndXavierElse) {
  for (const auto& [hidden, how] : {std::pair{Activation::kRelu, Initialization::kKaiming},
                                    {Activation::kTanh, Initialization::kXavier},
                                    {Activation::kSigmoid, Initialization::kXavier},
                                    {Activation::kIdentity, Initialization::kXavier}}) {
    const auto found = drawn(kWidths, Initialization::kAuto, hidden), expected = drawn(kWidths, how, hidden);
    for (std::size_t l = 0; l < 3; ++l) EXPECT_EQ(found[l].weights, expected[l].weights);
  }
}

TEST(Initialization, OrthogonalHasOrthonormalRowsOrColumnsTimesItsGain) {
  for (const Activation hidden : {Activation::kTanh, Activation::kRelu}) {
    const std::vector<Layer> layers = drawn(kWidths, Initialization::kOrthogonal, hidden);
    for (std::size_t l = 0; l < 3; ++l) {
      const Matrix& w = layers[l].weights;
      const Matrix gram = w.rows() < w.cols() ? Matrix(w * w.transpose()) : Matrix(w.transpose() * w);
      const double square_of_gain = hidden == Activation::kRelu && l < 2 ? 2 : 1;
      EXPECT_LE((gram - square_of_gain * Matrix::Identity(gram.rows(), gram.cols())).cwiseAbs().maxCoeff(), 1e-6) << l;
    }
  }
}

TEST(Initialization, LayersAndSeedsAreIndependentAndBiasesZero) {
  for (const auto how : {Initialization::kXavier, Initialization::kKaiming, Initialization::kOrthogonal}) {
    const Widths square{80, 80, 80};
    const auto one = drawn(square, how, Activation::kTanh, 1), other = drawn(square, how, Activation::kTanh, 2);
    auto correlation = [](const Matrix& a, const Matrix& b) { return a.cwiseProduct(b).sum() / (a.norm() * b.norm()); };
    for (const double found :
         {correlation(one[0].weights, one[1].weights), correlation(one[0].weights, other[0].weights),
          correlation(one[0].weights, other[1].weights), correlation(one[1].weights, other[1].weights)}) {
      EXPECT_LE(std::abs(found), 5.0 / 80);  // of 80² independent pairs: a standard deviation of 1/80
    }
    for (const Layer& layer : one) EXPECT_TRUE(layer.bias.isZero(0));
  }
}

}  // namespace
}  // namespace poise::learning
