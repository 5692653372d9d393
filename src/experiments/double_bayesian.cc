// The experiment of the dual process: is (η, α) = (0.016, 0.874) a distinguished pair of learning rate and momentum?
//
// A network 784-128-10 of ReLU, or the paper's of two convolutions, mean cross-entropy, batches of 64, on a grid in e =
// η/(1 − α) and α: to first order momentum sums to a step of e, so that pairs of equal e should be equal; and the
// golden pair with complex momentum. A tenth of the training rows is held out to choose the rival; accuracy is that of
// the last epoch. Pairs of one seed share split, initial weights and batches.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/words.h"
#include "experiments/pair_grid.h"
#include "poise/metrics.h"
#include "rows/load.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr std::array<double, 3> kPhases = {0.05, 0.2, 0.8};  // of complex momentum, radians; −θ does the same as θ

/// The published network, of 206,922 parameters on 28×28 pixels.
constexpr const char* kCompanion = "conv:16x3,pool:2,conv:32x3,pool:2,dropout:0.25,dense:128";

NetworkOptions options_of(const Pair& pair, const ExperimentOptions& asked, std::uint64_t seed) {
  NetworkOptions o;
  o.objective.l2 = 0;
  if (asked.companion) {
    o.layers = kCompanion;
  } else {
    o.hidden = {128};
  }
  o.objective.scale = Scale::kNone;
  o.step = Step::kSgd;
  o.learning_rate = pair.learning_rate();
  o.momentum = pair.momentum;
  o.cooling = false;
  o.epochs = asked.epochs;
  o.batch = 64;
  o.seed = seed;
  o.threads = asked.threads;
  return o;
}

double accuracy(const Network& network, const Dataset& data, int threads) {
  return evaluate_scores(predict_scores(network, data, threads), data).accuracy;
}

/// The rows of one seed.
struct Split {
  Dataset train, validation;
  const Dataset& test;
};

/// |CE − H|/CE of the validation rows after the epoch in which their CE was least.
double imbalance_at_the_minimum(const TrainingReport& report) {
  const Epoch* best = nullptr;
  for (const Epoch& epoch : report.history) {
    if (!best || epoch.validation->loss < best->validation->loss) best = &epoch;
  }
  return best ? std::abs(best->validation->equilibrium_gap) / best->validation->loss : 0;
}

/// Trains one pair; figures are those of the network after the last epoch. Empty if stopped on the way: then the seed
/// does not count.
std::optional<PairFigures> train_pair(const Split& split, const NetworkOptions& options, const json& labels,
                                      Events& events, json& runs) {
  if (const auto earlier = events.take_earlier(labels)) {
    runs.push_back(*earlier);
    return PairFigures{earlier->at("validation"), earlier->at("test"), earlier->at("setbacks"),
                       earlier->at("imbalance")};
  }
  std::optional<Network> last;
  const Checkpoints at_the_end{{options.epochs}, [&](int, const Network& network) { last = network; }};
  const Trained trained =
      train_observed(split.train, options, &split.validation, labels, events, at_the_end, "validation");
  json run = labels;
  run.update({{"learning_rate", options.learning_rate},
              {"momentum", *options.momentum},
              {"step", options.learning_rate / (1 - *options.momentum)},
              {"momentum_phase", options.momentum_phase},
              {"status", to_string(trained.fit.report.status)},
              {"setbacks", trained.setbacks}});
  std::optional<PairFigures> found;
  if (trained.complete || trained.fit.report.status == TrainingStatus::kDiverged) {
    const Network& network = last ? *last : trained.fit.network;
    found = PairFigures{accuracy(network, split.validation, options.threads),
                        accuracy(network, split.test, options.threads), trained.setbacks,
                        imbalance_at_the_minimum(trained.fit.report)};
    run.update({{"validation", found->validation}, {"test", found->test}, {"imbalance", found->imbalance}});
    events.append_trained(run);
  }
  runs.push_back(run);
  return found;
}

