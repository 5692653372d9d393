// Arguments that do not fit are refused before anything is indexed by them.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "poise/efficiency.h"
#include "poise/error.h"
#include "poise/theory/equilibrium.h"
#include "poise/theory/free_energy_curvature.h"
#include "sample_septuples.h"
#include "thermo/sample_classifiers.h"

namespace poise {
namespace {

void expect_usage(const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
    EXPECT_FALSE(error.expected().empty()) << error.what();
  }
}

/// 3 -> 4 -> 2 with one thing that does not fit.
std::vector<std::vector<Layer>> misfits() {
  const std::vector<Layer> good = random_network({3, 4, 2}, Activation::kTanh, Loss::kSquared, 1, 3).layers;
  std::vector<std::vector<Layer>> out(5, good);
  out[0][1].weights = Matrix::Zero(2, 5);
  out[1][0].bias = Vector::Zero(3);
  out[2][1].bias = Vector::Zero(3);
  out[3][0].weights = Matrix::Zero(4, 2);
  out[4].clear();
  return out;
}

TEST(Refusals, LayersThatDoNotFit) {
  for (const std::vector<Layer>& layers : misfits()) {
    expect_usage([&] { to_septuple(layers, Vector::Zero(3)); });
    expect_usage([&] { path_sums(layers, Vector::Zero(3)); });
    Classifier classifier = random_classifier({3, 4, 2}, Activation::kTanh, 20, 1);
    classifier.network.layers = layers;
    expect_usage([&] { measure_thermodynamics(classifier.network, classifier.data); });
  }
}

TEST(Refusals, WidthsAndVariances) {
  for (const std::size_t widths : {0u, 2u, 4u})
    expect_usage([&] { expected_path_laplacian(std::vector<Index>(widths, 3), {0.1, 0.1}); });
  expect_usage([] { expected_path_laplacian({3}, {}); });
}

TEST(Refusals, StepsAndSamplesBelowZero) {
  const Septuple turning = make_septuple(Matrix{{0, 1.2}, {-1.2, 0}}, Vector::Zero(2), Activation::kTanh);
  expect_usage([&] { turning.fixed_point({.max_steps = -1}, Vector{{0.5, 0.2}}); });
  for (const Index samples : {-5, 0, 1}) {
    const SamplingOptions options{.samples = samples};
    expect_usage([&] { noisy_forward_ensemble(chain(Activation::kTanh), 0.5, options); });
    expect_usage([&] { importance_ensemble(tanh_pair(), 0.5, options); });
    expect_usage([&] { test_factorization(tanh_pair(), 0.5, {.sampling = options}); });
  }
  expect_usage([&] { importance_ensemble(tanh_pair(), 0.5, {.starts = -1}); });
  expect_usage([&] { test_factorization(tanh_pair(), 0.5, {.significance = 0}); });
  expect_usage([&] { test_factorization(tanh_pair(), 0.5, {.tolerance = std::numeric_limits<double>::quiet_NaN()}); });
}

TEST(Refusals, TheTheoremOfASeptupleThatIsNone) {
  Septuple broken = chain(Activation::kTanh);
  broken.clamped = {7};
  broken.data = Vector{{1.0}};
  expect_usage([&] { feed_forward_theorem_applies(broken); });
}

}  // namespace
}  // namespace poise
