// fit_softmax and certify_softmax from end to end: status, gap against the true optimum, limits, warm start, path.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <optional>

#include "convex/reference.h"
#include "convex/solver/solvers.h"
#include "paths.h"
#include "poise/calibration.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

/// A random problem as a data set; `overlap`: every row also with every label.
Dataset random_data(const Shape& shape, std::uint64_t seed) {
  const Problem problem = random_problem(shape, seed);
  std::vector<std::string> names;
  for (Index c = 0; c < shape.classes; ++c) names.push_back("class " + std::to_string(c));
  Dataset data;
  data.features = problem.features;
  data.labels = problem.labels;
  data.targets = problem.targets;
  data.sample_weight = problem.row_weight * static_cast<double>(problem.rows());
  data.schema = array_schema(shape.features, names);
  data.schema.format = FileFormat::kLibsvm;
  return data;
}

ObjectiveOptions plain(double l2) { return {.l2 = l2, .scale = Scale::kNone}; }

/// f of a model minus the optimum, from the reference alone.
struct Truth {
  Truth(const Dataset& data, const ObjectiveOptions& options) : Truth(make_problem(data, options, 1)) {}
  explicit Truth(const Problem& problem) : units(problem.units), reference(problem), best(reference.minimize()) {}
  double above(const Network& model, const Dataset& data) const {
    return static_cast<double>(reference.at(to_parameters(model, data, units)).objective - best.objective);
  }
  ColumnMap units;
  Reference reference;
  Reference::Optimum best;
};

class Solvers : public testing::TestWithParam<Solver> {};

TEST_P(Solvers, EndCertifiedWithAGapThatHolds) {
  for (const double l2 : {1.0, 1e-2, 1e-4}) {
    for (const bool soft : {false, true}) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        SCOPED_TRACE(testing::Message() << "l2 " << l2 << " soft " << soft << " seed " << seed);
        const Dataset data =
            random_data({.rows = 150, .features = 5, .classes = 4, .soft = soft, .weights = true}, seed);
        const Truth truth(data, plain(l2));
        const SoftmaxFit fit = fit_softmax(data, plain(l2), {.solver = GetParam(), .tolerance = 1e-9, .threads = 2});
        EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
        ASSERT_TRUE(fit.report.gap);
        EXPECT_LE(*fit.report.gap, 1e-9);
        const double above = truth.above(fit.model, data);
        EXPECT_GE(*fit.report.gap, above);
        EXPECT_NEAR(fit.report.objective, static_cast<double>(truth.best.objective) + above, 1e-13);
        EXPECT_EQ(fit.report.certificate.gap, *fit.report.gap);
        EXPECT_EQ(fit.report.certificate.objective, fit.report.objective);
        EXPECT_TRUE(fit.report.certificate.proves_existence);
        EXPECT_FALSE(fit.report.separation);
        EXPECT_GT(fit.report.passes, 0);
        EXPECT_FALSE(fit.report.why.empty());
        EXPECT_LE(fit.model.layers[0].weights.colwise().sum().cwiseAbs().maxCoeff(), 1e-10);  // gauge

        const SolveReport again = certify_softmax(fit.model, data, {.tolerance = 1e-8, .threads = 1});
        EXPECT_EQ(again.status, Status::kCertified);
        EXPECT_GE(*again.gap, above);
        EXPECT_NEAR(again.objective, fit.report.objective, 1e-14);
      }
    }
  }
}

TEST_P(Solvers, CertifyWithoutAPenaltyWhereTheMinimizerExists) {
  const Dataset data = random_data({.rows = 60, .features = 3, .classes = 3, .all_labels = true}, 5);
  const Truth truth(data, plain(0));
  const SoftmaxFit fit = fit_softmax(data, plain(0), {.solver = GetParam(), .threads = 1});
  EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
  EXPECT_TRUE(fit.report.certificate.proves_existence);
  EXPECT_GE(*fit.report.gap, truth.above(fit.model, data));
}

