// The ensemble of hidden states: relaxed states, free energy against quadrature, its limits, complexity.
#include <gtest/gtest.h>

#include <numbers>

#include "hidden_pair.h"
#include "sample_classifiers.h"
#include "thermo/states/relaxed_states.h"
#include "thermo/states/weighted_draws.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using thermo::FreeEnergyOfRow;

ThermodynamicsOptions full(std::vector<double> temperatures, int draws = 16) {
  ThermodynamicsOptions options;
  options.rows = 0;
  options.temperatures = std::move(temperatures);
  options.draws = draws;
  return options;
}

/// E = ½‖e‖² + CE after so many small steps of predictive coding: gradient descent, where ours is Gauss–Newton.
Vector relaxed_energy(const SampleNetwork& network, double rate, int steps) {
  const reference::Clamp clamp{network.loss, network.targets, 1};
  return reference::predictive_coding(network.layers, network.inputs, clamp, {rate, steps}).energy_after;
}

thermo::RelaxedStates relax(const SampleNetwork& network, double tolerance) {
  return thermo::relax(network.layers, thermo::preactivation(network.layers[0], network.inputs), network.targets,
                       tolerance, {network.loss});
}

TEST(RelaxedStates, AreTheRestOfPredictiveCoding) {
  const SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kTanh, Loss::kCrossEntropy, 7, 1, 1.5);
  const Vector expected = relaxed_energy(network, 0.02, 50000), found = relax(network, 1e-12).energy;
  EXPECT_LE(distance(found, expected), 1e-9) << (found - expected).transpose();
  EXPECT_LT(found.sum(),
            0.95 * reference::losses(network.loss, network.pass().preactivation.back(), network.targets).sum());
}

