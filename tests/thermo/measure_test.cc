// Thermodynamics of a classifier as users get it: units, formulas of the outputs, rows, options, errors.
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>

#include "poise/error.h"
#include "sample_classifiers.h"
#include "thermo/network/hessian.h"

namespace poise {
namespace {

ThermodynamicsOptions all_rows(Detail detail = Detail::kFull) {
  ThermodynamicsOptions options;
  options.detail = detail;
  options.rows = 0;
  return options;
}

void expect_equal(const Estimate& a, const Estimate& b, double tolerance = 0) {
  EXPECT_NEAR(a.value, b.value, tolerance);
  EXPECT_NEAR(a.error, b.error, tolerance);
  EXPECT_NEAR(a.row_error, b.row_error, tolerance);
}

/// All estimates, in order.
std::vector<Estimate> estimates(const Thermodynamics& t) {
  std::vector<Estimate> all{t.mean_loss,
                            t.classes->output_entropy,
                            *t.divergence,
                            t.classes->equilibrium_gap,
                            t.classes->score_variance,
                            t.classes->marginal_entropy,
                            t.classes->mutual_information,
                            t.laplacian,
                            t.gauss_newton,
                            t.gradient_noise,
                            t.complexity,
                            {t.largest_curvature.value}};
  for (const LayerCurvature& layer : t.layers) all.insert(all.end(), {layer.laplacian, layer.gauss_newton});
  for (const NoisyEnsemble& at : t.ensembles)
    all.insert(all.end(), {at.free_energy, at.mean_loss, at.bulk_loss, at.entropy, at.divergence});
  return all;
}

TEST(Measure, T2_9_SoftmaxHeadIsACanonicalEnsemble) {
  const Vector z{{1.5, -0.3, 2.2, 0.1}}, p{{0.1, 0.2, 0.3, 0.4}}, q = softmax(z);
  const double F = -log_sum_exp(z);                                    // energies −z at T = 1
  EXPECT_NEAR(F, -q.dot(z) - entropy(q), 1e-12);                       // F = U − S
  EXPECT_NEAR(divergence(p, q), (-p.dot(z) - entropy(p)) - F, 1e-12);  // KL = [U(p) − S(p)] − F
  EXPECT_NEAR(cross_entropy(p, q), -p.dot(z) - F, 1e-12);              // CE = U(p) − F
}

// The figures of the outputs from the model's probabilities, written out.
TEST(Measure, OutputsByTheirFormulas) {
  Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 100, 1);
  const Index n = 100;
  classifier.data.sample_weight = Vector::LinSpaced(n, 0, 3);  // the first row does not count
  const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, all_rows(Detail::kLight));
  const Matrix scores = predict_scores(classifier.network, classifier.data);
  const Vector s = classifier.data.sample_weight / classifier.data.sample_weight.sum();
  double ce = 0, h = 0, variance = 0;
  Vector marginal = Vector::Zero(4);
  for (Index i = 0; i < n; ++i) {
    const Eigen::ArrayXd z = scores.row(i).transpose().array(), q = z.exp() / z.exp().sum();
    ce -= s[i] * std::log(q[classifier.data.labels[static_cast<std::size_t>(i)]]);
    h -= s[i] * (q * q.log()).sum();
    variance += s[i] * ((q * z * z).sum() - std::pow((q * z).sum(), 2));
    marginal += s[i] * q.matrix();
  }
  const double of_marginal = -(marginal.array() * marginal.array().log()).sum();
  EXPECT_EQ(found.rows, n - 1);
  EXPECT_EQ(found.parameters, 5 * 7 + 7 + 7 * 4 + 4);
  EXPECT_NEAR(found.mean_loss.value, ce, 1e-12);
  EXPECT_NEAR(found.divergence->value, ce, 1e-12);
  EXPECT_NEAR(found.classes->output_entropy.value, h, 1e-12);
  EXPECT_NEAR(found.classes->equilibrium_gap.value, ce - h, 1e-12);
  EXPECT_NEAR(found.classes->score_variance.value, variance, 1e-12);
  EXPECT_NEAR(found.classes->marginal_entropy.value, of_marginal, 1e-12);
  EXPECT_NEAR(found.classes->mutual_information.value, of_marginal - h, 1e-12);
  EXPECT_NEAR(found.classes->temperature.temperature, evaluate_scores(scores, classifier.data).temperature.temperature,
              1e-10);
}