/// Three groups of rows at (0,0), (1,0) and (0,1): with three classes the model can give every group any distribution.
/// In group g nearly all weight is on class g; the minimizer without a penalty is p_g = the group's shares.
struct NearlyPureGroups {
  NearlyPureGroups() {
    constexpr std::array<std::array<double, 3>, 3> kWeights = {{{1, 3e-9, 7e-9}, {2e-8, 1, 4e-10}, {5e-9, 1e-8, 1}}};
    std::vector<float> x;
    std::vector<double> weight;
    double total = 0;
    for (std::size_t g = 0; g < 3; ++g) {
      const double sum = kWeights[g][0] + kWeights[g][1] + kWeights[g][2];
      for (std::size_t c = 0; c < 3; ++c) {
        x.insert(x.end(), {g == 1 ? 1.0F : 0.0F, g == 2 ? 1.0F : 0.0F});
        data.labels.push_back(static_cast<std::int32_t>(c));
        weight.push_back(kWeights[g][c]);
        optimum -= kWeights[g][c] * std::log(kWeights[g][c] / sum);
      }
      total += sum;
    }
    optimum /= total;
    data.features = Features::from_values(std::move(x), 9, 2);
    data.sample_weight = Eigen::Map<const Vector>(weight.data(), 9);
    data.schema = array_schema(2, {"a", "b", "c"});
  }
  Dataset data;
  double optimum = 0;  // Σ s_g H(p_g), about 3e-7
};

// Scores of ±20: all curvature comes from rows whose 1 − p is near or below the rounding of float32.
TEST(FitSoftmax, ConvergesWhereEveryRowIsAsGoodAsCertain) {
  const NearlyPureGroups groups;
  const SoftmaxFit fit =
      fit_softmax(groups.data, plain(0), {.solver = Solver::kNewton, .tolerance = 1e-11, .threads = 1});
  EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
  ASSERT_TRUE(fit.report.gap);
  EXPECT_GE(*fit.report.gap + 1e-16, fit.report.objective - groups.optimum);  // ln(1 − 1e-8) is right to ε/2 alone
  EXPECT_NEAR(fit.report.objective, groups.optimum, 1e-11);
}

TEST_P(Solvers, KeepTheirLimits) {
  const Dataset data = random_data({.rows = 150, .features = 5, .classes = 4}, 6);
  for (const double l2 : {1e-6, 0.0}) {
    const Truth truth(data, plain(l2));
    const SoftmaxFit fit =
        fit_softmax(data, plain(l2), {.solver = GetParam(), .tolerance = 1e-13, .max_iterations = 2, .threads = 1});
    if (fit.report.status == Status::kSeparable) continue;
    EXPECT_EQ(fit.report.status, Status::kIterationLimit) << fit.report.why;
    EXPECT_LE(fit.report.iterations, 2);
    EXPECT_TRUE(fit.report.gap || l2 == 0);  // with a penalty there is always a bound
    if (fit.report.gap) {
      EXPECT_GE(*fit.report.gap, truth.above(fit.model, data));
    }
  }
  const SoftmaxFit timed =
      fit_softmax(data, plain(1e-6), {.solver = GetParam(), .tolerance = 1e-13, .time_limit = 1e-9, .threads = 1});
  EXPECT_EQ(timed.report.status, Status::kTimeLimit);
  ASSERT_TRUE(timed.report.gap);
  EXPECT_GE(*timed.report.gap, Truth(data, plain(1e-6)).above(timed.model, data));
  EXPECT_TRUE(timed.model.layers[0].weights.allFinite());
}

/// Nothing but a bias to learn: the optimum is the entropy of the mean target. Of 0.1 as float32 it would be 1e-9 off.
TEST(SoftTargets, AreTakenAsFloat64) {
  Dataset data = float_data(MatrixF::Zero(3, 1), array_schema(1, {"a", "b", "c"}));
  data.targets = Matrix{{0.1, 0.2, 0.7}, {0.1, 0.3, 0.6}, {0.4, 0.1, 0.5}};
  const double mean[] = {0.2, 0.2, 0.6};
  double entropy = 0;
  for (const double share : mean) entropy -= share * std::log(share);
  const SoftmaxFit fit = fit_softmax(data, {.l2 = 1}, {.tolerance = 1e-12, .threads = 1});
  EXPECT_EQ(fit.report.status, Status::kCertified);
  EXPECT_NEAR(fit.report.objective, entropy, 1e-12);
}

struct Stopper : Watcher {
  int after = 1, seen = 0;
  Answer on_event(const Event& event) override {
    seen += event.kind == Event::Kind::kIteration;
    return seen >= after ? Answer::kStop : Answer::kGoOn;
  }
};

