// Error bars: 95 % intervals of every stochastic estimator contain the exact value in 93 to 97 % of 1,000 trials.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "hidden_pair.h"
#include "sample_classifiers.h"

namespace poise {
namespace {

constexpr int kTrials = 1000;

/// Counts by name how many intervals contain what they should.
class Coverage {
 public:
  void add(const std::string& name, const Bounds& bounds, double exact) {
    ++trials_[name];
    hits_[name] += bounds.low <= exact && exact <= bounds.high;
  }
  double share(const std::string& name) const { return static_cast<double>(hits_.at(name)) / trials_.at(name); }
  void expect(double low = 0.93, double high = 0.97) const {
    for (const auto& [name, trials] : trials_) {
      const double share = static_cast<double>(hits_.at(name)) / trials;
      EXPECT_GE(share, low) << name;
      EXPECT_LE(share, high) << name;
      testing::Test::RecordProperty(name, std::to_string(share));
    }
  }

 private:
  std::map<std::string, int> hits_, trials_;
};

ThermodynamicsOptions options_of(Detail detail, int label_draws, std::uint64_t seed) {
  ThermodynamicsOptions options;
  options.detail = detail;
  options.rows = 0;
  options.label_draws = label_draws;
  options.seed = seed;
  return options;
}

/// Light measurements of the layers that are not exact, found `how`, against the traces of the Hessian by brute force.
void cover_layers(Activation activation, std::uint64_t seed, const std::string& how) {
  const Classifier classifier = random_classifier({5, 7, 6, 6, 4}, activation, 50, seed);
  const brute_force::Traces exact = brute_force::mean_traces(in_measured_units(classifier));
  Coverage coverage;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto found = measure_thermodynamics(classifier.network, classifier.data,
                                              options_of(Detail::kLight, 4, static_cast<std::uint64_t>(trial)));
    for (std::size_t l : {0u, 1u}) {
      ASSERT_EQ(found.layers[l].how, how);
      const auto at = static_cast<Index>(l);
      const std::string name = "layer " + std::to_string(l + 1);
      coverage.add(name, confidence_interval(found.layers[l].laplacian), exact.laplacian[at]);
      coverage.add("Gauss-Newton of " + name, confidence_interval(found.layers[l].gauss_newton),
                   exact.gauss_newton[at]);
    }
    coverage.add("sum", confidence_interval(found.laplacian), exact.laplacian.sum());
  }
  coverage.expect();
}

TEST(Coverage, SampledLabels) { cover_layers(Activation::kRelu, 1, "sampled labels"); }

TEST(Coverage, SampledLabelsAndHutchinsonTangents) { cover_layers(Activation::kTanh, 2, "Hutchinson"); }

TEST(Coverage, HutchinsonTangentsAlone) {  // a layer too wide for unit vectors
  const Classifier classifier = random_classifier({5, 70, 6, 4}, Activation::kSigmoid, 40, 3, 2);
  const brute_force::Traces exact = brute_force::mean_traces(in_measured_units(classifier));
  Coverage coverage;
  for (int trial = 0; trial < kTrials; ++trial) {
    ThermodynamicsOptions options = options_of(Detail::kFull, 4, static_cast<std::uint64_t>(trial));
    options.temperatures.clear();
    const auto found = measure_thermodynamics(classifier.network, classifier.data, options);
    ASSERT_EQ(found.layers[0].how, "Hutchinson");
    ASSERT_EQ(found.layers[0].gauss_newton.error, 0);
    coverage.add("layer 1", confidence_interval(found.layers[0].laplacian), exact.laplacian[0]);
    coverage.add("sum", confidence_interval(found.laplacian), exact.laplacian.sum());
  }
  coverage.expect();
}

TEST(Coverage, NoisyForwardFreeEnergy) {
  const Classifier classifier = random_classifier({4, 2, 3}, Activation::kTanh, 30, 4, 2);
  const std::vector<double> temperatures{0.01, 0.1, 0.5};
  std::vector<ExactEnsemble> exact;
  for (double temperature : temperatures)
    exact.push_back(two_neurons_by_quadrature(in_measured_units(classifier), temperature));
  Coverage coverage;
  for (int trial = 0; trial < kTrials; ++trial) {
    ThermodynamicsOptions options = options_of(Detail::kFull, 4, static_cast<std::uint64_t>(trial));
    options.temperatures = temperatures;
    const auto found = measure_thermodynamics(classifier.network, classifier.data, options);
    for (std::size_t k = 0; k < temperatures.size(); ++k) {
      const std::string at = " at T = " + std::to_string(temperatures[k]);
      coverage.add("F" + at, confidence_interval(found.ensembles[k].free_energy), exact[k].free_energy);
      coverage.add("U" + at, confidence_interval(found.ensembles[k].mean_loss), exact[k].mean_loss);
      coverage.add("bulk" + at, confidence_interval(found.ensembles[k].bulk_loss), exact[k].bulk_loss);
      coverage.add("S" + at, confidence_interval(found.ensembles[k].entropy), exact[k].entropy);
      coverage.add("KL" + at, confidence_interval(found.ensembles[k].divergence), exact[k].divergence);
    }
  }
  coverage.expect();
}

// Here the exact value is that of the source the rows are drawn from.
TEST(Coverage, RowsThatAreASample) {
  const Classifier classifier = random_classifier({4, 6, 3}, Activation::kTanh, 30000, 5);
  const auto exact = measure_thermodynamics(classifier.network, classifier.data, options_of(Detail::kLight, 4, 1));
  Coverage coverage;
  for (int trial = 0; trial < kTrials; ++trial) {
    ThermodynamicsOptions options = options_of(Detail::kLight, 4, static_cast<std::uint64_t>(trial));
    options.rows = 300;
    const auto found = measure_thermodynamics(classifier.network, classifier.data, options);
    coverage.add("gradient noise", source_interval(found.gradient_noise), exact.gradient_noise.value);
    coverage.add("mean loss", source_interval(found.mean_loss), exact.mean_loss.value);
    coverage.add("gap", source_interval(found.classes->equilibrium_gap), exact.classes->equilibrium_gap.value);
    coverage.add("marginal entropy", source_interval(found.classes->marginal_entropy),
                 exact.classes->marginal_entropy.value);
    coverage.add("mutual information", source_interval(found.classes->mutual_information),
                 exact.classes->mutual_information.value);
    coverage.add("Laplacian", source_interval(found.laplacian), exact.laplacian.value);
  }
  coverage.expect();
}

/// Two classes, scores ±10 x of normal x: 97 rows of 100 are classified correctly, and the loss of the rest is far from
/// normal.
Classifier good_classifier(std::uint64_t seed) {
  Classifier good = random_classifier({1, 2}, Activation::kIdentity, 30000, seed);
  // random_classifier has put inputs x at center + ¼ + 3 x.
  good.network.center.array() += 0.25;
  good.network.layers = {{Matrix{{10.0 / 3}, {-10.0 / 3}}, Vector::Zero(2), Activation::kIdentity}};
  const Matrix probability = predict_probabilities(good.network, good.data);
  for (Index i = 0; i < 30000; ++i) {
    const double drawn = random_uniform(seed, static_cast<std::uint64_t>(i));
    good.data.labels[static_cast<std::size_t>(i)] = drawn < probability(i, 0) ? 0 : 1;
  }
  return good;
}

struct Judged {
  Coverage all, judged;  ///< of every interval; of those that are not rough
  int gaps = 0;          ///< that are not rough
};

Judged cover_good_classifier(Index rows) {
  const Classifier good = good_classifier(6);
  const auto exact = measure_thermodynamics(good.network, good.data, options_of(Detail::kLight, 4, 1));
  Judged out;
  for (int trial = 0; trial < kTrials; ++trial) {
    ThermodynamicsOptions options = options_of(Detail::kLight, 4, static_cast<std::uint64_t>(trial));
    options.rows = rows;
    const auto found = measure_thermodynamics(good.network, good.data, options);
    const auto add = [&](const std::string& name, const Estimate& estimate, const Estimate& of_all) {
      out.all.add(name, source_interval(estimate), of_all.value);
      if (!is_rough(estimate)) out.judged.add(name, source_interval(estimate), of_all.value);
    };
    add("gap", found.classes->equilibrium_gap, exact.classes->equilibrium_gap);
    add("mean loss", found.mean_loss, exact.mean_loss);
    out.gaps += !is_rough(found.classes->equilibrium_gap);
  }
  return out;
}

// Of 100 rows three are wrong: intervals are too short, and every one of them says so.
TEST(Coverage, FewWrongRowsMakeRoughIntervals) {
  const Judged found = cover_good_classifier(100);
  EXPECT_EQ(found.gaps, 0);
  EXPECT_LT(found.all.share("gap"), 0.93);
}

TEST(Coverage, EnoughWrongRowsMakeIntervalsThatHold) {  // 55 of 2,000
  const Judged found = cover_good_classifier(2000);
  EXPECT_GT(found.gaps, 0.9 * kTrials);
  found.judged.expect();
}

// The distance from the gradient of all rows is 1.96 times its own root mean square or less.
TEST(Coverage, GradientNormOfRowsThatAreASample) {
  const Classifier classifier = random_classifier({4, 6, 3}, Activation::kTanh, 30000, 5);
  const auto exact = measure_thermodynamics(classifier.network, classifier.data, options_of(Detail::kLight, 4, 1));
  Coverage coverage;
  for (int trial = 0; trial < 200; ++trial) {
    ThermodynamicsOptions options = options_of(Detail::kLight, 4, static_cast<std::uint64_t>(trial));
    options.rows = 300;
    coverage.add("gradient norm",
                 source_interval(measure_thermodynamics(classifier.network, classifier.data, options).gradient_norm),
                 exact.gradient_norm.value);
  }
  coverage.expect(0.95, 1);
}

// x = ±1 and a softmax layer that knows the frequencies, 7 to 3, and nothing else: ‖g‖² = 2 ‖q − t‖² differs between
// the labels, and of rows of one label alone it is twice ⟨g, mean g⟩. The order of the file must not matter.
TEST(Coverage, GradientNoiseOfRowsSortedByLabel) {
  Network network;
  network.schema = array_schema(1, {"a", "b"});
  network.center = Vector::Zero(1);
  network.layers = {{Matrix::Zero(2, 1), Vector{{std::log(0.7), std::log(0.3)}}, Activation::kIdentity}};
  constexpr Index kRows = 30000;
  Dataset data =
      float_data(MatrixF::NullaryExpr(kRows, 1, [](Index i) { return i % 2 == 0 ? 1.0f : -1.0f; }), network.schema);
  data.labels.assign(kRows * 7 / 10, 0);
  data.labels.resize(kRows, 1);
  const double exact = (0.7 * 4 * 0.09 + 0.3 * 4 * 0.49) / 4;  // 4 parameters, mean g = 0
  Coverage coverage;
  for (int trial = 0; trial < kTrials; ++trial) {
    ThermodynamicsOptions options = options_of(Detail::kLight, 4, static_cast<std::uint64_t>(trial));
    options.rows = 300;
    coverage.add("gradient noise", source_interval(measure_thermodynamics(network, data, options).gradient_noise),
                 exact);
  }
  coverage.expect();
}

}  // namespace
}  // namespace poise