// dCE/dβ and d²CE/dβ² at β = 1, by scaling the head.
TEST(Measure, GapAndScoreVarianceAreDerivativesByInverseTemperature) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 50, 2);
  const auto loss_at = [&](double beta) {
    Classifier scaled = classifier;
    scaled.network.layers.back().weights *= beta;
    scaled.network.layers.back().bias *= beta;
    return measure_thermodynamics(scaled.network, scaled.data, all_rows(Detail::kLight)).mean_loss.value;
  };
  const auto found = measure_thermodynamics(classifier.network, classifier.data, all_rows(Detail::kLight));
  const double h = 1e-3;
  EXPECT_NEAR(found.classes->equilibrium_gap.value, (loss_at(1 + h) - loss_at(1 - h)) / (2 * h), 1e-6);
  EXPECT_NEAR(found.classes->score_variance.value, (loss_at(1 + h) - 2 * loss_at(1) + loss_at(1 - h)) / (h * h), 1e-6);
}

TEST(Measure, SoftTargetsAndSmoothing) {
  Classifier classifier = random_classifier({5, 4}, Activation::kIdentity, 50, 3);
  ThermodynamicsOptions options = all_rows(Detail::kLight);
  options.objective.label_smoothing = 0.1;
  const auto smoothed = measure_thermodynamics(classifier.network, classifier.data, options);
  Matrix targets = Matrix::Constant(50, 4, 0.025);
  for (Index i = 0; i < 50; ++i) targets(i, classifier.data.labels[static_cast<std::size_t>(i)]) = 0.925;
  classifier.data.labels.clear();
  classifier.data.targets = targets;
  const auto soft = measure_thermodynamics(classifier.network, classifier.data, all_rows(Detail::kLight));
  EXPECT_NEAR(smoothed.mean_loss.value, soft.mean_loss.value, 1e-7);
  EXPECT_NEAR(smoothed.divergence->value, soft.divergence->value, 1e-7);
  const double entropy_of_target = -(0.925 * std::log(0.925) + 3 * 0.025 * std::log(0.025));
  EXPECT_NEAR(smoothed.divergence->value, smoothed.mean_loss.value - entropy_of_target, 1e-12);
}

// The rewritten network has the same scores for inputs of mean 0 and mean square 1.
TEST(Measure, StandardizedInputsLeaveTheScores) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 300, 4);
  for (bool standardize : {true, false}) {
    ThermodynamicsOptions options = all_rows();
    options.objective.scale = standardize ? Scale::kStandard : Scale::kNone;
    const SampleNetwork network = in_measured_units(classifier, options);
    EXPECT_LE(distance(network.pass().preactivation.back(), predict_scores(classifier.network, classifier.data)),
              1e-12);
    if (!standardize) continue;
    EXPECT_LE(network.inputs.colwise().mean().cwiseAbs().maxCoeff(), 1e-6);
    EXPECT_LE((network.inputs.colwise().squaredNorm().array() / 300 - 1).abs().maxCoeff(), 1e-6);
  }
}

// What is measured does not depend on the units of the file.
TEST(Measure, UnitsOfTheFileDoNotMatter) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 60, 5);
  Classifier other = classifier;
  std::vector<double> values(other.data.features.array<double>(), other.data.features.array<double>() + 300);
  for (double& value : values) value *= 1000;
  other.data.features = Features::from_values(values, 60, 5);
  other.network.center *= 1000;
  other.network.layers[0].weights /= 1000;
  const auto a = estimates(measure_thermodynamics(classifier.network, classifier.data, all_rows()));
  const auto b = estimates(measure_thermodynamics(other.network, other.data, all_rows()));
  for (std::size_t k = 0; k < a.size(); ++k) expect_equal(a[k], b[k], 1e-9 * (1 + std::abs(a[k].value)));
}

