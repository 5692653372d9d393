// What is left of a solve that limits or the user end before its first iteration, and the time limit of a path.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

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

struct StopAtOnce : Observer {
  bool stop_requested() override { return true; }
};

void expect_class_frequencies(const SoftmaxFit& fit, double epsilon = 0) {
  EXPECT_EQ(fit.report.iterations, 0);
  EXPECT_TRUE(fit.model.weights.isZero(0));
  const double frequency[] = {1.0 / 8, 2.0 / 8, 5.0 / 8};
  double normalizer = 0;
  for (Index c = 0; c < 3; ++c) normalizer += std::exp(fit.model.bias[c]);
  for (Index c = 0; c < 3; ++c) {
    EXPECT_NEAR(std::exp(fit.model.bias[c]) / normalizer, (1 - epsilon) * frequency[c] + epsilon / 3, 1e-6);
  }
}

class Stopped : public testing::TestWithParam<Solver> {};
INSTANTIATE_TEST_SUITE_P(Solvers, Stopped,
                         testing::Values(Solver::kAuto, Solver::kNewton, Solver::kLbfgs, Solver::kGolden,
                                         Solver::kDescent),
                         [](const auto& of) { return to_string(of.param); });

TEST_P(Stopped, BeforeTheFirstIterationAnswersClassFrequencies) {
  StopAtOnce observer;
  for (const bool separable : {false, true}) {
    const Dataset data = unequal_classes(separable);
    for (const ObjectiveOptions& objective :
         {ObjectiveOptions{.l2 = 1e-2, .scale = Scale::kNone}, ObjectiveOptions{.l2 = 0, .scale = Scale::kNone},
          ObjectiveOptions{.l2 = 0.1, .scale = Scale::kNone, .label_smoothing = 0.3}}) {
      const SolveOptions solve{.solver = GetParam(), .threads = 1};
      const SoftmaxFit fit = fit_softmax(data, objective, solve, &observer);
      EXPECT_EQ(fit.report.status, Status::kInterrupted);
      expect_class_frequencies(fit, objective.label_smoothing);
      const SoftmaxFit timed = fit_softmax(data, objective, {.solver = GetParam(), .time_limit = 1e-9, .threads = 1});
      expect_class_frequencies(timed, objective.label_smoothing);
      EXPECT_GE(timed.report.gap.value_or(0), 0);
    }
  }
}

const ObjectiveOptions kPlain{.l2 = 0.1, .scale = Scale::kNone};

TEST(StoppedStart, TheModelToStartFromIsAnswered) {
  const Dataset data = unequal_classes(false);
  const SoftmaxFit start = fit_softmax(data, kPlain, {.threads = 1});
  StopAtOnce observer;
  const SoftmaxFit fit = fit_softmax(data, kPlain, {.threads = 1}, &observer, &start.model);
  EXPECT_LT((fit.model.weights - start.model.weights).cwiseAbs().maxCoeff(), 1e-12);
}

/// Three iterations a penalty, each of at least 10 ms: alone each is within the limit, all together are not.
TEST(StoppedPath, TheTimeLimitIsThatOfTheWholePath) {
  struct Slow : Observer {
    void on_iteration(const Progress&) override { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }
  } observer;
  std::vector<double> path;
  for (int k = 0; k < 40; ++k) path.push_back(std::pow(0.9, k));
  const SolveOptions solve{
      .solver = Solver::kDescent, .tolerance = 1e-300, .max_iterations = 3, .time_limit = 0.2, .threads = 1};
  const auto fits = fit_softmax_path(unequal_classes(false), path, kPlain, solve, &observer);
  EXPECT_LT(fits.size(), path.size());
  EXPECT_EQ(fits.back().report.status, Status::kTimeLimit);
}

TEST(Path, ObserversSeeThePenaltiesAndTheSecondsOfAllSolves) {
  struct Watch : Observer {
    std::vector<double> penalties, seconds;
    int begun = 0;
    void on_penalty(double l2) override { penalties.push_back(l2); }
    void on_iteration(const Progress& progress) override {
      begun += progress.iteration == 1;
      seconds.push_back(progress.seconds);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  } watch;
  const std::vector<double> path{1, 0.1, 0.01};
  fit_softmax_path(unequal_classes(false), path, kPlain, {.solver = Solver::kNewton, .threads = 1}, &watch);
  EXPECT_EQ(watch.penalties, path);
  EXPECT_EQ(watch.begun, 3);
  EXPECT_TRUE(std::is_sorted(watch.seconds.begin(), watch.seconds.end()));
}

}  // namespace
}  // namespace poise
