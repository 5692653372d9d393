// The grid of pairs of learning rate and momentum that the double-bayesian experiment trains, and what is found on it.
#pragma once

#include "experiments/experiment.h"

namespace poise::experiments {

/// What one training of a pair came to.
struct PairFigures {
  double validation = 0, test = 0;  ///< accuracies
  int setbacks = 0;
  double imbalance = 0;  ///< |CE − H|/CE of the validation rows after the epoch in which their CE was least
};

struct Pair {
  double step, momentum;    ///< e = η/(1 − α), and α
  Sample validation, test;  ///< accuracies, a seed each
  int setbacks = 0;         ///< of these seeds
  Sample imbalance = {};    ///< as PairFigures has it

  double learning_rate() const { return step * (1 - momentum); }
  std::string name() const;
};

/// Five rows of equal e, √10 apart, with five α each; then the curve η = (1 − α)² outside of them; then (0.01, 0.9).
class PairGrid {
 public:
  PairGrid();

  const std::vector<Pair>& pairs() const { return pairs_; }
  /// Figures of one seed, in the order of pairs(); of a seed that all pairs completed.
  void add_seed(const std::vector<PairFigures>& figures);

  const Pair& golden() const;
  const Pair& folklore() const { return pairs_.back(); }
  /// The best on the validation rows of all but the golden pair.
  const Pair& rival() const;
  std::vector<const Pair*> curve() const { return at(curve_); }
  std::size_t rows() const;
  std::vector<const Pair*> row(std::size_t number) const;

 private:
  std::vector<const Pair*> at(const std::vector<std::size_t>& places) const;

  std::vector<Pair> pairs_;
  std::vector<std::size_t> curve_;
};

/// The golden pair with complex momentum α e^{iθ} in place of α.
struct Phase {
  double angle;             ///< θ, radians
  Sample validation, test;  ///< accuracies, a seed each
  int setbacks = 0;
};

/// The seed's claim that both processes balance at the minimum of the loss: whether CE = H there is nearer for the
/// golden pair than for its rival and the control.
Finding balance_on(const PairGrid& grid, const std::string& data);

/// Whether any phase is better than none: that of the best validation accuracy, judged by the test rows.
Finding phases_on(const PairGrid& grid, const std::vector<Phase>& phases, const std::string& data);

/// The claims of docs/reproduce.md: of every row, along the curve, no pair beats the golden one, the control.
std::vector<Finding> findings_on(const PairGrid& grid, const std::string& data);

}  // namespace poise::experiments
