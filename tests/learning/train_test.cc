// The training loop through its public face.
#include "poise/training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "poise/read.h"

namespace poise {
namespace {

/// Two interleaved rings, which no linear classifier separates; the second feature a thousandth of the first in size.
Dataset rings(Index rows, std::uint64_t seed, double factor = 1) {
  std::vector<float> values;
  Dataset data;
  for (Index i = 0; i < rows; ++i) {
    const auto k = static_cast<std::uint64_t>(i);
    const bool outer = i % 2 == 1;
    const double angle = 2 * 3.14159265358979 * random_uniform(seed, 3 * k);
    const double radius = (outer ? 2 : 1) + 0.3 * (random_uniform(seed, 3 * k + 1) - 0.5);
    values.push_back(static_cast<float>(factor * (5 + radius * std::cos(angle))));
    values.push_back(static_cast<float>(factor * 1e-3 * radius * std::sin(angle)));
    data.labels.push_back(outer ? 1 : 0);
  }
  data.name = "rings";
  data.features = Features::from_values(std::move(values), rows, 2);
  data.schema.format = FileFormat::kNpy;
  data.schema.array_features = 2;
  data.schema.classes = {"inner", "outer"};
  return data;
}

NetworkOptions small() {
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {16, 8};
  options.epochs = 30;
  options.threads = 1;
  return options;
}

double accuracy(const Network& network, const Dataset& data) {
  return evaluate_scores(predict_scores(network, data), data).accuracy;
}

struct Recorder : Watcher {
  std::vector<Epoch> epochs;
  std::vector<std::string> messages;
  int stop_after = 1 << 30;  // epochs
  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kEpoch) epochs.push_back(*event.epoch);
    if (event.kind == Event::Kind::kMessage) messages.push_back(event.text);
    return std::ssize(epochs) >= stop_after ? Answer::kStop : Answer::kGoOn;
  }
};

// CE − H = κ⟨Var_p(z)⟩ − λ‖W_L‖², but for ⟨W_L, ∂L/∂W_L⟩: docs/theory/dual-process.md#the-entropy-process.
TEST(TrainNetwork, AtRestWithAnEntropyWeightTheGapIsTheVarianceOfTheScores) {
  const Dataset data = rings(60, 3);
  for (const double weight : {0.15, -0.15}) {
    for (const double l2 : {0.0, 1e-2}) {
      NetworkOptions options = small();
      options.objective.l2 = l2;
      options.objective.label_smoothing = 0.2;  // or there would be no rest
      options.hidden = {3};
      options.activation = Activation::kTanh;
      options.entropy_weight = weight;
      options.step = Step::kSgd;
      options.learning_rate = 0.5;
      options.momentum = 0.9;
      options.batch = 60;
      options.epochs = 4000;
      const TrainingReport report = train_network(data, options).report;
      const Epoch& last = report.history.back();
      EXPECT_NEAR(last.train.equilibrium_gap, last.imbalance_at_rest, 1e-3);  // what is left to full rest
      if (l2 == 0) {
        EXPECT_GT(std::abs(last.imbalance_at_rest), 0.05);
      }
    }
  }
}

TEST(TrainNetwork, RefusesAnEntropyWeightOfWhatHasNoEntropy) {
  NetworkOptions options = small();
  options.entropy_weight = 0.1;
  options.loss = Loss::kBinaryCrossEntropy;
  EXPECT_THROW(train_network(rings(20, 1), options), Error);
  options.loss = Loss::kCrossEntropy;
  options.solve_head_every = 5;
  EXPECT_THROW(train_network(rings(20, 1), options), Error);
}

TEST(TrainNetwork, LearnsWhatNoLinearClassifierCan) {
  for (Rule rule : {Rule::kAdjoint, Rule::kEquilibrium, Rule::kPredictiveCoding}) {
    NetworkOptions options = small();
    options.rule = rule;
    options.relaxation_steps = rule == Rule::kPredictiveCoding ? 20 : 100;
    const NetworkFit fit = train_network(rings(600, 1), options);
    EXPECT_GE(accuracy(fit.network, rings(400, 2)), 0.98) << to_string(rule);
    EXPECT_EQ(fit.report.status, TrainingStatus::kFinished);
  }
}

