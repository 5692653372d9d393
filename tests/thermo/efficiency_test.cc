// Architectures of one budget: their closed form against finite differences, ranks and intervals against tables, and
// the comparison on the digits. docs/theory/thermodynamics-laws.md#efficiency-of-an-architecture.
#include "poise/efficiency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "poise/error.h"
#include "poise/read.h"
#include "poise/theory/free_energy_curvature.h"
#include "poise/thermodynamics.h"
#include "sample_networks.h"
#include "thermo/efficiency/rank_correlation.h"

namespace poise {
namespace {

/// Λ of a linear network.
double path_laplacian(const std::vector<Layer>& layers) {
  std::vector<Matrix> weights;
  for (const Layer& layer : layers) weights.push_back(layer.weights);
  return path_sums(weights).laplacian;
}

/// tr G⁻¹ of all neurons, G = AᵀA, A = I − w with the W_l as blocks below the diagonal.
double trace_of_inverse(const std::vector<Layer>& layers) {
  Index neurons = layers.front().weights.cols();
  for (const Layer& layer : layers) neurons += layer.weights.rows();
  Eigen::MatrixXd a = Eigen::MatrixXd::Identity(neurons, neurons);
  Index column = 0, row = layers.front().weights.cols();
  for (const Layer& layer : layers) {
    a.block(row, column, layer.weights.rows(), layer.weights.cols()) -= layer.weights;
    column = row;
    row += layer.weights.rows();
  }
  return (a.transpose() * a).inverse().trace();
}

TEST(PathLaplacian, IsTheLaplacianOfTheTraceByExistingWeights) {
  std::vector<Layer> layers = random_network({3, 4, 2, 3}, Activation::kIdentity, Loss::kCrossEntropy, 1, 4).layers;
  const double h = 1e-2, middle = trace_of_inverse(layers);  // the trace is quadratic in every single weight
  double laplacian = 0;
  for (Layer& layer : layers) {
    for (double& weight : layer.weights.reshaped()) {
      const double old = weight;
      weight = old + h;
      const double above = trace_of_inverse(layers);
      weight = old - h;
      laplacian += (above - 2 * middle + trace_of_inverse(layers)) / (h * h);
      weight = old;
    }
  }
  EXPECT_NEAR(path_laplacian(layers), laplacian, 1e-8 * laplacian);
}

TEST(PathLaplacian, ExpectationIsThatOfTheSourceForEqualWidths) {
  for (const Index depth : {1, 3, 7, 15}) {
    const auto n = 48.0 / static_cast<double>(depth + 1), l = static_cast<double>(depth);
    const std::vector<Index> widths(static_cast<std::size_t>(depth + 1), 48 / (depth + 1));
    const std::vector<double> variances(static_cast<std::size_t>(depth), 1 / n);
    EXPECT_NEAR(expected_path_laplacian(widths, variances), n * n * l * (l + 1) * (l + 2) / 3, 1e-9) << depth;
  }
}

TEST(PathLaplacian, ExpectationIsTheMeanOverWeights) {
  const std::vector<Index> widths{3, 5, 4, 2};
  const std::vector<double> gains{1.44 / 3, 1.44 / 5, 1.44 / 4};
  double sum = 0, squares = 0;
  const int draws = 2000;
  for (int k = 0; k < draws; ++k) {
    const double value = path_laplacian(
        random_network(widths, Activation::kIdentity, Loss::kCrossEntropy, 1, static_cast<std::uint64_t>(100 + k), 1.2)
            .layers);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / draws, error = std::sqrt((squares / draws - mean * mean) / draws);
  EXPECT_NEAR(expected_path_laplacian(widths, gains), mean, 4 * error);
}

TEST(Candidates, ShareABudget) {
  std::vector<std::vector<Index>> hidden;
  for (const Candidate& c : candidates_of(64, Budget::kNeurons, 64, 10)) hidden.push_back(c.hidden);
  ASSERT_EQ(hidden.size(), 8u);
  EXPECT_THAT(hidden.front(), testing::ElementsAre(64));
  EXPECT_THAT(hidden[2], testing::ElementsAre(21, 21, 21));
  EXPECT_THAT(hidden.back(), testing::Each(4));
  for (const Candidate& c : candidates_of(4810, Budget::kWeights, 64, 10)) {
    EXPECT_LE(parameters_of(c, 64, 10), 4810);
    Candidate wider = c;
    for (Index& width : wider.hidden) ++width;
    EXPECT_GT(parameters_of(wider, 64, 10), 4810);
  }
  EXPECT_EQ(parameters_of({{64}}, 64, 10), 64 * 65 + 10 * 65);
}

TEST(Candidates, AreEnoughWithinTheRangeOfBudgets) {
  for (const Budget of : {Budget::kNeurons, Budget::kWeights}) {
    for (const auto& [features, classes] : {std::pair<Index, Index>{2, 2}, {64, 10}, {784, 3}}) {
      const BudgetRange range = budgets_of(of, features, classes);
      const auto candidates = [&](Index budget) { return candidates_of(budget, of, features, classes).size(); };
      EXPECT_LT(candidates(range.fewest - 1), kFewestCandidates);
      EXPECT_GE(candidates(range.fewest), kFewestCandidates);
      EXPECT_GE(candidates((range.fewest + range.most) / 2), kFewestCandidates);
      EXPECT_GE(candidates(range.most), kFewestCandidates);
      EXPECT_LT(candidates(range.most + 1), kFewestCandidates);
    }
  }
  EXPECT_EQ(budgets_of(Budget::kNeurons, 64, 10).fewest, 4 * 4);
}

// The example of scipy.stats.spearmanr's documentation, with a tie.
TEST(RankCorrelation, OfTables) {
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7}), 0.8207826816681233, 1e-12);
  EXPECT_EQ(rank_correlation({1, 2, 3}, {-3, 10, 1000}), 1);
  EXPECT_EQ(rank_correlation({1, 2, 3}, {3, 2, 1}), -1);
  EXPECT_EQ(rank_correlation({1, 1, 1}, {3, 2, 1}), 0);
  EXPECT_THAT(thermo::ranks_of({2, 9, 2, 5}), testing::ElementsAre(1.5, 4, 1.5, 3));
}