TEST(RelaxedStates, DoNotMoveWhereTheTargetsAreTheOutputs) {
  SampleNetwork network = random_network({4, 6, 5, 3}, Activation::kTanh, Loss::kCrossEntropy, 7, 2);
  const Matrix scores = thermo::propagate(network.layers, network.inputs).preactivation.back();
  network.targets = thermo::ScoreLoss{}.outputs(scores);
  const thermo::RelaxedStates found = relax(network, 1e-12);
  EXPECT_LE(found.displacement[1].cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_LE(found.displacement[2].cwiseAbs().maxCoeff(), 1e-14);
}

TEST(FreeEnergy, WithoutSpreadIsTheLoss) {
  const FreeEnergyOfRow row =
      thermo::free_energy({Vector::Constant(8, -3 / 0.1), Vector::Constant(8, 3), Vector::Zero(8)}, 0.1);
  EXPECT_NEAR(row.value[thermo::kFreeEnergy], 3, 1e-13);
  EXPECT_NEAR(row.value[thermo::kMeanLoss], 3, 1e-13);
  EXPECT_NEAR(row.value[thermo::kEntropy], 0, 1e-11);
  EXPECT_NEAR(row.variance.norm(), 0, 1e-20);
  EXPECT_NEAR(row.effective_draws, 8, 1e-12);
}

// Weights 1 and e: the jackknife of −T ln mean w with two draws, and its variance, by hand.
TEST(FreeEnergy, JackknifeOfTwoDrawsByHand) {
  const double T = 0.5, all = -T * std::log((1 + std::numbers::e) / 2), mean_of_one = -T * 0.5;
  const FreeEnergyOfRow row = thermo::free_energy({Vector{{0, 1}}, Vector{{2, 1}}, Vector{{0, 0}}}, T);
  EXPECT_NEAR(row.value[thermo::kFreeEnergy], 2 * all - mean_of_one, 1e-14);
  EXPECT_NEAR(row.variance[thermo::kFreeEnergy], 0.5 * (2 * 0.25 * T * T), 1e-14);  // θ_{−r}: −T and 0
  const double u = (2 + std::numbers::e) / (1 + std::numbers::e);
  EXPECT_NEAR(row.value[thermo::kMeanLoss], 2 * u - 1.5, 1e-14);
}

// ln w of normal distribution: F = −T (μ + σ²/2). The plain estimate is too high by T (e^{σ²} − 1)/2R.
TEST(FreeEnergy, JackknifeTakesTheBiasOut) {
  const double T = 1, sigma = 0.7;
  const Index draws = 16, trials = 20000;
  double value = 0, plain = 0, variance = 0, square = 0;
  for (Index trial = 0; trial < trials; ++trial) {
    Vector log_weight(draws);
    for (Index r = 0; r < draws; ++r)
      log_weight[r] = sigma * random_normal(9, static_cast<std::uint64_t>(trial * draws + r));
    const FreeEnergyOfRow row = thermo::free_energy({log_weight, Vector::Zero(draws), Vector::Zero(draws)}, T);
    const double found = row.value[thermo::kFreeEnergy];
    value += found / trials;
    square += found * found / trials;
    variance += row.variance[thermo::kFreeEnergy] / trials;
    plain -= T * (log_sum_exp(log_weight) - std::log(draws)) / trials;
  }
  const double exact = -T * sigma * sigma / 2, spread = square - value * value;
  const double error = std::sqrt(spread / trials);
  EXPECT_GT(plain - exact, 10 * error);
  EXPECT_NEAR(value, exact, 4 * error);
  EXPECT_NEAR(variance / spread, 1, 0.1);
}

class StatesOf : public testing::TestWithParam<Activation> {};

TEST_P(StatesOf, TwoNeuronsAgreeWithQuadrature) {
  const Classifier classifier = random_classifier({4, 2, 3}, GetParam(), 10, 3, 2);
  const std::vector<double> temperatures{0.001, 0.01, 0.1, 1};
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full(temperatures, 400));
  for (std::size_t k = 0; k < temperatures.size(); ++k) {
    const double T = temperatures[k];
    const ExactEnsemble exact = two_neurons_by_quadrature(in_measured_units(classifier), T);
    const NoisyEnsemble& ensemble = found.ensembles[k];
    EXPECT_NEAR(ensemble.free_energy.value, exact.free_energy, 4 * ensemble.free_energy.error) << T;
    EXPECT_NEAR(ensemble.mean_loss.value, exact.mean_loss, 4 * ensemble.mean_loss.error) << T;
    EXPECT_NEAR(ensemble.bulk_loss.value, exact.bulk_loss, 4 * ensemble.bulk_loss.error) << T;
    EXPECT_NEAR(ensemble.entropy.value, exact.entropy, 4 * ensemble.entropy.error) << T;
    EXPECT_NEAR(ensemble.divergence.value, exact.divergence, 4 * ensemble.divergence.error) << T;
    EXPECT_LE(ensemble.free_energy.error, 0.02 * T) << T;
    EXPECT_GE(ensemble.effective_draws, 200) << T;
  }
}

// T → 0: not the loss of the plain forward pass but the least ½‖e‖² + CE.
TEST_P(StatesOf, AtLowTemperatureFreeEnergyIsTheRelaxedEnergy) {
  const Classifier classifier = random_classifier({4, 6, 5, 3}, GetParam(), 20, 4, 2);
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({1e-6}));
  const double expected = relax(in_measured_units(classifier), 1e-13).energy.mean();
  const double tolerance = GetParam() == Activation::kRelu ? 1e-3 : 2e-5;  // the least energy may be on a kink
  EXPECT_NEAR(found.ensembles[0].free_energy.value, expected, tolerance);
  EXPECT_LT(expected, 0.9 * found.mean_loss.value);
}

TEST_P(StatesOf, ComplexityIsTheLogDeterminantOfAllHiddenNeurons) {
  const Classifier classifier = random_classifier({4, 6, 5, 3}, GetParam(), 20, 5);
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({}));
  const SampleNetwork network = in_measured_units(classifier);
  double expected = 0;
  for (Index i = 0; i < 20; ++i) {
    Eigen::MatrixXd j(3, 11);
    j << brute_force::state_jacobian(network, 1, i), brute_force::state_jacobian(network, 2, i);
    const auto r = brute_force::head_curvature(network.loss, network.pass().preactivation.back().row(i).transpose());
    const Eigen::MatrixXd m = Eigen::MatrixXd::Identity(11, 11) + j.transpose() * r * j;
    expected += 0.5 * std::log(m.determinant()) / 20;
  }
  EXPECT_NEAR(found.complexity.value, expected, 1e-12);
  EXPECT_EQ(found.complexity.error, 0);
}

