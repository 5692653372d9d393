// Learning in the canonical ensemble, the engine: its mean gradient is that of the free energy by quadrature, and that
// of predictive coding at rest as T → 0.
#include <gtest/gtest.h>

#include <cmath>

#include "workspace_case.h"

namespace poise::learning {
namespace {

NetworkOptions canonical(double temperature, const Widths& hidden) {
  NetworkOptions options = options_of(Activation::kTanh, Loss::kCrossEntropy, hidden);
  options.rule = Rule::kCanonical;
  options.temperature = temperature;
  options.relaxation_rate = 0.3;
  options.relaxation_steps = 60;
  return options;
}

/// Of two hidden layers of one unit, the means over rows of F and U: the noise e_l = x_l − μ_l on a grid, where the
/// bulk loss is ½(e_1² + e_2²).
struct Quadrature {
  double free_energy = 0, mean_energy = 0;
};
Quadrature quadrature(const Case& c, const std::vector<Layer>& layers, double temperature) {
  constexpr int kPoints = 31;
  const double reach = 8 * std::sqrt(temperature), step = 2 * reach / (kPoints - 1);
  const Matrix x0 = c.inputs(), t = c.targets();
  Quadrature sum;
  Matrix states(kPoints * kPoints, 1), targets(kPoints * kPoints, kClasses);
  Vector bulk(kPoints * kPoints);
  for (Index i = 0; i < kRows; ++i) {
    const double mean = std::tanh(x0.row(i).dot(layers[0].weights.row(0)) + layers[0].bias[0]);
    for (Index a = 0, k = 0; a < kPoints; ++a) {
      for (Index b = 0; b < kPoints; ++b, ++k) {
        const double e1 = static_cast<double>(a) * step - reach, e2 = static_cast<double>(b) * step - reach;
        states(k, 0) = std::tanh(layers[1].weights(0, 0) * (mean + e1) + layers[1].bias[0]) + e2;
        bulk[k] = 0.5 * (e1 * e1 + e2 * e2);
      }
    }
    targets.rowwise() = t.row(i);
    const Matrix scores = (states * layers[2].weights.transpose()).rowwise() + layers[2].bias.transpose();
    const Vector energy = bulk + reference::losses(loss_of(c.options), scores, targets);
    const Vector weight = (-energy / temperature).array().exp();
    const double z = weight.sum();
    sum.free_energy -= c.shares()[i] * temperature * std::log(z * step * step);
    sum.mean_energy += c.shares()[i] * weight.dot(energy) / z;
  }
  return sum;
}

/// Gradients of one batch after the other, all with the same weights.
class Draws {
 public:
  explicit Draws(Case& c) : c_(c), step_(c.options, 0, c.layout.size()) { step_.set_learning_rate(1); }

  Floats next() {
    const Floats before = c_.parameters;
    c_.sums = {};
    team_.run([&](int) { c_.batch.train(team_, c_.rows, number_, c_.parameters, step_, c_.sums); });
    ++number_;
    Floats gradient = before;
    for (std::size_t k = 0; k < before.size(); ++k) gradient.data()[k] -= c_.parameters.data()[k];
    c_.parameters = before;
    return gradient;
  }

 private:
  Case& c_;
  Team team_{2};
  StepRule step_;
  std::uint64_t number_ = 0;
};

struct Mean {
  double count = 0, sum = 0, squares = 0;
  void add(double value) { ++count, sum += value, squares += value * value; }
  double value() const { return sum / count; }
  double error() const { return std::sqrt((squares / count - value() * value()) / (count - 1)); }
};

Floats random_direction(const Case& c, std::uint64_t stream) {
  Floats direction(c.parameters.size());
  for (std::size_t k = 0; k < direction.size(); ++k) direction.data()[k] = noise(stream, static_cast<Index>(k));
  return direction;
}

double dot(const Floats& a, const Floats& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a.data()[k]) * static_cast<double>(b.data()[k]);
  return sum;
}

/// F along a direction, by differences of its quadrature.
double slope_of_free_energy(const Case& c, const Floats& direction, double temperature) {
  constexpr double kStep = 1e-3;
  const std::vector<Layer> v = to_layers(c.layout, direction, c.options.activation);
  const auto at = [&](double step) {
    std::vector<Layer> moved = c.layers();
    for (std::size_t l = 0; l < moved.size(); ++l)
      moved[l].weights += step * v[l].weights, moved[l].bias += step * v[l].bias;
    return quadrature(c, moved, temperature).free_energy;
  };
  return (at(kStep) - at(-kStep)) / (2 * kStep);
}

TEST(Canonical, MeanGradientAndEnergyAreThoseOfTheFreeEnergy) {
  for (const double temperature : {0.05, 0.5}) {
    Case c(canonical(temperature, {1, 1}));
    Draws draws(c);
    const std::vector<Floats> directions{random_direction(c, 61), random_direction(c, 62), random_direction(c, 63)};
    std::vector<Mean> slope(directions.size());
    Mean energy;
    for (int k = 0; k < 200; ++k) {
      const Floats gradient = draws.next();
      for (std::size_t d = 0; d < directions.size(); ++d) slope[d].add(dot(gradient, directions[d]));
      energy.add(c.sums.energy / c.sums.weight);
    }
    for (std::size_t d = 0; d < directions.size(); ++d) {
      const double expected = slope_of_free_energy(c, directions[d], temperature);
      EXPECT_NEAR(slope[d].value(), expected, 3 * slope[d].error()) << temperature;
      EXPECT_LT(slope[d].error(), 0.2 * std::abs(expected) + 0.01);
    }
    EXPECT_NEAR(energy.value(), quadrature(c, c.layers(), temperature).mean_energy, 3 * energy.error()) << temperature;
  }
}

TEST(Canonical, TendsToPredictiveCodingAtRest) {
  NetworkOptions options = canonical(1e-6, kNarrow);
  options.relaxation_steps = 200;
  Case cold(options);
  options.rule = Rule::kPredictiveCoding;
  Case rest(options);
  rest.find_gradient();
  Draws draws(cold);
  constexpr int kDraws = 10;
  std::vector<double> mean(cold.parameters.size());
  for (int k = 0; k < kDraws; ++k) {
    const Floats gradient = draws.next();
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += static_cast<double>(gradient.data()[j]) / kDraws;
  }
  double apart = 0, length = 0;
  for (std::size_t j = 0; j < mean.size(); ++j) {
    const auto expected = static_cast<double>(rest.batch.gradient().data()[j]);
    apart += (mean[j] - expected) * (mean[j] - expected), length += expected * expected;
  }
  EXPECT_LT(std::sqrt(apart / length), 1e-3);
}

/// The T at which U(T) is the mean energy asked for.
double temperature_of(const Case& c, double mean_energy) {
  double low = 0.01, high = 10;
  for (int k = 0; k < 20; ++k) {
    const double middle = std::sqrt(low * high);
    (quadrature(c, c.layers(), middle).mean_energy < mean_energy ? low : high) = middle;
  }
  return low;
}

TEST(Canonical, TemperatureFollowsFromTheMeanEnergy) {
  NetworkOptions options = canonical(0.02, {1, 1});
  options.mean_energy = 1.7;
  Case c(options);
  Draws draws(c);
  Mean late;
  for (int k = 0; k < 400; ++k) {
    draws.next();
    if (k >= 200) late.add(c.batch.temperature());
  }
  const double expected = temperature_of(c, 1.7);
  EXPECT_NEAR(late.value(), expected, 0.03 * expected);
}

}  // namespace
}  // namespace poise::learning