TEST_P(Solvers, StopWhenAsked) {
  const Dataset data = random_data({.rows = 150, .features = 5, .classes = 4}, 7);
  Stopper stopper;
  stopper.after = 2;
  const SoftmaxFit fit =
      fit_softmax(data, plain(1e-6), {.solver = GetParam(), .tolerance = 1e-13, .threads = 1}, &stopper);
  EXPECT_EQ(fit.report.status, Status::kInterrupted);
  EXPECT_EQ(stopper.seen, 2);
  EXPECT_TRUE(fit.model.layers[0].weights.allFinite());
  EXPECT_LE(fit.report.objective, std::log(4.0));
}

TEST_P(Solvers, SameModelForAnyNumberOfThreads) {
  for (const bool sparse : {false, true}) {
    Dataset data = random_data({.rows = 1500, .features = 8, .classes = 3, .weights = true}, 8);
    if (sparse) {
      const Eigen::Map<const MatrixF> x(data.features.array<float>(), 1500, 8);
      data.features = stored_as((x.array() > 0.5f).select(x, 0.0f), Storage::kSparse);
    }
    const SolveOptions options{.solver = GetParam(), .tolerance = 1e-9, .threads = 1};
    const SoftmaxFit one = fit_softmax(data, plain(1e-3), options);
    for (const int threads : {2, 5}) {
      SolveOptions more = options;
      more.threads = threads;
      const SoftmaxFit other = fit_softmax(data, plain(1e-3), more);
      EXPECT_EQ(one.model.layers[0].weights, other.model.layers[0].weights);
      EXPECT_EQ(one.model.layers[0].bias, other.model.layers[0].bias);
      EXPECT_EQ(one.report.objective, other.report.objective);
      EXPECT_EQ(*one.report.gap, *other.report.gap);
      EXPECT_EQ(one.report.iterations, other.report.iterations);
      EXPECT_EQ(one.report.passes, other.report.passes);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Solvers,
                         testing::Values(Solver::kAuto, Solver::kNewton, Solver::kLbfgs, Solver::kGolden,
                                         Solver::kDescent, Solver::kBarzilaiBorwein),
                         [](const auto& solver) { return identifier(solver.param); });

// What a user may bring: units of 1e-6 … 1e6 with the penalty in units of the features, and everything the second order
// solvers promise for them.
TEST(Fit, UnscaledFeatures) {
  for (const Index features : {4, 60}) {  // with the full Hessian, and with blocks of it
    Dataset data = random_data({.rows = 400, .features = features, .classes = 7, .bad_scales = true}, 9);
    data.schema.format = FileFormat::kNpy;
    const ObjectiveOptions options{.l2 = 1e-4, .scale = Scale::kStandard};
    for (const Solver solver : {Solver::kAuto, Solver::kNewton, Solver::kLbfgs}) {
      const SoftmaxFit fit = fit_softmax(data, options, {.solver = solver, .threads = 2});
      EXPECT_EQ(fit.report.status, Status::kCertified) << to_string(solver) << ": " << fit.report.why;
      if (features == 4) {
        EXPECT_GE(*fit.report.gap, Truth(data, options).above(fit.model, data));
      }
    }
  }
}

TEST(Fit, WithoutAPenaltyInBadUnits) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Dataset data =
        random_data({.rows = 80, .features = 4, .classes = 3, .bad_scales = true, .all_labels = true}, seed);
    const SoftmaxFit fit = fit_softmax(data, plain(0), {.threads = 1});
    EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
    EXPECT_TRUE(fit.report.certificate.proves_existence);
    EXPECT_GE(*fit.report.gap, Truth(data, plain(0)).above(fit.model, data));
  }
}