// Where the targets are the outputs nothing pulls, Gauss–Newton is the Hessian, and S → −C.
TEST_P(StatesOf, EntropyTendsToMinusComplexity) {
  Classifier classifier = random_classifier({4, 6, 5, 3}, GetParam(), 20, 6, 1.5);
  classifier.data.labels.clear();
  classifier.data.targets = predict_probabilities(classifier.network, classifier.data);
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({1e-5}, 200));
  const Estimate& entropy = found.ensembles[0].entropy;
  EXPECT_GT(found.complexity.value, 0.1);
  EXPECT_NEAR(entropy.value, -found.complexity.value, 4 * entropy.error + 1e-3);
  EXPECT_LE(entropy.error, 0.02);
}

TEST_P(StatesOf, PotentialsBelongTogether) {
  const Classifier classifier = random_classifier({4, 6, 5, 3}, GetParam(), 20, 7);
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({0.01, 0.1, 1}));
  for (const NoisyEnsemble& at : found.ensembles) {
    const double F = at.free_energy.value, T = at.temperature;
    EXPECT_NEAR(at.mean_loss.value + at.bulk_loss.value - T * at.entropy.value, F, 1e-12);
    EXPECT_NEAR(at.mean_loss.value + T * at.divergence.value, F, 1e-12);
    EXPECT_GT(at.divergence.value, 0);
    EXPECT_LT(at.effective_draws, 16.01);
  }
}

INSTANTIATE_TEST_SUITE_P(States, StatesOf, testing::Values(Activation::kSigmoid, Activation::kTanh, Activation::kRelu));

/// Every parameter of the network, by reference.
std::vector<double*> parameters(SampleNetwork& network) {
  std::vector<double*> all;
  for (Layer& layer : network.layers) {
    for (double& w : layer.weights.reshaped()) all.push_back(&w);
    for (double& b : layer.bias) all.push_back(&b);
  }
  return all;
}

/// Σ over parameters of second differences of f(network).
double laplacian_by_differences(SampleNetwork network, double step, const std::function<double()>& f,
                                SampleNetwork& changed) {
  changed = network;
  const double here = f();
  double sum = 0;
  const std::vector<double*> of_changed = parameters(changed);
  for (double* const theta : of_changed) {
    const double before = *theta;
    *theta = before + step;
    const double up = f();
    *theta = before - step;
    sum += (up - 2 * here + f()) / (step * step);
    *theta = before;
  }
  return sum;
}

// ∇²F of the weights and biases of both layers, by second differences of F by quadrature.
TEST_P(StatesOf, LaplacianOfTheFreeEnergyAgreesWithQuadrature) {
  const Classifier classifier = random_classifier({4, 2, 3}, GetParam(), 6, 3, 2);
  const std::vector<double> temperatures{0.01, 0.1, 1};
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full(temperatures, 400));
  for (std::size_t k = 0; k < temperatures.size(); ++k) {
    const double T = temperatures[k];
    SampleNetwork changed;
    const double expected = laplacian_by_differences(
        in_measured_units(classifier), 1e-3, [&] { return two_neurons_by_quadrature(changed, T, 9, 81).free_energy; },
        changed);
    const Estimate& laplacian = found.ensembles[k].laplacian;
    EXPECT_NEAR(laplacian.value, expected, 4 * laplacian.error + 1e-4 * std::abs(expected)) << T;
    EXPECT_LE(laplacian.error, 0.1 * std::abs(expected)) << T;
  }
}