TEST(TrainNetwork, EveryStepAndLossLearns) {
  for (Step step : {Step::kGolden, Step::kSgd, Step::kAdam}) {
    for (Loss loss : {Loss::kCrossEntropy, Loss::kBinaryCrossEntropy, Loss::kSquared}) {
      NetworkOptions options = small();
      options.step = step;
      options.loss = loss;
      options.epochs = 60;
      if (step == Step::kAdam) options.learning_rate = 0.01;
      const NetworkFit fit = train_network(rings(600, 1), options);
      EXPECT_GE(accuracy(fit.network, rings(400, 2)), 0.97) << to_string(step) << " " << to_string(loss);
    }
  }
}

TEST(TrainNetwork, SameBitsForAnyThreadsAndAnotherSeedAnotherNetwork) {
  NetworkOptions options = small();
  options.hidden = {300, 200};  // enough work for two threads
  options.epochs = 2;
  options.batch = 128;
  const Dataset data = rings(700, 3);
  const NetworkFit one = train_network(data, options);
  options.threads = 2;
  const NetworkFit two = train_network(data, options);
  options.seed = 2;
  const NetworkFit other = train_network(data, options);
  for (std::size_t l = 0; l < 3; ++l) {
    EXPECT_EQ(one.network.layers[l].weights, two.network.layers[l].weights);
    EXPECT_NE(one.network.layers[l].weights, other.network.layers[l].weights);
  }
}

TEST(TrainNetwork, UnitsOfTheFeaturesDoNotMatter) {
  NetworkOptions options = small();
  options.epochs = 5;
  const Dataset plain = rings(500, 4);
  const Matrix scores = predict_scores(train_network(plain, options).network, plain);
  for (double factor : {1024.0, 1.0 / 1024}) {  // powers of two: float32 keeps every digit
    const Dataset scaled = rings(500, 4, factor);
    const Matrix others = predict_scores(train_network(scaled, options).network, scaled);
    EXPECT_LE((others - scores).norm(), 1e-3 * scores.norm());
  }
}

// Half a row less than the largest is no less: a mean that comes back to 1 after a slip stays below it for ever.
TEST(TrainNetwork, KeepsTheLastEpochWithTheLargestSmoothedAccuracy) {
  NetworkOptions options = small();
  options.step = Step::kSgd;           // restless to the end, and few rows: luck decides single epochs
  const Dataset clean = rings(40, 5);  // all of them right in many epochs, with slips between
  Dataset noisy = clean;
  for (std::size_t i = 0; i < 40; i += 5) noisy.labels[i] = 1 - noisy.labels[i];
  int others = 0, ties = 0;
  for (options.seed = 1; options.seed <= 10; ++options.seed) {
    const Dataset& held_out = options.seed % 2 == 0 ? clean : noisy;
    options.learning_rate = options.seed % 2 == 0 ? 0.5 : 0.1;
    options.momentum = options.seed % 2 == 0 ? 0.95 : 0.9;
    const NetworkFit fit = train_network(rings(120, 1), options, &held_out);
    ASSERT_EQ(fit.report.history.size(), 30u);
    const Measured& kept = *fit.report.history[static_cast<std::size_t>(fit.report.best_epoch - 1)].validation;
    double mean = fit.report.history[0].validation->accuracy, largest = 0, most = 0;
    int first = 0, most_accurate = 0;
    for (const Epoch& epoch : fit.report.history) {
      const Validated& now = *epoch.validation;
      mean += 0.2 * (now.accuracy - mean);  // a fifth of it is the newest epoch
      EXPECT_NEAR(now.smoothed_accuracy, mean, 1e-12);
      if (now.smoothed_accuracy > largest) largest = now.smoothed_accuracy, first = epoch.number;
      if (now.accuracy >= most) most = now.accuracy, most_accurate = epoch.number;
    }
    const auto last = std::ranges::find_if(
        fit.report.history.rbegin(), fit.report.history.rend(),
        [&](const Epoch& epoch) { return epoch.validation->smoothed_accuracy >= largest - 0.5 / 40; });
    EXPECT_EQ(fit.report.best_epoch, last->number);
    others += most_accurate != last->number;
    ties += first != last->number;
    const Metrics metrics = evaluate_scores(predict_scores(fit.network, held_out), held_out);
    EXPECT_NEAR(metrics.accuracy, kept.accuracy, 1e-12);
    EXPECT_NEAR(metrics.cross_entropy, kept.loss, 1e-4);  // float32 while training, float64 here
    EXPECT_NEAR(metrics.equilibrium_gap, kept.equilibrium_gap, 1e-4);
  }
  EXPECT_GT(ties, 0);
  EXPECT_GT(others, 0);  // the epoch kept is not just the most accurate one, or the test shows nothing
}