/// Every pair and phase once; false if stopped on the way.
bool run_seed(const ExperimentData& data, const ExperimentOptions& asked, int seed, Events& events, PairGrid& grid,
              std::vector<Phase>& phases, json& runs) {
  const auto number = static_cast<std::uint64_t>(seed);
  auto [train, validation] = split_rows(data.train, std::max<Index>(1, data.train.rows() / 10), number);
  const Split split{std::move(train), std::move(validation), data.test};
  std::vector<PairFigures> found, with_phase;
  for (const Pair& pair : grid.pairs()) {
    const json labels = {{"data", data.name}, {"pair", pair.name()}, {"seed", seed}};
    const auto figures = train_pair(split, options_of(pair, asked, number), labels, events, runs);
    if (!figures) return false;
    found.push_back(*figures);
  }
  for (const Phase& phase : phases) {
    const json labels = {{"data", data.name}, {"pair", grid.golden().name()}, {"phase", phase.angle}, {"seed", seed}};
    NetworkOptions options = options_of(grid.golden(), asked, number);
    options.momentum_phase = phase.angle;
    const auto figures = train_pair(split, options, labels, events, runs);
    if (!figures) return false;
    with_phase.push_back(*figures);
  }
  grid.add_seed(found);
  for (std::size_t k = 0; k < phases.size(); ++k) {
    phases[k].validation.push_back(with_phase[k].validation);
    phases[k].test.push_back(with_phase[k].test);
    phases[k].setbacks += with_phase[k].setbacks;
  }
  return true;
}

/// x in [0, unit] as 2x/unit − 1 in [−1, 1].
void center_inputs(Dataset& data) {
  const Index n = data.rows(), d = data.features.cols();
  std::vector<float> values(n * d);
  const ColumnMap map{std::vector<double>(d, data.unit / 2), std::vector<double>(d, 2 / data.unit)};
  load_rows(data.features, map, Index{0}, n, values.data(), d);
  data.features = Features::from_values(std::move(values), n, d);
  data.unit = 1;
}

/// The rows and inputs that were asked for.
ExperimentData as_asked(const ExperimentData& given, const ExperimentOptions& asked) {
  ExperimentData data = given;
  if (asked.train_share < 1) {
    const auto rows = static_cast<Index>(asked.train_share * static_cast<double>(given.train.rows()));
    data.train = split_by_class(given.train, rows, 1).second;
  }
  if (asked.centered_inputs || asked.companion) center_inputs(data.train), center_inputs(data.test);
  return data;
}

/// What a verdict is about: "mnist, 30 epochs, 50 % of the rows, inputs in [−1, 1]".
std::string setting_of(const std::string& data, const ExperimentOptions& asked) {
  return fmt::format("{}, {}{}, {}, inputs in [{}, 1]", data, asked.companion ? "the published network, " : "",
                     counted(asked.epochs, "epoch"),
                     asked.train_share < 1 ? fmt::format("{:g} % of the rows", 100 * asked.train_share) : "all rows",
                     asked.centered_inputs || asked.companion ? "−1" : "0");
}

}  // namespace

Outcome run_double_bayesian(const ExperimentOptions& options, Events& events) {
  Outcome outcome;
  events.expect(options.data.size() * options.seeds * (PairGrid().pairs().size() + std::size(kPhases)));
  for (const ExperimentData& given : options.data) {
    const ExperimentData data = as_asked(given, options);
    const std::string setting = setting_of(data.name, options);
    PairGrid grid;
    std::vector<Phase> phases;
    for (const double angle : kPhases) phases.push_back({angle, {}, {}});
    for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
      if (!run_seed(data, options, seed, events, grid, phases, outcome.runs)) break;
    }
    if (grid.golden().test.empty()) {
      outcome.findings.push_back({setting, "(0.016, 0.874) is a distinguished pair", "no seed was completed"});
      continue;
    }
    for (Finding& finding : findings_on(grid, setting)) outcome.findings.push_back(std::move(finding));
    outcome.findings.push_back(balance_on(grid, setting));
    outcome.findings.push_back(phases_on(grid, phases, setting));
  }
  return outcome;
}

}  // namespace poise::experiments