TEST(RankCorrelation, IntervalOverCandidates) {
  const Bounds bounds = thermo::over_candidates(0.6, 10);
  const double error = std::sqrt((1 + 0.18) / 7);  // Bonett and Wright
  EXPECT_NEAR(std::atanh(bounds.low), std::atanh(0.6) - 1.959964 * error, 1e-6);
  EXPECT_NEAR(std::atanh(bounds.high), std::atanh(0.6) + 1.959964 * error, 1e-6);
  EXPECT_EQ(thermo::over_candidates(1, 3).low, -1);
  const Bounds perfect = thermo::over_candidates(-1, 8);  // counts as 1 − 6/504
  EXPECT_EQ(perfect.low, -1);
  const double near = 1 - 6.0 / 504;
  EXPECT_NEAR(std::atanh(perfect.high), -std::atanh(near) + 1.959964 * std::sqrt((1 + near * near / 2) / 5), 1e-6);
}

// Candidates that differ by much more than seeds do are in the same order whatever seeds are drawn, and else not.
TEST(RankCorrelation, IntervalOverSeeds) {
  const thermo::SeedFigures predicted{{1, 1.1, 0.9}, {2, 2.1, 1.9}, {3, 3.1, 2.9}, {4, 4.1, 3.9}};
  const thermo::SeedFigures clear{{10, 11, 10}, {20, 21, 20}, {30, 31, 30}, {40, 41, 40}};
  const RankCorrelation sure = thermo::correlate(predicted, clear);
  EXPECT_EQ(sure.value, 1);
  EXPECT_EQ(sure.over_seeds.low, 1);
  const thermo::SeedFigures noise{{0, 9, 1}, {8, 1, 2}, {1, 7, 3}, {5, 6, 0}};
  const RankCorrelation unsure = thermo::correlate(predicted, noise);
  EXPECT_LT(unsure.over_seeds.low, unsure.over_seeds.high - 0.5);
}

EfficiencyOptions short_comparison() {
  EfficiencyOptions o;
  o.candidates = {{{16}}, {{8, 8}}, {{6, 5, 4}}, {{4, 4, 4, 4}}};
  o.seeds = 2;
  o.epochs = 3;
  o.rows = 200;
  return o;
}

