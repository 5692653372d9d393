// The first law between two states of a network against quadrature, and its error bars.
#include "poise/first_law.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "poise/error.h"
#include "poise/information.h"
#include "sample_models.h"

namespace poise {
namespace {

constexpr double kTemperature = 0.3;

/// d = 2 → one hidden tanh unit → two classes; `bent` changes its weights a little.
Network small_network(double bent) {
  Network network;
  network.schema = array_schema(2, {"a", "b"});
  network.center = Vector::Zero(2);
  network.layers = {{Matrix{{0.8 + bent, -0.5}}, Vector{{0.1}}, Activation::kTanh},
                    {Matrix{{1.5 + 2 * bent}, {-1.1}}, Vector{{0.2, -bent}}, Activation::kIdentity}};
  return network;
}

Dataset small_data(Index rows) {
  std::uint64_t counter = 0;
  const MatrixF x = MatrixF::NullaryExpr(rows, 2, [&] { return static_cast<float>(random_normalish(9, counter++)); });
  Dataset data = float_data(x, array_schema(2, {"a", "b"}));
  for (Index i = 0; i < rows; ++i) data.labels.push_back(x(i, 0) + 0.7f * x(i, 1) > 0 ? 0 : 1);
  return data;
}

ThermodynamicsOptions options_with(std::uint64_t seed, int draws = 16) {
  ThermodynamicsOptions options;
  options.rows = 0;
  options.temperatures = {kTemperature};
  options.draws = draws;
  options.objective.scale = Scale::kNone;
  options.seed = seed;
  options.threads = 1;
  return options;
}

struct Exact {
  double free_energy = 0, mean_loss = 0, complexity = 0;
};

/// Means over rows by the trapezoidal rule over the noise of the one hidden unit, ±8 standard deviations: converges
/// faster than any power of the step.
Exact quadrature(const Network& network, const Dataset& data) {
  constexpr int kPoints = 400;
  Exact out;
  const auto &first = network.layers[0], &last = network.layers[1];
  for (Index i = 0; i < data.rows(); ++i) {
    const Eigen::Map<const Eigen::RowVector2f> x(data.features.array<float>() + 2 * i);
    const double h = std::tanh(first.weights.row(0).dot(x.cast<double>()) + first.bias[0]);
    const auto c = data.labels[static_cast<std::size_t>(i)];
    double z = 0, loss = 0;
    for (int k = -kPoints; k <= kPoints; ++k) {
      const double noise = 8.0 * k / kPoints;
      const Vector scores = last.weights.col(0) * (h + std::sqrt(kTemperature) * noise) + last.bias;
      const double ce = log_sum_exp(scores) - scores[c];
      const double weight = std::exp(-0.5 * noise * noise - ce / kTemperature) * (8.0 / kPoints) / std::sqrt(2 * M_PI);
      z += weight, loss += weight * (ce + 0.5 * kTemperature * (noise * noise - 1));  // ℋ − T/2: one hidden unit
    }
    const Vector q = softmax(last.weights.col(0) * h + last.bias);
    const double along = last.weights(0, 0) - last.weights(1, 0);
    out.free_energy -= kTemperature * std::log(z);
    out.mean_loss += loss / z;
    out.complexity += 0.5 * std::log(1 + q[0] * q[1] * along * along);
  }
  const auto n = static_cast<double>(data.rows());
  return {out.free_energy / n, out.mean_loss / n, out.complexity / n};
}

FirstLaw law_between(const Network& before, const Network& after, const Dataset& data, std::uint64_t seed) {
  const Thermometer thermometer(data, options_with(seed));
  EnsembleRecord a, b;
  thermometer.measure(before, &a);
  thermometer.measure(after, &b);
  return first_law(a, b)[0];
}

TEST(FirstLaw, AgreesWithQuadrature) {
  const Dataset data = small_data(40);
  const Network before = small_network(0), after = small_network(0.3);
  const Exact a = quadrature(before, data), b = quadrature(after, data);
  const double loss = b.mean_loss - a.mean_loss, free_energy = b.free_energy - a.free_energy,
               complexity = kTemperature * (b.complexity - a.complexity);
  ASSERT_GT(std::abs(free_energy), 0.02);  // there is something to see
  int covered = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    const FirstLaw law = law_between(before, after, data, static_cast<std::uint64_t>(trial));
    EXPECT_EQ(law.temperature, kTemperature);
    EXPECT_NEAR(law.complexity_heat.value, complexity, 1e-12);
    EXPECT_EQ(law.complexity_heat.error, 0);
    EXPECT_NEAR(law.loss_change.value, loss, 6 * law.loss_change.error);
    EXPECT_NEAR(law.heat.value, loss - free_energy, 6 * law.heat.error);
    const Bounds interval = confidence_interval(law.residual);
    covered += interval.low <= free_energy - complexity && free_energy - complexity <= interval.high;
  }
  // 95 % of 400 are 380 ± 4.4.
  EXPECT_GE(covered, 366);
  EXPECT_LE(covered, 394);
}

/// The states of the one hidden unit for one row: ℋ(s) = ½(s − h)² + CE(s).
struct OneUnit {
  Vector w, b, target;
  double h = 0;