// Bytes and sparse rows, with more parameters than the full Hessian is made for.
TEST(Fit, ByteAndSparseStorage) {
  const Index n = 400, d = 70, k = 6;
  Rng rng(18);
  MatrixF x(n, d);
  for (float& value : x.reshaped()) value = rng.uniform() < 0.8 ? 0.0f : static_cast<float>(rng.below(256));
  for (const double l2 : {1e-2, 1e-5}) {
    std::optional<Truth> truth;
    for (const Storage storage : {Storage::kFloat, Storage::kBytes, Storage::kSparse}) {
      Dataset data = float_data(x, array_schema(d, {"a", "b", "c", "d", "e", "f"}));
      data.features = stored_as(x, storage);
      data.unit = 255;
      Rng labels(19);
      for (Index i = 0; i < n; ++i) {
        Index best;
        (x.row(i).head(k) +
         60 * Eigen::RowVectorXf::NullaryExpr(k, [&] {
           return static_cast<float>(labels.normal());
         })).maxCoeff(&best);
        data.labels.push_back(static_cast<std::int32_t>(best));
      }
      if (!truth) truth.emplace(data, plain(l2));
      for (const Solver solver : {Solver::kAuto, Solver::kNewton, Solver::kLbfgs, Solver::kGolden}) {
        if (solver == Solver::kGolden && (storage == Storage::kSparse || l2 < 1e-3)) continue;  // slow there
        const SoftmaxFit fit = fit_softmax(data, plain(l2), {.solver = solver, .threads = 2});
        EXPECT_EQ(fit.report.status, Status::kCertified) << to_string(solver) << ": " << fit.report.why;
        EXPECT_GE(*fit.report.gap, truth->above(fit.model, data));
      }
    }
  }
}

TEST(Fit, ClassesWithoutRows) {
  Dataset data = random_data({.rows = 100, .features = 3, .classes = 3}, 10);
  data.schema.classes.push_back("never seen");
  const SoftmaxFit fit = fit_softmax(data, plain(1e-2), {.threads = 1});
  EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
  EXPECT_FALSE(fit.report.certificate.proves_existence);
  EXPECT_TRUE(fit.model.layers[0].bias.allFinite());
  data.schema.classes.pop_back();
  const Truth truth(data, plain(1e-2));
  EXPECT_NEAR(fit.report.objective, static_cast<double>(truth.best.objective), 2e-8);
}

TEST(Fit, WarmStartAndPath) {
  const Dataset data = random_data({.rows = 300, .features = 6, .classes = 3}, 11);
  const SolveOptions solve{.threads = 1};
  const SoftmaxFit cold = fit_softmax(data, plain(1e-3), solve);
  const SoftmaxFit warm = fit_softmax(data, plain(1e-3), solve, nullptr, &cold.model);
  EXPECT_EQ(warm.report.status, Status::kCertified);
  EXPECT_LE(warm.report.iterations, 1);
  EXPECT_NEAR(warm.report.objective, cold.report.objective, 1e-8);

  const std::vector<double> path = {1, 1e-1, 1e-2, 1e-3};
  const std::vector<SoftmaxFit> fits = fit_softmax_path(data, path, {.scale = Scale::kNone}, solve);
  ASSERT_EQ(fits.size(), path.size());
  for (std::size_t k = 0; k < path.size(); ++k) {
    EXPECT_EQ(fits[k].report.status, Status::kCertified);
    EXPECT_EQ(recorded_objective(fits[k].model).l2, path[k]);
    EXPECT_GE(*fits[k].report.gap, Truth(data, plain(path[k])).above(fits[k].model, data));
    if (k > 0) {  // a smaller penalty: smaller f, larger weights
      EXPECT_LT(fits[k].report.objective, fits[k - 1].report.objective);
      EXPECT_GT(fits[k].model.layers[0].weights.norm(), fits[k - 1].model.layers[0].weights.norm());
    }
  }
  EXPECT_NEAR(fits.back().report.objective, cold.report.objective, 1e-8);
}

TEST(Fit, AWrongWarmStartIsRefused) {
  const Dataset data = random_data({.rows = 30, .features = 3, .classes = 3}, 12);
  const SoftmaxFit other = fit_softmax(random_data({.rows = 30, .features = 2, .classes = 3}, 12), plain(1));
  EXPECT_THROW(fit_softmax(data, plain(1), {}, nullptr, &other.model), Error);
}

