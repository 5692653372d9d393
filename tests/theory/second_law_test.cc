// Verdicts on a step of an ensemble of learners that the second law leaves open, on maps w ← f(w) chosen for them.
#include <gtest/gtest.h>

#include <cmath>

#include "poise/theory/learner_cloud.h"

namespace poise {
namespace {

/// One parameter, one row, L' = (w − f(w))/η with f(w) = a tanh(b w): a step of rate η takes w to f(w).
struct Squeeze : LearningTask {
  double a, b, rate;
  Squeeze(double a_, double b_, double rate_) : a(a_), b(b_), rate(rate_) {}

  Index parameters() const override { return 1; }
  Index rows() const override { return 1; }
  double loss(const Vector& w, std::span<const Index>) const override {
    return (0.5 * w[0] * w[0] - a / b * std::log(std::cosh(b * w[0]))) / rate;
  }
  Matrix row_gradients(const Vector& w, std::span<const Index> rows) const override {
    return Matrix::Constant(std::ssize(rows), 1, (w[0] - a * std::tanh(b * w[0])) / rate);
  }
  Matrix hessian(const Vector& w, std::span<const Index>) const override {
    const double t = std::tanh(b * w[0]);
    return Matrix{{(1 - a * b * (1 - t * t)) / rate}};
  }
};

LearnerStep one_step(double a, double b, Index learners) {
  LearnerOptions o;
  o.learners = learners;
  o.steps = 1;
  o.learning_rate = 0.1;
  o.spread = 1;
  o.threads = 1;
  return run_learners(Squeeze(a, b, o.learning_rate), o).steps.front();
}

// All learners go to two small heaps far apart: nearly no volume is left, and the variance has grown.
TEST(SecondLaw, AnEntropyOfShapeIsTakenForNoOther) {
  const LearnerStep step = one_step(3, 3, 500);
  EXPECT_GT(step.change.value, std::log(2));  // of normal learners: variance from 1 to 9 E tanh²(3w) > 4
  EXPECT_LT(step.volume_change, 0);
  EXPECT_EQ(step.second_law, SecondLaw::kShape);
}

// a² E tanh²(3w) = 1 for w ~ N(0, 1): the variance stays, up to the choice of learners.
TEST(SecondLaw, CannotBeToldWhereTheVarianceStays) {
  double square = 0;
  for (int k = -8000; k <= 8000; ++k) {
    const double w = 1e-3 * k;
    square += 1e-3 * std::exp(-0.5 * w * w) / std::sqrt(2 * M_PI) * std::pow(std::tanh(3 * w), 2);
  }
  const LearnerStep step = one_step(1 / std::sqrt(square), 3, 200);
  EXPECT_LT(std::abs(step.change.value), 3 * step.change.error);
  EXPECT_EQ(step.second_law, SecondLaw::kCannotTell);
}

}  // namespace
}  // namespace poise
