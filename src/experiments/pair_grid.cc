#include "experiments/pair_grid.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "poise/dual_process.h"

namespace poise::experiments {
namespace {

constexpr double kBeaten = 0.001;  // of the accuracy: less is none
constexpr double kRidge = 0.003;   // accuracies on a ridge differ by no more
constexpr std::array<double, 5> kMomenta = {0, 0.5, 0.8, kGoldenMomentum, 0.95};
constexpr int kDecadeHalves = 2;  // e goes from a tenth of the golden one to ten times it, by √10
constexpr std::size_t kGolden = kDecadeHalves * kMomenta.size() + 3;  // its place

std::string accuracies(const std::vector<const Pair*>& pairs) {
  std::string text;
  for (const Pair* pair : pairs) {
    text += fmt::format("{}{} at α = {:.3g}", text.empty() ? "" : ", ", in_percent(pair->test), pair->momentum);
  }
  return text;
}

/// Pairs whose step the trainer had to cut are not what they are called.
int setbacks_of(const std::vector<const Pair*>& pairs) {
  int setbacks = 0;
  for (const Pair* pair : pairs) setbacks += pair->setbacks;
  return setbacks;
}

/// H0-a, every two of the row.
Finding ridge(const std::string& data, const std::vector<const Pair*>& row) {
  Sample means;
  double seed_variance = 0;
  std::vector<Sample> differences;
  for (std::size_t a = 0; a < row.size(); ++a) {
    means.push_back(mean_of(row[a]->test));
    seed_variance += std::pow(deviation_of(row[a]->test), 2) / static_cast<double>(row.size());
    for (std::size_t b = 0; b < a; ++b) differences.push_back(difference(row[a]->test, row[b]->test));
  }
  const bool several = row.front()->test.size() > 1;
  Finding finding{data,
                  fmt::format("at η/(1 − α) = {:.3g} accuracy does not depend on α (within {} points)",
                              row.front()->step, 100 * kRidge),
                  fmt::format("{} %; spread over α {:.2f}{} points", accuracies(row), 100 * deviation_of(means),
                              several ? fmt::format(", over seeds {:.2f}", 100 * std::sqrt(seed_variance)) : "")};
  settle(finding, judge_all_within(differences, kRidge), setbacks_of(row));
  return finding;
}

/// H0-b.
Finding top_of_the_curve(const std::string& data, const PairGrid& grid) {
  const std::vector<const Pair*> curve = grid.curve();
  std::vector<Sample> leads;
  for (const Pair* pair : curve) {
    if (pair != &grid.golden()) leads.push_back(difference(grid.golden().test, pair->test));
  }
  Finding finding{data, "along η = (1 − α)² accuracy is largest at α = 0.874", fmt::format("{} %", accuracies(curve))};
  settle(finding, judge_all_above(leads, 0), setbacks_of(curve));
  return finding;
}

/// That the golden pair is the best on the validation rows says nothing yet: its rival is judged on the test rows.
Finding unbeaten(const std::string& data, const PairGrid& grid) {
  const Pair &rival = grid.rival(), &golden = grid.golden();
  const Sample lead = difference(rival.test, golden.test);
  Finding finding{data, "no pair beats (0.016, 0.874)",
                  fmt::format("{} %; best of the {} others on the validation rows: {} with {} %, {} points",
                              in_percent(golden.test), grid.pairs().size() - 1, rival.name(), in_percent(rival.test),
                              in_points(lead))};
  settle(finding, opposite(judge_above(lead, kBeaten)), setbacks_of({&rival, &golden}));
  return finding;
}

Finding better_than_folklore(const std::string& data, const PairGrid& grid) {
  const Pair &golden = grid.golden(), &folklore = grid.folklore();
  const Sample lead = difference(golden.test, folklore.test);
  Finding finding{data, "control: (0.016, 0.874) is better than (0.01, 0.9)",
                  fmt::format("{} % against {} %, difference {} points", in_percent(golden.test),
                              in_percent(folklore.test), in_points(lead))};
  settle(finding, judge_above(lead, kBeaten), setbacks_of({&golden, &folklore}));
  return finding;
}

}  // namespace

std::string Pair::name() const { return fmt::format("({:.3g}, {:.3g})", learning_rate(), momentum); }

PairGrid::PairGrid() {
  for (int k = -kDecadeHalves; k <= kDecadeHalves; ++k) {
    for (double momentum : kMomenta)
      pairs_.push_back({(1 - kGoldenMomentum) * std::pow(10, k / 2.0), momentum, {}, {}});
  }
  for (double momentum : kMomenta) {
    const bool golden = momentum == kGoldenMomentum;
    curve_.push_back(golden ? kGolden : pairs_.size());
    if (!golden) pairs_.push_back({1 - momentum, momentum, {}, {}});
  }
  pairs_.push_back({0.01 / (1 - 0.9), 0.9, {}, {}});
}

void PairGrid::add_seed(const std::vector<PairFigures>& figures) {
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    pairs_[k].validation.push_back(figures[k].validation);
    pairs_[k].test.push_back(figures[k].test);
    pairs_[k].setbacks += figures[k].setbacks;
    pairs_[k].imbalance.push_back(figures[k].imbalance);
  }
}

