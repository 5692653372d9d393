// The experiment of the dual process: is (η, α) = (0.016, 0.874) a distinguished pair of learning rate and momentum?
//
// A network 784-128-10 of ReLU, mean cross-entropy, batches of 64, on a grid in e = η/(1 − α) and α: to first order
// momentum sums to a step of e, so that pairs of equal e should be equal. A tenth of the training rows is held out to
// choose the rival; accuracy is that of the last epoch. Cells of one seed share split, initial weights and batches.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "poise/dual_process.h"
#include "poise/metrics.h"
#include "run/experiments/experiment.h"

namespace poise {
namespace {

using nlohmann::json;

constexpr double kBeaten = 0.001;  // of the accuracy: less is none
constexpr double kRidge = 0.003;   // accuracies on a ridge differ by no more
constexpr std::array<double, 5> kMomenta = {0, 0.5, 0.8, kGoldenMomentum, 0.95};
constexpr int kDecadeHalves = 2;  // e goes from a tenth of the golden one to ten times it, by √10

struct Cell {
  double step, momentum;    // e = η/(1 − α), and α
  Sample validation, test;  // accuracies, a seed each
  int setbacks = 0;

  double learning_rate() const { return step * (1 - momentum); }
  std::string name() const { return fmt::format("({:.3g}, {:.3g})", learning_rate(), momentum); }
};

/// Rows of equal e with α as in kMomenta, then the curve η = (1 − α)² outside of them, then the folklore pair.
class Grid {
 public:
  Grid() {
    for (int k = -kDecadeHalves; k <= kDecadeHalves; ++k) {
      for (double momentum : kMomenta)
        cells_.push_back({(1 - kGoldenMomentum) * std::pow(10, k / 2.0), momentum, {}, {}});
    }
    for (double momentum : kMomenta) {
      const bool golden = momentum == kGoldenMomentum;
      curve_.push_back(golden ? golden_at() : cells_.size());
      if (!golden) cells_.push_back({1 - momentum, momentum, {}, {}});
    }
    cells_.push_back({0.01 / (1 - 0.9), 0.9, {}, {}});
  }

  std::vector<Cell>& cells() { return cells_; }
  const std::vector<Cell>& cells() const { return cells_; }
  const Cell& golden() const { return cells_[golden_at()]; }
  const Cell& folklore() const { return cells_.back(); }
  std::vector<const Cell*> curve() const { return at(curve_); }
  std::size_t rows() const { return 2 * kDecadeHalves + 1; }
  std::vector<const Cell*> row(std::size_t number) const {
    std::vector<std::size_t> places;
    for (std::size_t k = 0; k < kMomenta.size(); ++k) places.push_back(number * kMomenta.size() + k);
    return at(places);
  }
  /// The best on the validation rows.
  const Cell& tuned() const {
    return *std::max_element(cells_.begin(), cells_.end(), [](const Cell& a, const Cell& b) {
      return mean_of(a.validation) < mean_of(b.validation);
    });
  }

 private:
  static std::size_t golden_at() { return kDecadeHalves * kMomenta.size() + 3; }
  std::vector<const Cell*> at(const std::vector<std::size_t>& places) const {
    std::vector<const Cell*> found;
    for (std::size_t place : places) found.push_back(&cells_[place]);
    return found;
  }

