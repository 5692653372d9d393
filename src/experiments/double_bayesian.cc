// The experiment of the dual process: is (η, α) = (0.016, 0.874) a distinguished pair of learning rate and momentum?
//
// A network 784-128-10 of ReLU, mean cross-entropy, batches of 64, on a grid in e = η/(1 − α) and α: to first order
// momentum sums to a step of e, so that pairs of equal e should be equal. A tenth of the training rows is held out to
// choose the rival; accuracy is that of the last epoch. Pairs of one seed share split, initial weights and batches.
#include <algorithm>

#include "experiments/pair_grid.h"
#include "poise/metrics.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

NetworkOptions options_of(const Pair& pair, const ExperimentOptions& asked, std::uint64_t seed) {
  NetworkOptions o;
  o.objective.l2 = 0;
  o.hidden = {128};
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

/// Every pair once; false if stopped on the way: then the seed does not count.
bool run_seed(const ExperimentData& data, const ExperimentOptions& asked, int seed, Events& events, PairGrid& grid,
              json& runs) {
  const auto number = static_cast<std::uint64_t>(seed);
  const auto [train, validation] = split_rows(data.train, std::max<Index>(1, data.train.rows() / 10), number);
  std::vector<PairFigures> found;
  for (const Pair& pair : grid.pairs()) {
    const json labels = {{"data", data.name}, {"pair", pair.name()}, {"seed", seed}};
    const Trained trained = train_observed(train, options_of(pair, asked, number), nullptr, labels, events);
    json run = labels;
    run.update({{"learning_rate", pair.learning_rate()},
                {"momentum", pair.momentum},
                {"step", pair.step},
                {"status", to_string(trained.fit.report.status)},
                {"setbacks", trained.setbacks}});
    const bool usable = trained.complete || trained.fit.report.status == TrainingStatus::kDiverged;
    if (usable) {
      found.push_back({accuracy(trained.fit.network, validation, asked.threads),
                       accuracy(trained.fit.network, data.test, asked.threads), trained.setbacks});
      run.update({{"validation", found.back().validation}, {"test", found.back().test}});
    }
    runs.push_back(run);
    events.append({{"event", "cell"}, {"result", run}});
    if (!usable) return false;
  }
  grid.add_seed(found);
  return true;
}

}  // namespace

Outcome run_double_bayesian(const ExperimentOptions& options, Events& events) {
  Outcome outcome;
  for (const ExperimentData& data : options.data) {
    PairGrid grid;
    for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
      if (!run_seed(data, options, seed, events, grid, outcome.runs)) break;
    }
    if (grid.golden().test.empty()) {
      outcome.findings.push_back({data.name, "(0.016, 0.874) is a distinguished pair", "no seed was completed"});
      continue;
    }
    for (Finding& finding : findings_on(grid, data.name)) outcome.findings.push_back(std::move(finding));
  }
  return outcome;
}

}  // namespace poise::experiments