TEST(CompareArchitectures, MeasuresWhatItSays) {
  const Dataset train = read_dataset("digits", {}), test = read_dataset("digits:test", {}, train.schema);
  const EfficiencyReport report = compare_architectures(train, &test, short_comparison());
  ASSERT_EQ(report.candidates.size(), 4u);
  EXPECT_TRUE(report.complete);
  int reached = 0;
  double before = INFINITY;
  for (const CandidateResult& result : report.candidates) {
    EXPECT_EQ(result.parameters, parameters_of(result.candidate, 64, 10));
    EXPECT_LE(result.laplacian_per_weight.value, before);
    before = result.laplacian_per_weight.value;
    ASSERT_EQ(result.runs.size(), 2u);
    EXPECT_NEAR(result.final_loss.value, (result.runs[0].final_loss + result.runs[1].final_loss) / 2, 1e-12);
    EXPECT_GT(result.test_accuracy.value, 0.05);
    for (const CandidateRun& run : result.runs) {
      // Losses of the first epochs fall, so that the last epoch's tells whether the target was reached.
      EXPECT_EQ(run.epochs.has_value(), run.final_loss <= report.target_loss);
      reached += run.epochs.has_value();
    }
  }
  EXPECT_EQ(reached, 6);  // three quarters of eight
  // Correlations are those of the means that the report holds.
  std::vector<double> depth, per_weight, total, speed;
  for (const CandidateResult& result : report.candidates) {
    depth.push_back(static_cast<double>(result.candidate.hidden.size()));
    per_weight.push_back(result.laplacian_per_weight.value);
    total.push_back(result.laplacian_per_weight.value * static_cast<double>(result.parameters));
    speed.push_back(-result.epochs_to_target.value);
  }
  EXPECT_DOUBLE_EQ(report.depth_laplacian.value, rank_correlation(depth, per_weight));
  EXPECT_DOUBLE_EQ(report.depth_total_laplacian.value, rank_correlation(depth, total));
  EXPECT_DOUBLE_EQ(report.laplacian_speed.value, rank_correlation(per_weight, speed));
  EXPECT_DOUBLE_EQ(report.total_laplacian_speed.value, rank_correlation(total, speed));
  EXPECT_DOUBLE_EQ(report.depth_speed.value, rank_correlation(depth, speed));
}

// The prediction is the measurement of the weights that training begins with.
TEST(CompareArchitectures, PredictsFromTheInitialWeights) {
  const Dataset train = read_dataset("digits", {});
  EfficiencyOptions o = short_comparison();
  o.seeds = 1;
  o.epochs = 1;
  o.rows = 0;
  o.candidates = {{{5}}, {{6}}, {{7}}, {{8}}};
  const EfficiencyReport report = compare_architectures(train, nullptr, o);
  for (const CandidateResult& result : report.candidates) {
    NetworkOptions n;
    n.objective.l2 = 0;
    n.hidden = result.candidate.hidden;
    n.activation = Activation::kTanh;
    n.initialization = Initialization::kKaiming;
    n.step = Step::kSgd;
    n.learning_rate = 1e-30;  // an epoch that leaves the weights where they are
    n.momentum = 0;
    n.epochs = 1;
    const Network network = train_network(train, n).network;
    ThermodynamicsOptions t;
    t.detail = Detail::kLight;
    t.rows = 0;
    const Thermodynamics measured = measure_thermodynamics(network, train, t);
    EXPECT_NEAR(result.laplacian_per_weight.value, measured.laplacian.value / static_cast<double>(measured.parameters),
                1e-9);
    EXPECT_TRUE(std::isnan(result.test_accuracy.value));
  }
}

TEST(InitialWeights, AreMultipliedByTheGain) {
  const Dataset train = read_dataset("digits");
  NetworkOptions options;
  options.objective.l2 = 0;
  options.hidden = {5, 4};
  options.step = Step::kSgd;
  options.learning_rate = 1e-30;  // an epoch that leaves the weights where they are
  options.epochs = 1;
  const Network unit = train_network(train, options).network;
  options.gain = 2;
  const Network twice = train_network(train, options).network;
  for (std::size_t l = 0; l < 3; ++l) EXPECT_LE(distance(twice.layers[l].weights, 2 * unit.layers[l].weights), 1e-20);
  options.gain = 0;
  EXPECT_THROW(train_network(train, options), Error);
}

TEST(CompareArchitectures, TargetsThatAllOrNoneReach) {
  const Dataset train = read_dataset("digits", {});
  EfficiencyOptions o = short_comparison();
  o.target_loss = 100;
  for (const CandidateResult& result : compare_architectures(train, nullptr, o).candidates) {
    EXPECT_EQ(result.reached, 2);
    EXPECT_EQ(result.epochs_to_target.value, 1);
  }
  o.target_loss = 1e-9;
  const EfficiencyReport none = compare_architectures(train, nullptr, o);
  EXPECT_EQ(none.candidates.front().reached, 0);
  EXPECT_EQ(none.candidates.front().epochs_to_target.value, 3);
  EXPECT_EQ(none.laplacian_speed.value, 0);  // all as slow as each other
}