// The same numbers as float32, float64 and in records of both: the storage is of no account.
TEST(TrainNetwork, ValidationDataMayBeStoredOtherwise) {
  const Dataset held_out = rings(200, 5);
  Dataset doubles = held_out;
  doubles.features = Features::from_values(
      std::vector<double>(held_out.features.array<float>(), held_out.features.array<float>() + 400), 200, 2);
  const NetworkFit one = train_network(rings(300, 1), small(), &held_out);
  const NetworkFit other = train_network(rings(300, 1), small(), &doubles);
  EXPECT_EQ(one.report.history.back().validation->loss, other.report.history.back().validation->loss);
}

TEST(TrainNetwork, StopsWhenValidationDoesNotImprove) {
  NetworkOptions options = small();
  options.epochs = 500;
  options.patience = 4;
  Dataset held_out = rings(100, 5);
  for (std::size_t i = 0; i < 100; i += 5) held_out.labels[i] = 1 - held_out.labels[i];  // no fit gets these right
  const NetworkFit fit = train_network(rings(200, 1), options, &held_out);
  EXPECT_EQ(fit.report.status, TrainingStatus::kStopped);
  EXPECT_GT(fit.report.epochs, 4);
  EXPECT_LT(fit.report.epochs, 100);
}

TEST(TrainNetwork, RestIsWhereCrossEntropyEqualsEntropy) {
  NetworkOptions options = small();
  options.objective.label_smoothing = 0.2;  // so that there is a minimum to come to rest at
  options.epochs = 400;
  options.stop_at_rest = true;
  const NetworkFit fit = train_network(rings(400, 1), options);
  EXPECT_EQ(fit.report.status, TrainingStatus::kAtRest);
  EXPECT_LT(fit.report.epochs, 400);
  const Measured& last = fit.report.history.back().train;
  EXPECT_LE(std::abs(last.equilibrium_gap), 0.02 * last.loss);
  EXPECT_EQ(fit.report.why, "the loss of smoothed labels equals output entropy and stands still");
}

/// ⟨W, ∂L/∂W⟩ = CE − H + λ‖W‖² = 0: with a penalty CE = H is nowhere near, and rest is found all the same.
TEST(TrainNetwork, WithAPenaltyRestIsBelowEntropyByTheHeadsShare) {
  NetworkOptions options = small();
  options.objective.l2 = 0.01;
  options.epochs = 400;
  options.stop_at_rest = true;
  const NetworkFit fit = train_network(rings(400, 1), options);
  ASSERT_EQ(fit.report.status, TrainingStatus::kAtRest);
  EXPECT_LT(fit.report.epochs, 400);
  const Epoch& last = fit.report.history.back();
  const double head = 0.01 * fit.network.layers.back().weights.squaredNorm();
  EXPECT_NEAR(last.imbalance_at_rest, -head, 1e-6 * head);
  EXPECT_GT(head, 0.1 * last.train.loss);
  EXPECT_NEAR(last.train.equilibrium_gap, -head, 0.02 * last.train.loss);
  EXPECT_EQ(fit.report.why, "cross-entropy is as far below output entropy as the penalty holds it, and stands still");
  EXPECT_NEAR(std::stod(fit.network.metadata.at("imbalance_at_rest")), -head, 1e-6 * head);
}

TEST(TrainNetwork, GoesBackFromADivergenceAndSaysSo) {
  NetworkOptions options = small();
  options.step = Step::kSgd;
  options.learning_rate = 1000;
  options.epochs = 60;
  Recorder recorder;
  const NetworkFit fit = train_network(rings(600, 1), options, nullptr, &recorder);
  ASSERT_FALSE(recorder.messages.empty());
  EXPECT_NE(recorder.messages[0].find("back to the start of epoch 1, at rest"), std::string::npos)
      << recorder.messages[0];
  for (const Layer& layer : fit.network.layers) EXPECT_TRUE(layer.weights.allFinite());
  EXPECT_TRUE(std::isfinite(fit.report.history.back().train.loss));
}

TEST(TrainNetwork, WatcherAndTimeLimitEndItWithAUsableNetwork) {
  Recorder recorder;
  recorder.stop_after = 3;
  const NetworkFit stopped = train_network(rings(300, 1), small(), nullptr, &recorder);
  EXPECT_EQ(stopped.report.status, TrainingStatus::kInterrupted);
  EXPECT_EQ(stopped.report.epochs, 3);
  EXPECT_TRUE(stopped.network.layers[0].weights.allFinite());

  NetworkOptions options = small();
  options.epochs = 1000000;
  options.time_limit = 0.05;
  EXPECT_EQ(train_network(rings(300, 1), options).report.status, TrainingStatus::kTimeLimit);
}