TEST(Measure, LaplacianIsTheTraceOfTheHessian) {
  for (Activation activation : {Activation::kSigmoid, Activation::kTanh, Activation::kRelu}) {
    Classifier classifier = random_classifier({5, 7, 6, 4}, activation, 150, 6);
    classifier.data.sample_weight = Vector::LinSpaced(150, 0.1, 3);
    const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, all_rows());
    const SampleNetwork network = in_measured_units(classifier);
    const thermo::MemoryRows rows(network.inputs, network.targets, classifier.data.sample_weight);
    const Eigen::MatrixXd hessian = thermo::dense_hessian(network.layers, rows);
    Index begin = 0;
    for (std::size_t l = 0; l < 3; ++l) {
      const Index size = found.layers[l].weights;
      EXPECT_NEAR(found.layers[l].laplacian.value, hessian.diagonal().segment(begin, size).sum(), 1e-9);
      begin += size;
    }
    EXPECT_NEAR(found.laplacian.value, hessian.trace(), 1e-9);
    const double largest = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian).eigenvalues().maxCoeff();
    EXPECT_NEAR(found.largest_curvature.value, largest, 2e-3 * largest);
    EXPECT_NEAR(found.gradient_norm.value, thermo::mean_gradient(network.layers, rows).norm(), 1e-12);
  }
}

TEST(Measure, GradientNoiseIsTheTraceOfTheCovariance) {
  Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 90, 7);
  classifier.data.sample_weight = Vector::LinSpaced(90, 0.1, 3);
  const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, all_rows(Detail::kLight));
  const SampleNetwork network = in_measured_units(classifier);
  const Vector share = 90 * classifier.data.sample_weight / classifier.data.sample_weight.sum();
  Matrix gradients(90, found.parameters);
  for (Index i = 0; i < 90; ++i) {
    const thermo::MemoryRows row(network.inputs.row(i), network.targets.row(i));
    gradients.row(i) = share[i] * thermo::mean_gradient(network.layers, row).transpose();
  }
  const Matrix centered = gradients.rowwise() - gradients.colwise().mean();
  EXPECT_NEAR(found.gradient_noise.value, centered.squaredNorm() / 89 / static_cast<double>(found.parameters), 1e-12);
  EXPECT_NEAR(found.gradient_norm.row_error, std::sqrt(centered.squaredNorm() / 89 / 90), 1e-12);
}

TEST(Measure, OneRowHasNoGradientNoise) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 90, 7);
  ThermodynamicsOptions options = all_rows(Detail::kLight);
  options.rows = 1;
  const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, options);
  EXPECT_TRUE(std::isnan(found.gradient_noise.value));
  EXPECT_TRUE(std::isinf(found.gradient_norm.row_error));
}

TEST(Measure, LightAgreesWithFull) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 90, 8);
  const Thermodynamics light = measure_thermodynamics(classifier.network, classifier.data, all_rows(Detail::kLight));
  const Thermodynamics full = measure_thermodynamics(classifier.network, classifier.data, all_rows());
  expect_equal(light.laplacian, full.laplacian);  // one hidden layer: exact in both
  expect_equal(light.gauss_newton, full.gauss_newton);
  expect_equal(light.gradient_noise, full.gradient_noise);
  EXPECT_TRUE(light.ensembles.empty());
}

TEST(Measure, TheSameBitsForAnyNumberOfThreads) {
  const Classifier classifier = random_classifier({5, 70, 6, 4}, Activation::kSigmoid, 300, 9);
  ThermodynamicsOptions options = all_rows();
  std::vector<std::vector<Estimate>> found;
  for (int threads : {1, 2, 5}) {
    options.threads = threads;
    found.push_back(estimates(measure_thermodynamics(classifier.network, classifier.data, options)));
  }
  for (std::size_t k = 0; k < found[0].size(); ++k) {
    expect_equal(found[0][k], found[1][k]);
    expect_equal(found[0][k], found[2][k]);
  }
}

