// What is left of a solve that limits or the user end before its first iteration, and the time limit of a path.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "convex/preconditioner/preconditioner.h"
#include "convex/reference.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

/// Two features without meaning, classes 0, 1, 2 with weights 1 : 2 : 5.
Dataset unequal_classes(bool separable) {
  MatrixF x(8, 2);
  x << 4, 1, 5, 0, 3, 2, 2, 0, 1, 1, 6, 2, 7, 0, 4, 2;
  if (separable) x(0, 0) = 9;  // class 0 alone is above 7
  Dataset data = float_data(x, array_schema(2, {"a", "b", "c"}));
  data.labels = {0, 1, 1, 2, 2, 2, 2, 2};
  return data;
}

struct StopAtOnce : Watcher {
  Answer on_event(const Event&) override { return Answer::kStop; }
};

void expect_class_frequencies(const SoftmaxFit& fit, double epsilon = 0) {
  EXPECT_EQ(fit.report.iterations, 0);
  EXPECT_TRUE(fit.model.layers[0].weights.isZero(0));
  const double frequency[] = {1.0 / 8, 2.0 / 8, 5.0 / 8};
  double normalizer = 0;
  for (Index c = 0; c < 3; ++c) normalizer += std::exp(fit.model.layers[0].bias[c]);
  for (Index c = 0; c < 3; ++c) {
    EXPECT_NEAR(std::exp(fit.model.layers[0].bias[c]) / normalizer, (1 - epsilon) * frequency[c] + epsilon / 3, 1e-6);
  }
}

class Stopped : public testing::TestWithParam<Solver> {};
INSTANTIATE_TEST_SUITE_P(Solvers, Stopped,
                         testing::Values(Solver::kAuto, Solver::kNewton, Solver::kLbfgs, Solver::kGolden,
                                         Solver::kDescent, Solver::kBarzilaiBorwein),
                         [](const auto& of) { return identifier(of.param); });

TEST_P(Stopped, BeforeTheFirstIterationAnswersClassFrequencies) {
  StopAtOnce watcher;
  for (const bool separable : {false, true}) {
    const Dataset data = unequal_classes(separable);
    for (const ObjectiveOptions& objective :
         {ObjectiveOptions{.l2 = 1e-2, .scale = Scale::kNone}, ObjectiveOptions{.l2 = 0, .scale = Scale::kNone},
          ObjectiveOptions{.l2 = 0.1, .scale = Scale::kNone, .label_smoothing = 0.3}}) {
      const SolveOptions solve{.solver = GetParam(), .threads = 1};
      const SoftmaxFit fit = fit_softmax(data, objective, solve, &watcher);
      EXPECT_EQ(fit.report.status, Status::kInterrupted);
      expect_class_frequencies(fit, objective.label_smoothing);
      const SoftmaxFit timed = fit_softmax(data, objective, {.solver = GetParam(), .time_limit = 1e-9, .threads = 1});
      expect_class_frequencies(timed, objective.label_smoothing);
      EXPECT_GE(timed.report.gap.value_or(0), 0);
    }
  }
}