  double loss(double s) const {
    const Vector scores = w * s + b;
    return 0.5 * (s - h) * (s - h) + log_sum_exp(scores) - target.dot(scores);
  }
  double curvature(double s) const {  // of two classes
    const Vector q = softmax(w * s + b);
    return 1 + q[0] * q[1] * (w[0] - w[1]) * (w[0] - w[1]);
  }
  double mode() const {  // ℋ is convex, with curvatures of 1 and more
    double s = h;
    for (int k = 0; k < 200; ++k) s -= 0.3 * (s - h + w.dot(softmax(w * s + b) - target));
    return s;
  }
  /// −T ln ∫ e^{−ℋ/T} ds/√(2πT) by the trapezoidal rule about the mode.
  double free_energy(double temperature) const {
    const double middle = mode(), least = loss(middle), step = 0.01 * std::sqrt(temperature);
    double sum = 0;
    for (int k = -1200; k <= 1200; ++k) sum += std::exp(-(loss(middle + k * step) - least) / temperature);
    return least - temperature * std::log(sum * step / std::sqrt(2 * M_PI * temperature));
  }
};

/// Means over rows: ℋ_min, C* at the modes, C at the forward pass, F at a temperature.
struct Relaxed {
  double least = 0, complexity = 0, of_forward_pass = 0, free_energy = 0;
};
Relaxed relaxed(const Network& network, const Dataset& data, double temperature) {
  Relaxed out;
  const double share = 1 / static_cast<double>(data.rows());
  const auto &first = network.layers[0], &last = network.layers[1];
  for (Index i = 0; i < data.rows(); ++i) {
    const Eigen::Map<const Eigen::RowVector2f> x(data.features.array<float>() + 2 * i);
    OneUnit unit{last.weights.col(0), last.bias, Vector::Zero(2),
                 first.weights.row(0).dot(x.cast<double>()) + first.bias[0]};
    if (data.targets.size() > 0) {
      unit.target = data.targets.row(i).transpose();
    } else {
      unit.target[data.labels[static_cast<std::size_t>(i)]] = 1;
    }
    out.least += share * unit.loss(unit.mode());
    out.complexity += share * 0.5 * std::log(unit.curvature(unit.mode()));
    out.of_forward_pass += share * 0.5 * std::log(unit.curvature(unit.h));
    out.free_energy += share * unit.free_energy(temperature);
  }
  return out;
}

Network linear_network(double bent) {
  Network network = small_network(bent);
  network.layers[0].activation = Activation::kIdentity;
  return network;
}

// F = ℋ_min + T C* + O(T²) with C* at the relaxed states; what is measured is C at the forward pass.
TEST(FirstLaw, ComplexityIsThatOfTheForwardPass) {
  Dataset data = small_data(40);
  const Network network = linear_network(0.3);
  const auto beyond = [&](double t) {
    const Relaxed exact = relaxed(network, data, t);
    return exact.free_energy - exact.least - t * exact.complexity;
  };
  EXPECT_NEAR(beyond(0.02) / beyond(0.01), 4, 0.2);
  const Relaxed exact = relaxed(network, data, 0.01);
  EXPECT_GT(std::abs(exact.complexity - exact.of_forward_pass), 0.01);
  ThermodynamicsOptions options = options_with(1);
  EXPECT_NEAR(measure_thermodynamics(network, data, options).complexity.value, exact.of_forward_pass, 1e-12);
  data.labels.clear();  // t = q: the forward pass is the mode
  data.targets = predict_probabilities(network, data);
  const Relaxed at_rest = relaxed(network, data, 0.01);
  EXPECT_NEAR(measure_thermodynamics(network, data, options).complexity.value, at_rest.complexity, 1e-6);
}

// r = dℋ_min + T d(C* − C) + O(T²).
TEST(FirstLaw, ResidualIsTheChangeOfTheRelaxedLossAndOfTheComplexityMisjudged) {
  constexpr double kCold = 0.02;
  const Dataset data = small_data(40);
  const Network before = linear_network(0), after = linear_network(0.6);
  const Relaxed a = relaxed(before, data, kCold), b = relaxed(after, data, kCold);
  ThermodynamicsOptions options = options_with(1, 256);
  options.temperatures = {kCold};
  const Thermometer thermometer(data, options);
  EnsembleRecord first, second;
  thermometer.measure(before, &first);
  thermometer.measure(after, &second);
  const Estimate residual = first_law(first, second)[0].residual;
  const double misjudged = kCold * ((b.complexity - b.of_forward_pass) - (a.complexity - a.of_forward_pass));
  const double tolerance = 6 * residual.error + 0.2 * std::abs(misjudged);
  EXPECT_NEAR(residual.value, b.least - a.least + misjudged, tolerance);
  EXPECT_GT(std::abs(residual.value - (b.least - a.least)), tolerance);  // the second term is there
}

TEST(FirstLaw, ALightMeasurementEmptiesTheRecord) {
  const Dataset data = small_data(20);
  EnsembleRecord record;
  Thermometer(data, options_with(3)).measure(small_network(0), &record);
  ASSERT_FALSE(record.empty());
  ThermodynamicsOptions light = options_with(3);
  light.detail = Detail::kLight;
  Thermometer(data, light).measure(small_network(0), &record);
  EXPECT_TRUE(record.empty());
}

TEST(FirstLaw, ItsTermsAddUp) {
  const FirstLaw law = law_between(small_network(0), small_network(0.3), small_data(40), 1);
  EXPECT_NEAR(law.residual.value, law.loss_change.value - law.heat.value - law.complexity_heat.value, 1e-14);
}

TEST(FirstLaw, NothingChangesNothing) {
  const FirstLaw law = law_between(small_network(0.1), small_network(0.1), small_data(10), 1);
  for (const Estimate& estimate : {law.loss_change, law.heat, law.complexity_heat, law.residual}) {
    EXPECT_EQ(estimate.value, 0);
    EXPECT_EQ(estimate.error, 0);
  }
}

TEST(FirstLaw, CommonNoiseMakesSmallChangesVisible) {
  const Dataset data = small_data(40);
  const Network before = small_network(0), after = small_network(0.01);
  const FirstLaw law = law_between(before, after, data, 2);
  const Thermodynamics alone = measure_thermodynamics(before, data, options_with(2));
  EXPECT_LT(law.residual.error, 0.1 * alone.ensembles[0].free_energy.error);
}

TEST(FirstLaw, MeasuringForARecordChangesNoFigure) {
  const Dataset data = small_data(20);
  const Thermometer thermometer(data, options_with(3));
  EnsembleRecord record;
  EXPECT_TRUE(record.empty());
  const Thermodynamics with = thermometer.measure(small_network(0), &record);
  EXPECT_FALSE(record.empty());
  EXPECT_EQ(with.ensembles[0].free_energy.value, thermometer.measure(small_network(0)).ensembles[0].free_energy.value);
}

TEST(FirstLaw, OfASoftmaxLayerIsTheLossAlone) {
  const Dataset data = small_data(20);
  auto layer = [&](double w) {
    Network network = small_network(0);
    network.layers = {{Matrix{{w, 0.3}, {-0.2, 0.1}}, Vector::Zero(2), Activation::kIdentity}};
    return network;
  };
  const Thermometer thermometer(data, options_with(3));
  EnsembleRecord a, b;
  const double before = thermometer.measure(layer(0.5), &a).mean_loss.value;
  const double after = thermometer.measure(layer(0.7), &b).mean_loss.value;
  const FirstLaw law = first_law(a, b)[0];
  EXPECT_NEAR(law.loss_change.value, after - before, 1e-14);
  EXPECT_NEAR(law.residual.value, after - before, 1e-14);
  EXPECT_EQ(law.heat.value, 0);
  EXPECT_EQ(law.complexity_heat.value, 0);
}

TEST(FirstLaw, RefusesRecordsThatDoNotBelongTogether) {
  const Dataset data = small_data(20);
  auto record = [&](const ThermodynamicsOptions& options, const Dataset& of) {
    EnsembleRecord made;
    Thermometer(of, options).measure(small_network(0), &made);
    return made;
  };
  const EnsembleRecord plain = record(options_with(1), data);
  ThermodynamicsOptions warmer = options_with(1), light = warmer;
  warmer.temperatures.assign(1, 0.5);  // gcc 14 warns of a list
  light.detail = Detail::kLight;
  EXPECT_THROW(first_law(plain, EnsembleRecord()), Error);
  EXPECT_THROW(first_law(plain, record(light, data)), Error);
  EXPECT_THROW(first_law(plain, record(warmer, data)), Error);
  EXPECT_THROW(first_law(plain, record(options_with(1, 8), data)), Error);
  EXPECT_THROW(first_law(plain, record(options_with(1), small_data(21))), Error);
}

}  // namespace
}  // namespace poise
