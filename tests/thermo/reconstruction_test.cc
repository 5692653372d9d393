// Measurements of networks whose target are their own features (docs/theory/network.md#unsupervised-systems).
#include <gtest/gtest.h>

#include "brute_force.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "poise/thermodynamics.h"
#include "poise/training.h"
#include "sample_models.h"
#include "thermo/network/hessian.h"
#include "thermo/network/measured_rows.h"

namespace poise {
namespace {

/// Rows without labels, features of different units about different means; of the logistic head between 0 and 1.
Dataset rows_of(Head head, Index rows = 60) {
  constexpr Index kFeatures = 5;
  NormalStream normals(1);
  Matrix x = normals.matrix(rows, 2) * normals.matrix(2, kFeatures) + 0.3 * normals.matrix(rows, kFeatures);
  if (head == Head::kLogistic) {
    x = x.unaryExpr([](double y) { return sigmoid(y); });
  } else {
    x = (x * Vector::LinSpaced(kFeatures, 0.5, 20).asDiagonal()).rowwise() +
        Vector::LinSpaced(kFeatures, -3, 90).transpose();
  }
  Dataset data = float_data(x.cast<float>(), array_schema(kFeatures, {}));
  return data;
}

Network trained(Head head, const Dataset& data, Activation activation, std::vector<Index> hidden = {2}) {
  NetworkOptions options;
  options.target = Target::kFeatures;
  options.loss = head == Head::kLinear ? Loss::kSquaredError : Loss::kBinaryCrossEntropy;
  options.hidden = std::move(hidden);
  options.activation = activation;
  options.epochs = 3;
  options.batch = 10;
  options.threads = 1;
  return train_network(data, options).network;
}

ThermodynamicsOptions all_rows(Detail detail = Detail::kLight) {
  ThermodynamicsOptions options;
  options.rows = 0;
  options.detail = detail;
  return options;
}

/// In the units of the measurement.
struct Units {
  Units(const Network& network, const Dataset& data)
      : rows(data, options_for(network, all_rows())),
        all(rows.block(0, rows.size())),
        layers(rows.layers_of(network)) {}
  thermo::MeasuredRows rows;
  thermo::RowBlock all;
  std::vector<Layer> layers;
};

TEST(ReconstructionMeasured, SquaredErrorIsThatOfEvaluate) {
  const Dataset data = rows_of(Head::kLinear), others = rows_of(Head::kLinear, 33);
  const Network network = trained(Head::kLinear, data, Activation::kTanh);
  for (const Dataset* of : {&data, &others}) {
    const Thermodynamics found = measure_thermodynamics(network, *of, all_rows());
    const ReconstructionMetrics metrics = evaluate_reconstruction(network, *of);
    EXPECT_NEAR(found.mean_loss.value, 0.5 * metrics.feature_errors.sum(), 1e-10 * found.mean_loss.value);
    EXPECT_FALSE(found.classes);
    EXPECT_FALSE(found.divergence);
  }
}

TEST(ReconstructionMeasured, BinaryCrossEntropyIsThatOfTheReconstructions) {
  const Dataset data = rows_of(Head::kLogistic);
  const Network network = trained(Head::kLogistic, data, Activation::kTanh);
  const Matrix p = reconstruct(network, data);
  Matrix t(p.rows(), p.cols());
  load_rows(data.features, ColumnMap{}, 0, t.rows(), t.data(), t.cols());
  const auto cross = [&](const Matrix& q) {
    return -(t.array() * q.array().log() + (1 - t.array()) * (1 - q.array()).log()).rowwise().sum().mean();
  };
  const Thermodynamics found = measure_thermodynamics(network, data, all_rows());
  EXPECT_NEAR(found.mean_loss.value, cross(p), 1e-12 * cross(p));
  ASSERT_TRUE(found.divergence);
  EXPECT_NEAR(found.divergence->value, cross(p) - cross(t), 1e-11);
  EXPECT_FALSE(found.classes);
}

// ℓ = ½‖W₂(W₁x + b₁) + b₂ − t‖²: each number of layer 2 has the curvature of its input squared, d outputs share them;
// layer 1 has that times ‖W₂‖².
TEST(ReconstructionMeasured, LaplacianOfALinearAutoencoderInClosedForm) {
  const Dataset data = rows_of(Head::kLinear);
  const Network network = trained(Head::kLinear, data, Activation::kIdentity);
  const Units units(network, data);
  const Matrix hidden =
      (units.all.inputs * units.layers[0].weights.transpose()).rowwise() + units.layers[0].bias.transpose();
  const double inputs = units.all.inputs.rowwise().squaredNorm().mean() + 1;
  const double states = hidden.rowwise().squaredNorm().mean() + 1;
  const Thermodynamics found = measure_thermodynamics(network, data, all_rows());
  EXPECT_NEAR(found.layers[0].laplacian.value, units.layers[1].weights.squaredNorm() * inputs, 1e-10);
  EXPECT_NEAR(found.layers[1].laplacian.value, 5 * states, 1e-10);
  EXPECT_EQ(found.layers[0].how, "exact");
  EXPECT_EQ(found.laplacian.value, found.gauss_newton.value);
}

// The Gaussian integral: with r = W₂m + b₂ − t at the states m of the forward pass and M = I + W₂W₂ᵀ
//   F = ½ rᵀM⁻¹r + ½T ln det M,   S − S_0 = −½ ln det M = −C;   ⟨ℓ⟩ = ½‖M⁻¹r‖² + ½T tr(1 − M⁻¹)
TEST(ReconstructionMeasured, FreeEnergyOfALinearAutoencoderIsAGaussianIntegral) {
  const Dataset data = rows_of(Head::kLinear);
  for (const std::vector<Index>& hidden : {std::vector<Index>{2}, {8}}) {  // fewer than outputs, and more
    const Network network = trained(Head::kLinear, data, Activation::kIdentity, hidden);
    const Units units(network, data);
    const Matrix& w = units.layers[1].weights;
    const Matrix m = thermo::propagate(units.layers, units.all.inputs).preactivation.back() - units.all.targets;
    const Eigen::MatrixXd metric = Eigen::MatrixXd::Identity(5, 5) + w * w.transpose(), inverse = metric.inverse();
    const Matrix damped = m * inverse;
    const double complexity = 0.5 * std::log(metric.determinant());
    ThermodynamicsOptions options = all_rows(Detail::kFull);
    options.temperatures = {0.01, 1};
    options.draws = 64;
    const Thermodynamics found = measure_thermodynamics(network, data, options);
    EXPECT_NEAR(found.complexity.value, complexity, 1e-12);
    for (const NoisyEnsemble& at : found.ensembles) {
      const double T = at.temperature;
      const double F = 0.5 * damped.cwiseProduct(m).rowwise().sum().mean() + T * complexity;
      const double U = 0.5 * damped.rowwise().squaredNorm().mean() + 0.5 * T * (5 - inverse.trace());
      EXPECT_NEAR(at.free_energy.value, F, 4 * at.free_energy.error + 1e-10) << T;
      EXPECT_LE(at.free_energy.error, 0.05 * T) << T;
      EXPECT_NEAR(at.mean_loss.value, U, 4 * at.mean_loss.error + 1e-10) << T;
      EXPECT_NEAR(at.entropy.value, -complexity, 4 * at.entropy.error + 1e-10) << T;
    }
  }
}

TEST(ReconstructionMeasured, GradientIsThatOfFiniteDifferencesOfTheMeanLoss) {
  for (const Head head : {Head::kLinear, Head::kLogistic}) {
    const Dataset data = rows_of(head);
    const Network network = trained(head, data, Activation::kTanh, {3, 2, 3});
    const Thermodynamics found = measure_thermodynamics(network, data, all_rows(Detail::kFull));
    const Units units(network, data);
    const thermo::MemoryRows rows(units.all.inputs, units.all.targets, {}, units.rows.loss());
    Vector w = thermo::flatten(units.layers);
    const Vector gradient =
        finite_differences<Vector>(w, [&] { return thermo::mean_loss(thermo::unflatten(w, units.layers), rows); });
    EXPECT_NEAR(found.gradient_norm.value, gradient.norm(), 1e-8);
    const double trace = thermo::dense_hessian(units.layers, rows).trace();
    EXPECT_NEAR(found.laplacian.value, trace, 1e-10 * std::abs(trace));
    EXPECT_GT(found.largest_curvature.value, 0);
    EXPECT_GT(found.complexity.value, 0);
  }
}

TEST(ReconstructionMeasured, RefusesOtherHeadsAndTooManyStates) {
  const Dataset data = rows_of(Head::kLinear);
  const Network network = trained(Head::kLinear, data, Activation::kTanh);
  ThermodynamicsOptions logistic = all_rows();
  logistic.head = Head::kLogistic;
  logistic.target_units = Vector::Constant(5, 1000);
  EXPECT_THROW(Thermometer(data, logistic).measure(network), Error);  // below 0
  EXPECT_THROW(Thermometer(rows_of(Head::kLogistic), logistic).measure(network), Error);
  EXPECT_THROW(Thermometer(data, all_rows()), Error);  // no labels
  const Dataset wide = float_data(NormalStream(3).matrix(4, 257).cast<float>(), array_schema(257, {}));
  const Network large = trained(Head::kLinear, wide, Activation::kTanh, {257});
  try {
    (void)measure_thermodynamics(large, wide, all_rows(Detail::kFull));
    FAIL() << "measured";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
    EXPECT_NE(std::string(error.what()).find("light"), std::string::npos) << error.what();
  }
  EXPECT_GT(measure_thermodynamics(large, wide, all_rows()).laplacian.value, 0);
}

}  // namespace
}  // namespace poise