  std::vector<Cell> cells_;
  std::vector<std::size_t> curve_;
};

NetworkOptions options_of(const Cell& cell, const ExperimentOptions& asked, std::uint64_t seed) {
  NetworkOptions o;
  o.hidden = {128};
  o.standardize = false;
  o.step = Step::kSgd;
  o.learning_rate = cell.learning_rate();
  o.momentum = cell.momentum;
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

/// Every cell once; false if stopped on the way: then the seed does not count.
bool run_seed(const ExperimentData& data, const ExperimentOptions& asked, int seed, Events& events, Grid& grid,
              json& runs) {
  const auto number = static_cast<std::uint64_t>(seed);
  const auto [train, validation] = split_rows(data.train, std::max<Index>(1, data.train.rows() / 10), number);
  std::vector<std::pair<double, double>> found;
  for (Cell& cell : grid.cells()) {
    const json labels = {{"data", data.name}, {"pair", cell.name()}, {"seed", seed}};
    const Trained trained = train_observed(train, options_of(cell, asked, number), nullptr, labels, events);
    json run = labels;
    run.update({{"learning_rate", cell.learning_rate()},
                {"momentum", cell.momentum},
                {"step", cell.step},
                {"status", to_string(trained.fit.report.status)},
                {"setbacks", trained.setbacks}});
    const bool usable = trained.complete || trained.fit.report.status == TrainingStatus::kDiverged;
    if (usable) {
      found.emplace_back(accuracy(trained.fit.network, validation, asked.threads),
                         accuracy(trained.fit.network, data.test, asked.threads));
      run.update({{"validation", found.back().first}, {"test", found.back().second}});
    }
    runs.push_back(run);
    events.append({{"event", "cell"}, {"result", run}});
    if (!usable) return false;
    cell.setbacks += trained.setbacks;
  }
  for (std::size_t k = 0; k < found.size(); ++k) {
    grid.cells()[k].validation.push_back(found[k].first);
    grid.cells()[k].test.push_back(found[k].second);
  }
  return true;
}

std::string accuracies(const std::vector<const Cell*>& cells) {
  std::string text;
  for (const Cell* cell : cells) {
    text += fmt::format("{}{} at α = {:.3g}", text.empty() ? "" : ", ", in_percent(cell->test), cell->momentum);
  }
  return text;
}

/// Cells whose step the trainer had to cut are not what they are called.
std::string setbacks_note(const std::vector<const Cell*>& cells) {
  int setbacks = 0;
  for (const Cell* cell : cells) setbacks += cell->setbacks;
  return setbacks == 0 ? "" : fmt::format("; steps halved because a loss blew up: {}", setbacks);
}

/// H0-a, every two of the row.
Finding ridge(const std::string& data, const std::vector<const Cell*>& row) {
  Finding finding{data,
                  fmt::format("at η/(1 − α) = {:.3g} accuracy does not depend on α (within {} points)",
                              row.front()->step, 100 * kRidge),
                  {}};
  Sample means;
  double seed_variance = 0;
  std::vector<Sample> differences;
  for (std::size_t a = 0; a < row.size(); ++a) {
    means.push_back(mean_of(row[a]->test));
    seed_variance += std::pow(deviation_of(row[a]->test), 2) / static_cast<double>(row.size());
    for (std::size_t b = 0; b < a; ++b) differences.push_back(difference(row[a]->test, row[b]->test));
  }
  const std::string cut = setbacks_note(row);
  const bool several = row.front()->test.size() > 1;
  finding.figure =
      fmt::format("{} %; spread over α {:.2f}{} points{}", accuracies(row), 100 * deviation_of(means),
                  several ? fmt::format(", over seeds {:.2f}", 100 * std::sqrt(seed_variance)) : std::string(), cut);
  finding.verdict = judge_all_within(differences, kRidge);
  if (!cut.empty() && finding.verdict == Verdict::kReproduced) finding.verdict = Verdict::kUndecidable;
  return finding;
}

/// H0-b.
Finding top_of_the_curve(const std::string& data, const Grid& grid) {
  const std::vector<const Cell*> curve = grid.curve();
  std::vector<Sample> leads;
  for (const Cell* cell : curve) {
    if (cell != &grid.golden()) leads.push_back(difference(grid.golden().test, cell->test));
  }
  return {data, "along η = (1 − α)² accuracy is largest at α = 0.874",
          fmt::format("{} %{}", accuracies(curve), setbacks_note(curve)), judge_all_above(leads, 0)};
}

Finding unbeaten(const std::string& data, const Grid& grid) {
  const Cell &tuned = grid.tuned(), &golden = grid.golden();
  const bool itself = &tuned == &golden;
  const Sample lead = difference(tuned.test, golden.test);
  return {data, "no pair beats (0.016, 0.874)",
          fmt::format("{} %; best of {} pairs on the validation rows: {}{}{}", in_percent(golden.test),
                      grid.cells().size(), itself ? "itself" : tuned.name(),
                      itself ? "" : fmt::format(" with {} %, {} points", in_percent(tuned.test), in_points(lead)),
                      setbacks_note({&tuned, &golden})),
          opposite(judge_above(lead, kBeaten))};
}

Finding better_than_folklore(const std::string& data, const Grid& grid) {
  const Cell &golden = grid.golden(), &folklore = grid.folklore();
  const Sample lead = difference(golden.test, folklore.test);
  return {data, "control: (0.016, 0.874) is better than (0.01, 0.9)",
          fmt::format("{} % against {} %, difference {} points", in_percent(golden.test), in_percent(folklore.test),
                      in_points(lead)),
          judge_above(lead, kBeaten)};
}

}  // namespace

Outcome run_double_bayesian(const ExperimentOptions& options, Events& events) {
  Outcome outcome;
  for (const ExperimentData& data : options.data) {
    Grid grid;
    for (int seed = 1; seed <= options.seeds && !events.should_stop(); ++seed) {
      if (!run_seed(data, options, seed, events, grid, outcome.runs)) break;
    }
    if (grid.golden().test.empty()) {
      outcome.findings.push_back({data.name, "(0.016, 0.874) is a distinguished pair", "no seed was completed"});
      continue;
    }
    for (std::size_t row = 0; row < grid.rows(); ++row) outcome.findings.push_back(ridge(data.name, grid.row(row)));
    outcome.findings.push_back(top_of_the_curve(data.name, grid));
    outcome.findings.push_back(unbeaten(data.name, grid));
    outcome.findings.push_back(better_than_folklore(data.name, grid));
  }
  return outcome;
}

}  // namespace poise
