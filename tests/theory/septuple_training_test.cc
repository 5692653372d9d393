// Learning in septuples: gradients by differences, a linear one in closed form, XOR on recurrent units.
#include "poise/theory/septuple_training.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <functional>
#include <limits>

#include "poise/error.h"
#include "sample_septuples.h"
#include "theory/expansion.h"

namespace poise {
namespace {

/// Two inputs and five tanh units, each of which listens to all inputs and units; the last is the output.
Septuple recurrent_units(std::uint64_t seed) {
  Septuple out;
  out.weights = Matrix::Zero(7, 7);
  out.weights.bottomRows(5) = 0.5 * NormalStream(seed).matrix(5, 7);
  out.weights.diagonal().setZero();
  out.bias = Vector::Zero(7);
  out.activation.assign(7, Activation::kTanh);
  out.activation[0] = out.activation[1] = Activation::kIdentity;
  out.inputs = {0, 1}, out.outputs = {6};
  return out;
}

const Matrix kXor{{-1, -1, -0.5}, {-1, 1, 0.5}, {1, -1, 0.5}, {1, 1, -0.5}};

/// Rows whose output has the right sign where the dynamics, started at 0, has come to rest.
int rows_right(const Septuple& learned) {
  int right = 0;
  for (Index r = 0; r < 4; ++r) {
    const FixedPoint rest = clamp(learned, {0, 1}, kXor.row(r).head(2).transpose()).fixed_point({.rate = 0.5});
    right += rest.converged && rest.state[6] * kXor(r, 2) > 0;
  }
  return right;
}

int seeds_that_learn_xor(const SeptupleTrainingOptions& options) {
  int learned = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SeptupleTraining found = train_septuple(recurrent_units(seed), {0, 1, 6}, kXor, options);
    EXPECT_LT(found.loss, 1e-3) << seed;
    learned += rows_right(found.septuple) == 4;
  }
  return learned;
}

TEST(TrainSeptuple, FiveRecurrentUnitsLearnXor) { EXPECT_EQ(seeds_that_learn_xor({}), 5); }

// Their cycles hold any answer that they are clamped to, at as small a loss: left alone they do not find it.
TEST(TrainSeptuple, WithoutALimitTheyRememberTheAnswerInstead) {
  EXPECT_LE(seeds_that_learn_xor({.contraction = std::numeric_limits<double>::infinity()}), 1);
}

// One step of gradient descent against differences of the mean least loss.
TEST(TrainSeptuple, StepsAlongTheGradientOfTheMeanLeastLoss) {
  const Septuple start = recurrent_units(3);
  Septuple at = start;
  const std::function<double()> mean_least_loss = [&] {
    double sum = 0;
    for (const auto& row : kXor.rowwise()) {
      Septuple clamped = clamp(at, {0, 1, 6}, row.transpose());
      clamped.bias.head(2) = row.head(2).transpose();
      sum += clamped.loss(theory::settle_from_fixed_point(clamped)) / 4;
    }
    return sum;
  };
  const double rate = 1e-3;
  const SeptupleTraining found = train_septuple(
      start, {0, 1, 6}, kXor, {.learning_rate = rate, .momentum = 0, .contraction = 1e9, .steps = 1, .loss = 0});
  EXPECT_NEAR(found.history[0], mean_least_loss(), 1e-12);
  const Matrix by_weights = finite_differences(at.weights, mean_least_loss);
  const Matrix by_bias = finite_differences(at.bias, mean_least_loss);
  const auto existing = (start.weights.array() != 0).cast<double>().matrix();
  EXPECT_LE(distance(Matrix((start.weights - found.septuple.weights) / rate), by_weights.cwiseProduct(existing)), 1e-6);
  EXPECT_LE(distance(Matrix((start.bias - found.septuple.bias).tail(5) / rate), by_bias.bottomRows(5)), 1e-6);
  EXPECT_EQ(found.septuple.bias.head(2), start.bias.head(2));  // they are data
}

// An output that listens to two inputs alone: least squares.
TEST(TrainSeptuple, OfOneLinearNeuronIsLeastSquares) {
  Septuple neuron = make_septuple(Matrix{{0, 0, 0}, {0, 0, 0}, {0.1, 0.1, 0}}, Vector::Zero(3), Activation::kIdentity);
  neuron.inputs = {0, 1}, neuron.outputs = {2};
  Matrix rows = NormalStream(5).matrix(20, 3);
  const SeptupleTraining found = train_septuple(neuron, {0, 1, 2}, rows, {.loss = 0});
  Matrix x = Matrix::Ones(20, 3);
  x.leftCols(2) = rows.leftCols(2);
  const Vector best = (x.transpose() * x).ldlt().solve(x.transpose() * rows.col(2));
  EXPECT_NEAR(found.septuple.weights(2, 0), best[0], 1e-7);
  EXPECT_NEAR(found.septuple.weights(2, 1), best[1], 1e-7);
  EXPECT_NEAR(found.septuple.bias[2], best[2], 1e-7);
  EXPECT_NEAR(found.loss, 0.5 * (rows.col(2) - x * best).squaredNorm() / 20, 1e-12);
}

TEST(TrainSeptuple, RefusesWhatDoesNotFit) {
  const Septuple units = recurrent_units(1);
  EXPECT_THROW(train_septuple(units, {0, 1, 6}, kXor.leftCols(2)), Error);
  EXPECT_THROW(train_septuple(units, {0, 1, 7}, kXor), Error);
  EXPECT_THROW(train_septuple(units, {0, 1, 6}, Matrix(0, 3)), Error);
  EXPECT_THROW(train_septuple(units, {0, 1, 6}, kXor, {.momentum = 1}), Error);
  EXPECT_THROW(train_septuple(units, {0, 1, 6}, kXor, {.contraction = 0}), Error);
}

}  // namespace
}  // namespace poise