TEST(CompareArchitectures, AnEpochTakenBackReachesNothing) {
  const Dataset train = read_dataset("digits", {});
  EfficiencyOptions o = short_comparison();
  o.batch = train.rows();  // one step an epoch, far too large: the next epoch has no rows
  o.learning_rate = 1e4;
  o.target_loss = 1e-9;
  for (const CandidateResult& result : compare_architectures(train, nullptr, o).candidates) {
    EXPECT_EQ(result.reached, 0);
    for (const CandidateRun& run : result.runs) EXPECT_GT(run.final_loss, 1e-9);
  }
  o.target_loss.reset();
  EXPECT_GT(compare_architectures(train, nullptr, o).target_loss, 1e-9);
}

TEST(CompareArchitectures, SameBitsForAnyNumberOfThreads) {
  const Dataset train = read_dataset("digits", {});
  EfficiencyOptions o = short_comparison();
  o.epochs = 1;
  o.threads = 1;
  const EfficiencyReport one = compare_architectures(train, nullptr, o);
  o.threads = 2;
  const EfficiencyReport two = compare_architectures(train, nullptr, o);
  for (std::size_t c = 0; c < 4; ++c) {
    EXPECT_EQ(one.candidates[c].laplacian_per_weight.value, two.candidates[c].laplacian_per_weight.value);
    EXPECT_EQ(one.candidates[c].final_loss.value, two.candidates[c].final_loss.value);
  }
  EXPECT_EQ(one.laplacian_speed.over_seeds.low, two.laplacian_speed.over_seeds.low);
}

struct StopAfterOne : Watcher {
  int trained = 0;
  Answer on_event(const Event& event) override {
    trained += event.kind == Event::Kind::kCandidate;
    return trained >= 1 ? Answer::kStop : Answer::kGoOn;
  }
};

TEST(CompareArchitectures, StopsWhenAsked) {
  StopAfterOne watcher;
  EfficiencyOptions o = short_comparison();
  o.threads = 1;
  const EfficiencyReport report = compare_architectures(read_dataset("digits", {}), nullptr, o, &watcher);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(watcher.trained, 1);
  EXPECT_EQ(report.laplacian_speed.value, 0);
  ASSERT_EQ(report.candidates.front().runs.size(), 1u);  // the one trained comes first
  EXPECT_EQ(report.candidates.front().runs[0].seed, 1);
  EXPECT_GT(report.candidates.front().laplacian_per_weight.value, 0);
  for (std::size_t c = 1; c < report.candidates.size(); ++c) {  // nothing is known of the others
    const CandidateResult& result = report.candidates[c];
    EXPECT_TRUE(result.runs.empty());
    for (const Estimate& figure :
         {result.laplacian_per_weight, result.epochs_to_target, result.final_loss, result.test_accuracy}) {
      EXPECT_TRUE(std::isnan(figure.value));
    }
  }
}

TEST(CompareArchitectures, HalvedRatesJudgeNoSpeed) {
  const Dataset train = read_dataset("digits", {}), test = read_dataset("digits:test", {}, train.schema);
  EfficiencyOptions o = short_comparison();
  o.learning_rate = 50;  // a loss blows up in every one of them
  const EfficiencyReport report = compare_architectures(train, &test, o);
  for (const CandidateResult& result : report.candidates) {
    EXPECT_EQ(result.setbacks, result.runs[0].setbacks + result.runs[1].setbacks);
    EXPECT_GT(result.setbacks, 0);
  }
  EXPECT_EQ(report.depth_laplacian.candidates, 4);  // of the start, before any step
  for (const RankCorrelation& judged : {report.laplacian_speed, report.total_laplacian_speed,
                                        report.path_laplacian_speed, report.depth_speed, *report.laplacian_accuracy}) {
    EXPECT_EQ(judged.candidates, 0);
    EXPECT_EQ(judged.over_candidates.low, -1);
    EXPECT_EQ(judged.over_candidates.high, 1);
  }
}

TEST(CompareArchitectures, RefusesTooFewCandidates) {
  EfficiencyOptions o;
  o.budget = 8;
  EXPECT_THROW(compare_architectures(read_dataset("digits", {}), nullptr, o), Error);
  o.budget = 64;
  o.candidates = {{{4}}, {{5}}, {{6}}};
  EXPECT_THROW(compare_architectures(read_dataset("digits", {}), nullptr, o), Error);
}

}  // namespace
}  // namespace poise
