// The exact head: better where it is kept, and without a trace where it is not.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "poise/metrics.h"
#include "poise/training.h"

namespace poise {
namespace {

/// Two noisy blobs; `flipped`: with the labels exchanged.
Dataset blobs(Index rows, std::uint64_t seed, bool flipped = false) {
  std::vector<float> values;
  Dataset data;
  for (Index i = 0; i < rows; ++i) {
    const bool right = i % 2 == 1;
    for (std::uint64_t j = 0; j < 2; ++j) {
      const double noise = 3 * (random_uniform(seed, 2 * static_cast<std::uint64_t>(i) + j) - 0.5);
      values.push_back(static_cast<float>((right ? 0.5 : -0.5) + noise));
    }
    data.labels.push_back(right != flipped ? 1 : 0);
  }
  data.name = "blobs";
  data.features = Features::from_values(std::move(values), rows, 2);
  data.schema.format = FileFormat::kNpy;
  data.schema.array_features = 2;
  data.schema.classes = {"left", "right"};
  return data;
}

NetworkOptions options_of(int epochs, int solve_head_every) {
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {32};
  options.epochs = epochs;
  options.solve_head_every = solve_head_every;
  options.threads = 1;
  return options;
}

double loss(const Network& network, const Dataset& data) {
  return evaluate_scores(predict_scores(network, data), data).cross_entropy;
}

TEST(SolveHead, FitsTheTrainingDataBetterAndValidationNoWorse) {
  const Dataset train = blobs(600, 1), held_out = blobs(300, 2);
  const Network with = train_network(train, options_of(1, 1), &held_out).network;
  const Network without = train_network(train, options_of(1, 0), &held_out).network;
  EXPECT_LT(loss(with, train), loss(without, train) - 1e-3);
  EXPECT_LE(loss(with, held_out), loss(without, held_out));
  EXPECT_EQ(with.layers[0].weights, without.layers[0].weights);
}

TEST(SolveHead, IsKeptWithoutValidationIfTheTrainingLossFalls) {
  const Dataset train = blobs(600, 1);
  const Network with = train_network(train, options_of(1, 1)).network;
  EXPECT_LT(loss(with, train), loss(train_network(train, options_of(1, 0)).network, train) - 1e-3);
}

TEST(SolveHead, LeavesNoTraceWhereItIsNotKept) {
  const Dataset train = blobs(600, 1), opposite = blobs(300, 2, true);  // the better the fit, the worse there
  NetworkFit fits[2];
  for (int every : {0, 1}) {
    NetworkOptions options = options_of(3, every);
    options.step = Step::kSgd;
    options.learning_rate = 1e-4;  // so slow that the exact head is always far ahead
    fits[every] = train_network(train, options, &opposite);
  }
  const auto &without = fits[0], &with = fits[1];
  for (std::size_t l = 0; l < 2; ++l) EXPECT_EQ(with.network.layers[l].weights, without.network.layers[l].weights);
  EXPECT_EQ(with.report.history.back().train.loss, without.report.history.back().train.loss);
}

struct Counter : Watcher {
  int asked = 0;
  Answer on_event(const Event& event) override {
    asked += event.kind == Event::Kind::kTick;
    return Answer::kGoOn;
  }
};

TEST(SolveHead, AsksWhetherToStop) {
  const Dataset train = blobs(600, 1);
  int asked[2];
  for (int every : {0, 1}) {
    Counter counter;
    train_network(train, options_of(1, every), nullptr, &counter);
    asked[every] = counter.asked;
  }
  EXPECT_GT(asked[1], asked[0]);
}

}  // namespace
}  // namespace poise
