// A training that is stopped after any epoch and goes on from its state reaches the bits of one that was not stopped.
#include "learning/state.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/random.h"
#include "learning/options.h"
#include "poise/error.h"
#include "poise/learning_rule.h"

namespace poise::learning {
namespace {

constexpr int kEpochs = 7;

/// Two classes that overlap, by a plane and a half.
Dataset noisy_rows(Index rows, std::uint64_t seed) {
  constexpr Index kFeatures = 5;
  std::vector<float> values(rows * kFeatures);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(random_normal(seed, k));
  Dataset data;
  data.schema.format = FileFormat::kNpy;
  data.schema.array_features = kFeatures;
  data.schema.classes = {"a", "b", "c"};
  for (Index i = 0; i < rows; ++i) {
    const float* x = values.data() + i * kFeatures;
    const double noise = random_normal(seed + 1, static_cast<std::uint64_t>(i));
    data.labels.push_back(static_cast<double>(x[0] * x[1]) + noise > 0 ? 1 : x[2] > 1 ? 2 : 0);
  }
  data.features = Features::from_values(std::move(values), rows, kFeatures);
  return data;
}

NetworkOptions small() {
  NetworkOptions options;
  options.hidden = {6, 4};
  options.epochs = kEpochs;
  options.batch = 16;
  options.threads = 2;
  return options;
}

bool same_bits(const Network& a, const Network& b) {
  bool same = a.layers.size() == b.layers.size();
  for (std::size_t l = 0; same && l < a.layers.size(); ++l)
    same = a.layers[l].weights == b.layers[l].weights && a.layers[l].bias == b.layers[l].bias;
  return same;
}

/// All but times.
void expect_same(const Epoch& a, const Epoch& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.train.loss, b.train.loss) << a.number;
  EXPECT_EQ(a.train.accuracy, b.train.accuracy) << a.number;
  EXPECT_EQ(a.learning_rate, b.learning_rate) << a.number;
  EXPECT_EQ(a.curvature, b.curvature) << a.number;
  EXPECT_EQ(a.temperature, b.temperature) << a.number;
  ASSERT_EQ(a.validation.has_value(), b.validation.has_value());
  if (!a.validation) return;
  EXPECT_EQ(a.validation->loss, b.validation->loss) << a.number;
  EXPECT_EQ(a.validation->smoothed_accuracy, b.validation->smoothed_accuracy) << a.number;
}

struct Whole {
  NetworkFit fit;
  std::vector<TrainingState> states;
};

Whole train_whole(const Dataset& rows, const NetworkOptions& options, const Dataset* held_out) {
  Whole whole;
  Keeping<TrainingState> keeping;
  keeping.is_due = [] { return true; };
  keeping.keep = [&](TrainingState state) { whole.states.push_back(std::move(state)); };
  whole.fit = train_network(rows, options, held_out, nullptr, keeping);
  return whole;
}

void expect_resumable(const char* what, const NetworkOptions& options, bool validates) {
  SCOPED_TRACE(what);
  const Dataset rows = noisy_rows(150, 3), held_out = noisy_rows(40, 5);
  const Dataset* const validation = validates ? &held_out : nullptr;
  const Whole whole = train_whole(rows, options, validation);
  ASSERT_EQ(std::ssize(whole.states), whole.fit.report.epochs);
  for (const TrainingState& from : whole.states) {
    NetworkOptions others = options;
    others.threads = 1 + from.epoch % 2;
    Keeping<TrainingState> keeping;
    keeping.from = &from;
    const NetworkFit fit = train_network(rows, others, validation, nullptr, keeping);
    EXPECT_TRUE(same_bits(fit.network, whole.fit.network)) << "from epoch " << from.epoch;
    EXPECT_EQ(fit.report.status, whole.fit.report.status);
    EXPECT_EQ(fit.report.why, whole.fit.report.why);
    EXPECT_EQ(fit.report.best_epoch, whole.fit.report.best_epoch);
    EXPECT_GE(fit.report.seconds, from.seconds);
    ASSERT_EQ(fit.report.history.size(), whole.fit.report.history.size());
    for (std::size_t k = 0; k < fit.report.history.size(); ++k)
      expect_same(fit.report.history[k], whole.fit.report.history[k]);
  }
}

TEST(StateTest, EveryStepRuleGoesOnToTheSameBits) {
  for (const bool validates : {false, true}) {
    NetworkOptions options = small();
    expect_resumable("golden", options, validates);
    options.step = Step::kSgd, options.learning_rate = 0.05;
    expect_resumable("sgd", options, validates);
    options.momentum = 0.8, options.momentum_phase = 0.3;
    expect_resumable("complex momentum", options, validates);
    options.momentum_phase = 0, options.momentum = {}, options.step = Step::kAdam, options.learning_rate = 0.01;
    expect_resumable("adam", options, validates);
    options.reduction = Reduction::kSum, options.step = Step::kGolden, options.learning_rate = 0;
    expect_resumable("sums", options, validates);
  }
}

TEST(StateTest, EveryLearningRuleGoesOnToTheSameBits) {
  NetworkOptions options = small();
  options.relaxation_steps = 5;
  for (const Rule rule : {Rule::kEquilibrium, Rule::kPredictiveCoding, Rule::kCanonical}) {
    options.rule = rule;
    expect_resumable(to_string(rule), options, true);
  }
  options.mean_energy = 0.9;  // the temperature moves from batch to batch
  expect_resumable("canonical at an energy", options, true);
}

TEST(StateTest, DropoutHeadsAndRoundedProductsGoOnToTheSameBits) {
  NetworkOptions options = small();
  options.dropout = 0.3;
  expect_resumable("dropout", options, true);
  options.dropout = 0, options.solve_head_every = 2;
  expect_resumable("exact head", options, false);
  expect_resumable("exact head, validated", options, true);
  options.solve_head_every = 0, options.precision = Precision::kBfloat16;
  expect_resumable("bfloat16", options, true);
  options.precision = Precision::kFloat32, options.target = Target::kFeatures;
  expect_resumable("features", options, true);
}

/// One that stops early must not learn on when it is resumed at its end.
TEST(StateTest, PatienceAndStepsTakenBackGoOnToo) {
  NetworkOptions options = small();
  options.epochs = 60, options.patience = 3;
  expect_resumable("patience", options, true);
  options = small();
  options.step = Step::kSgd, options.learning_rate = 60;  // too far: steps are taken back
  EXPECT_LT(train_whole(noisy_rows(150, 3), options, nullptr).states.back().pace.caution, 1);
  expect_resumable("taken back", options, false);
}

/// A rule of one's own whose adjoints depend on how many batches there were.
class Counting : public LearningRule {
 public:
  void find_adjoints(RuleRows& rows) override {
    for (Index l = rows.layers(); l > 1; --l) {
      rows.back(l, rows.adjoint(l), rows.adjoint(l - 1));
      rows.times_slope(l - 1, rows.state(l - 1), rows.adjoint(l - 1));
      for (Index i = 0; i < rows.count() * rows.width(l - 1); ++i)
        rows.adjoint(l - 1)[i] *= 1 / (1 + 0.1f * static_cast<float>(batches_));
    }
  }
  bool moves_states() const override { return true; }
  void after_batch(double) override { ++batches_; }
  std::vector<double> state() const override { return {batches_}; }
  void restore(std::span<const double> state) override { batches_ = state[0]; }