/// Keeps the network of every other epoch.
struct Collector : Watcher {
  std::vector<Epoch> epochs;
  std::vector<Network> networks;
  Answer on_event(const Event& event) override {
    if (event.kind != Event::Kind::kEpoch || event.epoch->number % 2 != 0) return Answer::kGoOn;
    epochs.push_back(*event.epoch);
    networks.push_back(event.network());
    return Answer::kGoOn;
  }
};

TEST(TrainNetwork, ShowsTheNetworkOfTheEpochsAskedFor) {
  NetworkOptions options = small();
  const Dataset train = rings(300, 1), held_out = rings(200, 5);
  Collector collector;
  train_network(train, options, &held_out, &collector);
  ASSERT_EQ(collector.networks.size(), 15u);
  for (std::size_t k = 0; k < 15; ++k) {
    EXPECT_EQ(collector.epochs[k].number, static_cast<int>(2 * k + 2));
    const Metrics metrics = evaluate_scores(predict_scores(collector.networks[k], held_out), held_out);
    EXPECT_NEAR(metrics.cross_entropy, collector.epochs[k].validation->loss, 1e-4);  // float32 while training
  }
}

TEST(TrainNetwork, BeingWatchedDoesNotChangeABit) {
  NetworkOptions options = small();
  const Dataset train = rings(300, 1);
  Collector collector;
  const Network watched = train_network(train, options, nullptr, &collector).network;
  const Network alone = train_network(train, options).network;
  for (std::size_t l = 0; l < alone.layers.size(); ++l) {
    EXPECT_EQ(watched.layers[l].weights, alone.layers[l].weights);
    EXPECT_EQ(collector.networks.back().layers[l].weights, alone.layers[l].weights);  // of the last epoch, 30
    EXPECT_EQ(collector.networks.back().layers[l].bias, alone.layers[l].bias);
  }
  EXPECT_EQ(collector.networks.back().center, alone.center);
}

TEST(TrainNetwork, WeightsOfRowsCountAsRepetitions) {
  Dataset weighted = rings(200, 1), repeated = weighted;
  weighted.sample_weight = Vector::Ones(200);
  weighted.sample_weight.tail(100).setZero();  // half of the rows count for nothing
  NetworkOptions options = small();
  options.epochs = 1;
  options.batch = 200;  // one batch, so that what is in it is the same
  options.step = Step::kSgd;
  options.momentum = 0;
  std::vector<Index> first(100);
  for (Index i = 0; i < 100; ++i) first[static_cast<std::size_t>(i)] = i;
  const Dataset half = select_rows(repeated, first);
  const Matrix one = predict_scores(train_network(weighted, options).network, repeated);
  const Matrix two = predict_scores(train_network(half, options).network, repeated);
  EXPECT_LE((one - two).norm(), 1e-4 * two.norm());
}

TEST(TrainNetwork, DigitsByDefault) {
  NetworkOptions options;
  options.hidden = {64};
  const Dataset train = read_dataset("digits"), test = read_dataset("digits:test");
  EXPECT_GE(accuracy(train_network(train, options).network, test), 0.955);
}

TEST(TrainNetwork, RefusesOptionsThatContradictEachOther) {
  const Dataset data = rings(50, 1);
  auto refused = [&](auto change) {
    NetworkOptions options = small();
    change(options);
    EXPECT_THROW(train_network(data, options), Error);
  };
  refused([](NetworkOptions& o) { o.hidden = {0}; });
  refused([](NetworkOptions& o) { o.dropout = 1; });
  refused([](NetworkOptions& o) { o.objective.l2 = -1; });
  refused([](NetworkOptions& o) { o.momentum = 1; });
  refused([](NetworkOptions& o) { o.relaxation_rate = 2; });
  refused([](NetworkOptions& o) { o.order = Order::kGaussSeidel; });
  refused([](NetworkOptions& o) { o.reference_2024 = true; });
  refused([](NetworkOptions& o) { o.rule = Rule::kPredictiveCoding, o.dropout = 0.1; });
  refused([](NetworkOptions& o) { o.stop_at_rest = true, o.loss = Loss::kSquared; });
  Dataset unlabeled = data;
  unlabeled.labels.clear();
  EXPECT_THROW(train_network(unlabeled, small()), Error);
}

}  // namespace
}  // namespace poise