/// Gaussian features whose labels they tell little about, for solvers that need a while.
Dataset noisy_rows(Index rows, Index features, Index classes) {
  std::vector<std::string> names;
  for (Index c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  std::uint64_t counter = 0;
  Dataset data = float_data(
      MatrixF::NullaryExpr(rows, features, [&] { return static_cast<float>(random_normalish(3, counter++)); }),
      array_schema(features, names));
  for (Index i = 0; i < rows; ++i)
    data.labels.push_back(
        static_cast<std::int32_t>(random_uniform(4, static_cast<std::uint64_t>(i)) * static_cast<double>(classes)));
  return data;
}

TEST(StoppedPreconditioner, IsNone) {
  const Dataset data = noisy_rows(600, 40, 12);
  SoftmaxObjective objective(make_problem(data, {.l2 = 1e-3}, 1), 1);
  Parameters gradient;
  objective.evaluate(Parameters::Zero(41, 12), &gradient, Arithmetic::kDouble);  // preconditioners are those of a point
  const Stop stop = [] { return true; };
  EXPECT_EQ(class_block_preconditioner(objective, stop), nullptr);
  EXPECT_EQ(uniform_preconditioner(objective, stop), nullptr);
  EXPECT_EQ(bohning_preconditioner(objective, stop), nullptr);
  EXPECT_EQ(local_preconditioner(objective, stop), nullptr);
  EXPECT_NE(local_preconditioner(objective, [] { return false; }), nullptr);
  // Asked before the first class and before each, it is given up among the classes.
  int asked = 0;
  EXPECT_EQ(class_block_preconditioner(objective, [&] { return ++asked > 5; }), nullptr);
  EXPECT_LE(asked, 8);
}

// Wherever a solver is when it is told to stop, within a preconditioner or a pass, too, it leaves a model, with its
// objective, and says so.
TEST_P(Stopped, AnywhereLeavesAModel) {
  struct StopLater : Watcher {
    int left;
    explicit StopLater(int questions) : left(questions) {}
    Answer on_event(const Event& event) override {
      return event.kind == Event::Kind::kTick && left-- <= 0 ? Answer::kStop : Answer::kGoOn;
    }
  };
  const Dataset data = noisy_rows(10500, 40, 12);  // enough rows to start with a part of them
  const double optimum = fit_softmax(data, {.l2 = 1e-3}).report.objective;
  for (const int questions : {0, 1, 2, 5, 9, 14, 20, 33, 50, 80, 130, 210, 340}) {
    StopLater watcher(questions);
    const SoftmaxFit fit =
        fit_softmax(data, {.l2 = 1e-3}, {.solver = GetParam(), .tolerance = 1e-300, .threads = 1}, &watcher);
    EXPECT_EQ(fit.report.status, Status::kInterrupted) << questions;
    EXPECT_TRUE(fit.model.layers[0].weights.allFinite() && fit.model.layers[0].bias.allFinite()) << questions;
    EXPECT_LE(fit.report.objective, std::log(12.0) + 1e-9) << questions;
    ASSERT_TRUE(fit.report.gap.has_value()) << questions;
    EXPECT_GE(*fit.report.gap, fit.report.objective - optimum - 1e-8) << questions;
    EXPECT_LE(watcher.left, 0) << questions;
    EXPECT_GE(watcher.left, -40) << "asked on and on";
    StopAtOnce at_once;
    const SoftmaxFit same = fit_softmax(data, {.l2 = 1e-3}, {.threads = 1}, &at_once, &fit.model);
    EXPECT_NEAR(fit.report.objective, same.report.objective, 1e-9) << questions;
  }
}

// Not even the pass over the rows with which solving begins is made to its end.
TEST(StoppedPass, EndsAmongItsBlocks) {
  for (const bool sparse : {false, true}) {
    Dataset data = noisy_rows(5000, 30, 4);
    const MatrixF x = Eigen::Map<const MatrixF>(data.features.array<float>(), 5000, 30);
    data.features = stored_as(x, sparse ? Storage::kSparse : Storage::kFloat);
    SoftmaxObjective objective(make_problem(data, {.l2 = 1e-3}, 1), 1);
    Parameters gradient;
    int asked = 0;
    objective.stop_passes_when([&] { return ++asked == 3; });
    EXPECT_THROW(objective.evaluate(objective.zero(), &gradient), PassStopped);
    EXPECT_EQ(asked, 3);
    objective.stop_passes_when({});
    EXPECT_NEAR(objective.evaluate(objective.zero(), &gradient).objective, std::log(4.0), 1e-12);
  }
}

const ObjectiveOptions kPlain{.l2 = 0.1, .scale = Scale::kNone};

TEST(StoppedStart, TheModelToStartFromIsAnswered) {
  const Dataset data = unequal_classes(false);
  const SoftmaxFit start = fit_softmax(data, kPlain, {.threads = 1});
  StopAtOnce watcher;
  const SoftmaxFit fit = fit_softmax(data, kPlain, {.threads = 1}, &watcher, &start.model);
  EXPECT_LT((fit.model.layers[0].weights - start.model.layers[0].weights).cwiseAbs().maxCoeff(), 1e-12);
}

/// Three iterations a penalty, each of at least 10 ms: alone each is within the limit, all together are not.
TEST(StoppedPath, TheTimeLimitIsThatOfTheWholePath) {
  struct Slow : Watcher {
    Answer on_event(const Event& event) override {
      if (event.kind == Event::Kind::kIteration) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return Answer::kGoOn;
    }
  } watcher;
  std::vector<double> path;
  for (int k = 0; k < 40; ++k) path.push_back(std::pow(0.9, k));
  const SolveOptions solve{
      .solver = Solver::kDescent, .tolerance = 1e-300, .max_iterations = 3, .time_limit = 0.2, .threads = 1};
  const auto fits = fit_softmax_path(unequal_classes(false), path, kPlain, solve, &watcher);
  EXPECT_LT(fits.size(), path.size());
  EXPECT_EQ(fits.back().report.status, Status::kTimeLimit);
}

// What comes next may depend on the solutions so far; each solve begins at the nearest.
TEST(Path, IsDecidedOnTheWay) {
  const Dataset data = unequal_classes(false);
  std::vector<double> seen;
  const NextPenalty next = [&](std::span<const SoftmaxFit> fits) -> std::optional<double> {
    if (!fits.empty()) seen.push_back(std::stod(fits.back().model.metadata.at("l2")));
    if (fits.size() == 4) return std::nullopt;
    return fits.empty() ? 1.0 : seen.back() / 2;
  };
  const auto fits = fit_softmax_path(data, next, kPlain, {.threads = 1});
  ASSERT_EQ(fits.size(), 4u);
  EXPECT_EQ(seen, (std::vector<double>{1, 0.5, 0.25, 0.125}));
  for (const SoftmaxFit& fit : fits) {
    EXPECT_EQ(fit.report.status, Status::kCertified);
    const SoftmaxFit alone = fit_softmax(data, {.l2 = std::stod(fit.model.metadata.at("l2")), .scale = Scale::kNone});
    EXPECT_NEAR(fit.report.objective, alone.report.objective, *fit.report.gap + *alone.report.gap);
  }
}

TEST(Path, WatchersSeeThePenaltiesAndTheSecondsOfAllSolves) {
  struct Watch : Watcher {
    std::vector<double> penalties, seconds;
    Answer on_event(const Event& event) override {
      if (event.kind != Event::Kind::kIteration) return Answer::kGoOn;
      EXPECT_EQ(event.iteration->iteration == 1, penalties.empty() || penalties.back() != event.l2);
      if (event.iteration->iteration == 1) penalties.push_back(event.l2.value_or(0));
      seconds.push_back(event.iteration->seconds);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return Answer::kGoOn;
    }
  } watch;
  const std::vector<double> path{1, 0.1, 0.01};
  fit_softmax_path(unequal_classes(false), path, kPlain, {.solver = Solver::kNewton, .threads = 1}, &watch);
  EXPECT_EQ(watch.penalties, path);
  EXPECT_TRUE(std::is_sorted(watch.seconds.begin(), watch.seconds.end()));
}

}  // namespace
}  // namespace poise