TEST(Measure, SparseAndDenseAgree) {
  Classifier classifier = random_classifier({6, 7, 4}, Activation::kTanh, 80, 10);
  CsrMatrix sparse;
  sparse.cols = 6;
  MatrixF dense = MatrixF::Zero(80, 6);
  for (Index i = 0; i < 80; ++i) {
    for (Index j = i % 3; j < 6; j += 2) {
      dense(i, j) = static_cast<float>(random_normal(11, static_cast<std::uint64_t>(6 * i + j)));
      sparse.columns.push_back(static_cast<std::int32_t>(j));
      sparse.values.push_back(dense(i, j));
    }
    sparse.row_start.push_back(std::ssize(sparse.values));
  }
  ThermodynamicsOptions options = all_rows(Detail::kLight);
  options.objective.scale = Scale::kNone;
  classifier.data.features =
      Features::from_values(std::vector<float>{dense.data(), dense.data() + dense.size()}, 80, 6);
  const auto a = estimates(measure_thermodynamics(classifier.network, classifier.data, options));
  classifier.data.features = Features::from_sparse(sparse);
  const auto b = estimates(measure_thermodynamics(classifier.network, classifier.data, options));
  for (std::size_t k = 0; k < a.size(); ++k) expect_equal(a[k], b[k], 1e-12 * (1 + std::abs(a[k].value)));
}

// Features times powers of two and weights divided by them are the same network; one that no row has is none of it.
TEST(Measure, UnitsOfSparseFeaturesAndAbsentOnesAreOfNoAccount) {
  Classifier classifier = random_classifier({6, 7, 4}, Activation::kTanh, 80, 14);
  std::vector<std::vector<Estimate>> found;
  for (const int power : {0, 7}) {
    CsrMatrix sparse;
    sparse.cols = 6;
    for (Index i = 0; i < 80; ++i) {
      for (Index j = i % 3; j < 5; j += 2) {
        const double value = random_normal(15, static_cast<std::uint64_t>(6 * i + j));
        sparse.columns.push_back(static_cast<std::int32_t>(j));
        sparse.values.push_back(std::ldexp(static_cast<float>(value), power * static_cast<int>(j)));
      }
      sparse.row_start.push_back(std::ssize(sparse.values));
    }
    classifier.data.features = Features::from_sparse(sparse);
    Network network = classifier.network;
    for (Index j = 0; j < 5; ++j) {
      network.center[j] *= std::ldexp(1.0, power * static_cast<int>(j));
      network.layers[0].weights.col(j) *= std::ldexp(1.0, -power * static_cast<int>(j));
    }
    network.center[5] = 0;
    network.layers[0].weights.col(5).array() += power;
    found.push_back(estimates(measure_thermodynamics(network, classifier.data, all_rows(Detail::kLight))));
  }
  for (std::size_t k = 0; k < found[0].size(); ++k) {
    expect_equal(found[0][k], found[1][k], 1e-12 * (1 + std::abs(found[0][k].value)));
  }
}

TEST(Measure, SoftmaxLayer) {
  const Classifier classifier = random_classifier({5, 4}, Activation::kIdentity, 90, 12);
  const Thermodynamics found = measure_thermodynamics(classifier.network, classifier.data, all_rows());
  EXPECT_EQ(found.layers.size(), 1u);
  EXPECT_EQ(found.layers[0].how, "exact");
  EXPECT_EQ(found.complexity.value, 0);
  EXPECT_TRUE(found.ensembles.empty());
  EXPECT_GT(found.largest_curvature.value, 0);
}