// A probability for each of 10¹² pairs of row and class: refused before it is asked for.
TEST(Fit, MoreThanMemoryHoldsIsRefused) {
  constexpr Index kMany = 1000000;
  CsrMatrix sparse;
  sparse.cols = 1;
  sparse.row_start.assign(kMany + 1, 0);
  Dataset data;
  data.features = Features::from_sparse(std::move(sparse));
  data.labels.assign(kMany, 0);
  data.schema = array_schema(1, std::vector<std::string>(kMany, "x"));
  try {
    fit_softmax(data, plain(1e-2), {.threads = 1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource) << error.what();
  }
}

TEST(Fit, OptionsOutOfRangeAreRefused) {
  const Dataset data = random_data({.rows = 30, .features = 2, .classes = 3}, 13);
  auto kind_of = [&](const ObjectiveOptions& objective, const SolveOptions& solve) {
    try {
      fit_softmax(data, objective, solve);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  EXPECT_EQ(kind_of(plain(-1), {}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of(plain(NAN), {}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of(plain(INFINITY), {}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.label_smoothing = 1}, {}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.label_smoothing = -0.1}, {}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({}, {.tolerance = 0}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({}, {.time_limit = -1}), ErrorKind::kUsage);
  Dataset unlabeled = data;
  unlabeled.labels.clear();
  EXPECT_THROW(fit_softmax(unlabeled), Error);
  Dataset one_class = data;
  one_class.schema.classes.resize(1);
  EXPECT_THROW(fit_softmax(one_class), Error);
}

TEST(Certify, BoundsAnyModelFromModelAndDataAlone) {
  const Dataset data = random_data({.rows = 200, .features = 4, .classes = 3}, 14);
  for (const double l2 : {1e-2, 1e-6}) {
    const Truth truth(data, plain(l2));
    const SoftmaxFit fit = fit_softmax(data, plain(l2), {.tolerance = 1e-10, .threads = 1});
    const std::string path = binary_dir() + "/certify_test.onnx";
    save_model(fit.model, path);
    const Network loaded = load_model(path);
    std::filesystem::remove(path);
    const SolveReport same = certify_softmax(loaded, data, {.threads = 1});
    EXPECT_EQ(same.status, Status::kCertified);
    EXPECT_GE(*same.gap, truth.above(loaded, data));
    EXPECT_LE(*same.gap, 1e-9);
    for (const double change : {1e-6, 1e-3, 0.1, 10.0, 1e4}) {
      Network moved = fit.model;
      Rng rng(15);
      for (double& weight : moved.layers[0].weights.reshaped()) weight += change * rng.normal();
      moved.layers[0].bias[0] += change;
      const double above = truth.above(moved, data);
      const SolveReport report = certify_softmax(moved, data, {.tolerance = 1e-13, .threads = 1});
      EXPECT_NE(report.status, Status::kCertified);
      ASSERT_TRUE(report.gap);
      EXPECT_GE(*report.gap, above);
      if (change <= 1e-3) {
        EXPECT_LE(*report.gap, 2 * above + 1e-10);
      }
    }
  }
}

// Weights are of features and classes, not of columns of a matrix.
TEST(FitSoftmax, RefusesAStartOfOtherFeaturesOrClasses) {
  const Dataset data = random_data({.rows = 60, .features = 3, .classes = 3}, 17);
  const auto expect_refusal = [&](const Dataset& other, const std::string& part) {
    const Network start = fit_softmax(other, plain(1e-2), {.threads = 1}).model;
    try {
      fit_softmax(data, plain(1e-2), {.threads = 1}, nullptr, &start);
      ADD_FAILURE() << "no error; expected one with: " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  expect_refusal(random_data({.rows = 60, .features = 4, .classes = 3}, 17), "3 features; expected 4");
  expect_refusal(random_data({.rows = 60, .features = 3, .classes = 2}, 17), "'class 2'; expected 'class 0'");
  Dataset renamed = data;
  renamed.schema.classes = {"class 2", "class 1", "class 0"};
  expect_refusal(renamed, "expected 'class 2', 'class 1' and 'class 0', as the model");
}

TEST(Certify, AndAStartTakeSoftmaxLayersAlone) {
  const Dataset data = random_data({.rows = 20, .features = 3, .classes = 2}, 5);
  Network network = fit_softmax(data, plain(1e-1), {.threads = 1}).model;
  network.layers.insert(network.layers.begin(), {Matrix::Identity(3, 3), Vector::Zero(3), Activation::kTanh});
  EXPECT_THROW(certify_softmax(network, data), Error);
  EXPECT_THROW(fit_softmax(data, plain(1e-1), {}, nullptr, &network), Error);
  const Network none;
  EXPECT_THROW(certify_softmax(none, data), Error);
  EXPECT_THROW(fit_softmax(data, plain(1e-1), {}, nullptr, &none), Error);
}

TEST(Certify, ACalibratedModelIsCertifiedAsItWasTrained) {
  const Dataset data = random_data({.rows = 120, .features = 4, .classes = 3}, 5);
  const SoftmaxFit fit = fit_softmax(data, plain(1e-3), {.tolerance = 1e-10, .threads = 1});
  ASSERT_EQ(fit.report.status, Status::kCertified);
  Network calibrated = fit.model;
  divide_scores(calibrated, 1.7320508);
  const SolveReport report = certify_softmax(calibrated, data, {.tolerance = 1e-10, .threads = 1});
  EXPECT_EQ(report.status, Status::kCertified) << report.why;
  EXPECT_NEAR(report.objective, fit.report.objective, 1e-14);
  // So it is where a warm start begins: at the optimum already.
  const SoftmaxFit again = fit_softmax(data, plain(1e-3), {.tolerance = 1e-10, .threads = 1}, nullptr, &calibrated);
  EXPECT_LT(again.report.iterations, fit.report.iterations);
  EXPECT_EQ(recorded_temperature(again.model.metadata), 1);
}

TEST(Certify, AModelOfZerosIsNoOptimumWithoutAPenalty) {
  const Dataset data = random_data({.rows = 60, .features = 3, .classes = 3, .all_labels = true}, 16);
  Network model = fit_softmax(data, plain(0), {.threads = 1}).model;
  model.layers[0].weights.setZero();
  model.layers[0].bias.setZero();
  const SolveReport report = certify_softmax(model, data, {.threads = 1});
  EXPECT_EQ(report.status, Status::kNotCertified);
  if (report.gap) {
    EXPECT_GE(*report.gap, Truth(data, plain(0)).above(model, data));
  }
}

TEST(Certify, WithoutAPenaltyEveryDistance) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Dataset data =
        random_data({.rows = 40, .features = 3, .classes = 3, .soft = seed % 2 == 1, .all_labels = true}, seed + 50);
    const Truth truth(data, plain(0));
    const SoftmaxFit fit = fit_softmax(data, plain(0), {.tolerance = 1e-10, .threads = 1});
    EXPECT_EQ(fit.report.status, Status::kCertified);
    for (const double change : {0.0, 1e-6, 1e-3, 0.05, 1.0, 30.0}) {
      Network moved = fit.model;
      Rng rng(seed);
      for (double& weight : moved.layers[0].weights.reshaped()) weight += change * rng.normal();
      const SolveReport report = certify_softmax(moved, data, {.threads = 1});
      const double above = truth.above(moved, data);
      if (report.gap) {
        EXPECT_GE(*report.gap, above);
      }
      if (report.status == Status::kCertified) {
        EXPECT_LE(above, 1e-8);
      }
      if (change <= 1e-3) {
        ASSERT_TRUE(report.gap) << change;
        EXPECT_LE(*report.gap, 2 * above + 1e-9);
      }
    }
  }
}

TEST(Certify, AModelThatDoesNotSayItsObjectiveIsRefused) {
  const Dataset data = random_data({.rows = 30, .features = 2, .classes = 3}, 17);
  Network model = fit_softmax(data, plain(1)).model;
  model.metadata["l2"] = "much";
  EXPECT_THROW(certify_softmax(model, data), Error);
  model.metadata.erase("l2");
  EXPECT_THROW(certify_softmax(model, data), Error);
}

// No loss is below 0, which bounds the gap of a model far from the optimum better than its dual point.
TEST(Certify, TheGapIsNeverAboveTheObjective) {
  const Dataset data = random_data({.rows = 200, .features = 20, .classes = 5}, 3);
  const SoftmaxFit fit =
      fit_softmax(data, plain(1e-6), {.solver = Solver::kDescent, .max_iterations = 2, .threads = 1});
  const SolveReport report = certify_softmax(fit.model, data, {.threads = 1});
  ASSERT_TRUE(report.gap);
  EXPECT_LE(*report.gap, report.objective + 1e-9);
}

}  // namespace
}  // namespace poise