// T → 0: that of the least ½‖e‖² + CE over states, which is not that of the loss.
TEST(States, AtLowTemperatureTheLaplacianIsThatOfTheRelaxedEnergy) {
  const Classifier classifier = random_classifier({3, 4, 3, 3}, Activation::kTanh, 8, 4, 2);
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({1e-5}, 2000));
  SampleNetwork changed;
  const double expected = laplacian_by_differences(
      in_measured_units(classifier), 1e-3, [&] { return relax(changed, 1e-15).energy.mean(); }, changed);
  const Estimate& laplacian = found.ensembles[0].laplacian;
  EXPECT_NEAR(laplacian.value, expected, 4 * laplacian.error + 1e-3 * std::abs(expected));
  EXPECT_GT(std::abs(expected - found.laplacian.value), 10 * laplacian.error);
}

// A head that does not look at the states leaves them to the noise: W_2 = 0 and, of N hidden neurons at T,
//   ∇²F = (1 − ‖q‖²)(‖σ(Y_1)‖² + NT + 1) − N ‖q − t‖²
TEST_P(StatesOf, LaplacianOfAHeadThatIsBlindInClosedForm) {
  Classifier classifier = random_classifier({4, 5, 3}, GetParam(), 10, 8);
  classifier.network.layers[1].weights.setZero();
  const double T = 0.3;
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({T}, 2000));
  const SampleNetwork network = in_measured_units(classifier);
  const Vector q = softmax(network.layers[1].bias);
  double expected = 0;
  for (Index i = 0; i < 10; ++i) {
    const double states = network.pass().activation[1].row(i).squaredNorm();
    const double error = (q - network.targets.row(i).transpose()).squaredNorm();
    expected += ((1 - q.squaredNorm()) * (states + 5 * T + 1) - 5 * error) / 10;
  }
  const Estimate& laplacian = found.ensembles[0].laplacian;
  EXPECT_NEAR(laplacian.value, expected, 4 * laplacian.error);
  EXPECT_LE(laplacian.error, 0.15);
}

// Two draws of equal weight, by hand: ⟨tr⟩ = 2, Var g = 1, so 2 − 1/T; of one draw alone its trace.
TEST(FreeEnergy, LaplacianOfTwoDrawsByHand) {
  const double T = 0.5, all = 2 - 1 / T;
  const thermo::LaplacianOfRow row = thermo::free_energy_laplacian(
      Vector{{-1, -1}}, {Vector{{1, 3}}, Eigen::MatrixXd{{1, -1}, {-1, 1}}}, T);  // g = 1 and −1
  EXPECT_NEAR(row.value, 2 * all - 2, 1e-14);
  EXPECT_NEAR(row.variance, 0.5 * (1 + 1), 1e-14);  // θ_{−r}: 3 and 1, about their mean 2
}

// With many draws about the relaxed state, and with a plain noisy forward pass of
// docs/theory/thermodynamics-measurements.md#the-noisy-forward-ensemble at a temperature that it can cope with, the
// same F.
TEST(States, AgreeWithPlainNoise) {
  const Classifier classifier = random_classifier({4, 6, 5, 3}, Activation::kTanh, 4, 8);
  const double T = 1;
  const auto found = measure_thermodynamics(classifier.network, classifier.data, full({T}, 500));
  const SampleNetwork network = in_measured_units(classifier);
  const Index draws = 100000;
  double expected = 0, variance = 0;
  for (Index i = 0; i < 4; ++i) {
    const Matrix start = thermo::preactivation(network.layers[0], network.inputs.row(i)).replicate(draws, 1);
    NormalStream normals(static_cast<std::uint64_t>(20 + i));
    std::vector<Matrix> noise(4);
    noise[1] = normals.matrix(draws, 6), noise[2] = normals.matrix(draws, 5);
    const Matrix scores = thermo::propagate_displaced(network.layers, start, noise).preactivation.back();
    const Vector weight =
        (-reference::losses(network.loss, scores, network.targets.row(i).replicate(draws, 1)) / T).array().exp();
    expected -= T * std::log(weight.mean()) / 4;
    variance += (weight.array() / weight.mean() - 1).square().mean() / draws / 16;
  }
  const Estimate& F = found.ensembles[0].free_energy;
  // NormalStream adds up twelve uniform numbers: its tails are too light by some 1e-3 in F.
  EXPECT_NEAR(F.value, expected, 4 * std::hypot(F.error, T * std::sqrt(variance)) + 2e-3);
}

}  // namespace
}  // namespace poise