const Pair& PairGrid::golden() const { return pairs_[kGolden]; }

const Pair& PairGrid::rival() const {
  const Pair* best = nullptr;
  for (const Pair& pair : pairs_) {
    if (&pair == &golden()) continue;
    if (!best || mean_of(pair.validation) > mean_of(best->validation)) best = &pair;
  }
  return *best;
}

std::size_t PairGrid::rows() const { return 2 * kDecadeHalves + 1; }

std::vector<const Pair*> PairGrid::row(std::size_t number) const {
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < kMomenta.size(); ++k) places.push_back(number * kMomenta.size() + k);
  return at(places);
}

std::vector<const Pair*> PairGrid::at(const std::vector<std::size_t>& places) const {
  std::vector<const Pair*> found;
  for (std::size_t place : places) found.push_back(&pairs_[place]);
  return found;
}

Finding balance_on(const PairGrid& grid, const std::string& data) {
  const Pair &golden = grid.golden(), &rival = grid.rival(), &folklore = grid.folklore();
  Finding finding{data,
                  "at the minimum of the loss CE = H: nearer with (0.016, 0.874) than with its rival and (0.01, 0.9)",
                  fmt::format("|CE − H| of CE on the validation rows, where their CE is least: {} %, rival {} {} %, "
                              "(0.01, 0.9) {} %",
                              in_percent(golden.imbalance), rival.name(), in_percent(rival.imbalance),
                              in_percent(folklore.imbalance))};
  settle(finding,
         judge_all_above(
             {difference(rival.imbalance, golden.imbalance), difference(folklore.imbalance, golden.imbalance)}, 0),
         setbacks_of({&golden, &rival, &folklore}));
  return finding;
}

Finding phases_on(const PairGrid& grid, const std::vector<Phase>& phases, const std::string& data) {
  const Phase& best =
      *std::ranges::max_element(phases, {}, [](const Phase& phase) { return mean_of(phase.validation); });
  Finding finding{data, "complex momentum: a phase makes (0.016, 0.874) better", {}};
  for (const Phase& phase : phases)
    finding.figure += fmt::format("{} % at θ = {:g}, ", in_percent(phase.test), phase.angle);
  const Sample lead = difference(best.test, grid.golden().test);
  finding.figure += fmt::format("{} % at 0; best on the validation rows: θ = {:g}, {} points",
                                in_percent(grid.golden().test), best.angle, in_points(lead));
  settle(finding, judge_above(lead, kBeaten), best.setbacks + grid.golden().setbacks);
  return finding;
}

std::vector<Finding> findings_on(const PairGrid& grid, const std::string& data) {
  std::vector<Finding> findings;
  for (std::size_t row = 0; row < grid.rows(); ++row) findings.push_back(ridge(data, grid.row(row)));
  findings.push_back(top_of_the_curve(data, grid));
  findings.push_back(unbeaten(data, grid));
  findings.push_back(better_than_folklore(data, grid));
  return findings;
}

}  // namespace poise::experiments