 private:
  double batches_ = 0;
};

TEST(StateTest, ARuleOfOnesOwnGetsItsStateBack) {
  NetworkOptions options = small();
  options.rule = register_learning_rule(
      "counting", [](const NetworkOptions&, std::span<const Index>) { return std::make_unique<Counting>(); });
  expect_resumable("counting", options, false);
}

TEST(StateTest, TheStateOfAnotherNetworkIsRefused) {
  const Dataset rows = noisy_rows(60, 3);
  NetworkOptions options = small();
  const Whole whole = train_whole(rows, options, nullptr);
  Keeping<TrainingState> keeping;
  keeping.from = &whole.states.front();
  options.hidden = {5};
  EXPECT_THROW(train_network(rows, options, nullptr, nullptr, keeping), Error);
  options = small(), options.step = Step::kAdam;
  EXPECT_THROW(train_network(rows, options, nullptr, nullptr, keeping), Error);
}

TEST(StateTest, TheTimeLimitIsThatOfTheProcess) {
  const Dataset rows = noisy_rows(60, 3);
  NetworkOptions options = small();
  Whole whole = train_whole(rows, options, nullptr);
  TrainingState& from = whole.states.front();
  from.seconds = 1000;
  options.time_limit = 500;
  Keeping<TrainingState> keeping;
  keeping.from = &from;
  const NetworkFit fit = train_network(rows, options, nullptr, nullptr, keeping);
  EXPECT_EQ(fit.report.status, TrainingStatus::kFinished);
  EXPECT_GE(fit.report.seconds, 1000);
}

}  // namespace
}  // namespace poise::learning