TEST(Measure, RowsAreDrawnBySeed) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 900, 13);
  ThermodynamicsOptions options = all_rows(Detail::kLight);
  const double all = measure_thermodynamics(classifier.network, classifier.data, options).mean_loss.value;
  options.rows = 900;
  EXPECT_EQ(measure_thermodynamics(classifier.network, classifier.data, options).mean_loss.value, all);
  options.rows = 100;
  const Thermodynamics one = measure_thermodynamics(classifier.network, classifier.data, options);
  EXPECT_EQ(one.rows, 100);
  EXPECT_EQ(measure_thermodynamics(classifier.network, classifier.data, options).mean_loss.value, one.mean_loss.value);
  options.seed = 2;
  const Thermodynamics other = measure_thermodynamics(classifier.network, classifier.data, options);
  EXPECT_NE(other.mean_loss.value, one.mean_loss.value);
  EXPECT_NEAR(other.mean_loss.value, all, 5 * other.mean_loss.row_error);
}

TEST(Measure, Step) {
  const Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 90, 14);
  ThermodynamicsOptions options = all_rows();
  Thermometer thermometer(classifier.data, options);
  EXPECT_FALSE(thermometer.measure(classifier.network).step.has_value());
  thermometer.set_step(0.1, 0.9, 32);
  const Thermodynamics found = thermometer.measure(classifier.network);
  ASSERT_TRUE(found.step.has_value());
  EXPECT_NEAR(found.step->entropy_destruction.value, 0.1 * found.laplacian.value, 1e-14);
  EXPECT_NEAR(found.step->momentum_contraction, static_cast<double>(found.parameters) * std::log(0.9), 1e-12);
  EXPECT_NEAR(found.step->optimizer_temperature.value, 0.1 * found.gradient_noise.value / (2 * 0.1 * 32), 1e-15);
  EXPECT_NEAR(found.step->edge, 0.1 * found.largest_curvature.value / (2 * 1.9), 1e-14);
  thermometer.set_step(0.1, 0, 0);
  const Thermodynamics plain = thermometer.measure(classifier.network);
  EXPECT_EQ(plain.step->momentum_contraction, 0);
  EXPECT_EQ(plain.step->optimizer_temperature.value, 0);
  EXPECT_NEAR(plain.step->edge, 0.05 * found.largest_curvature.value, 1e-14);  // gradient descent: 2/η
}

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.expected().empty()) << error.what();
    return error.kind();
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::kInternal;
}

TEST(Measure, Errors) {
  Classifier classifier = random_classifier({5, 7, 4}, Activation::kTanh, 30, 15);
  const auto measure = [&](const Network& network, const ThermodynamicsOptions& options = {}) {
    return kind_of([&] { measure_thermodynamics(network, classifier.data, options); });
  };
  Network network = classifier.network;
  network.head = Head::kSigmoid;
  EXPECT_EQ(measure(network), ErrorKind::kData);
  EXPECT_EQ(measure(random_classifier({6, 7, 4}, Activation::kTanh, 3, 1).network), ErrorKind::kData);
  EXPECT_EQ(measure(random_classifier({5, 7, 3}, Activation::kTanh, 3, 1).network), ErrorKind::kData);
  network = classifier.network;
  network.layers[0].weights(0, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(measure(network), ErrorKind::kNumeric);
  for (const auto& spoil : std::vector<std::function<void(ThermodynamicsOptions&)>>{
           [](auto& o) { o.draws = 1; }, [](auto& o) { o.label_draws = 1; }, [](auto& o) { o.rows = -1; },
           [](auto& o) { o.temperatures = {0.0}; }, [](auto& o) { o.momentum = 1; },
           [](auto& o) { o.learning_rate = -1; }, [](auto& o) { o.batch = -1; }}) {
    ThermodynamicsOptions options;
    spoil(options);
    EXPECT_EQ(measure(classifier.network, options), ErrorKind::kUsage);
  }
  classifier.data.labels.clear();
  EXPECT_EQ(measure(classifier.network), ErrorKind::kData);
}

}  // namespace
}  // namespace poise
