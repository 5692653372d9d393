// Does a network with a larger Laplacian learn better? Candidate architectures share one budget of neurons or weights.
// This header has what theory predicts for each before training, and what training achieves
// (docs/theory/thermodynamics-laws.md#efficiency-of-an-architecture, docs/reproduce.md#thermodynamics).
//
//   predicted:  ∇²L, ∇²L/P  Laplacian of the mean cross-entropy at the initial weights (poise/thermodynamics.h)
//               Λ/P         Λ = ∇² tr G⁻¹, expected over the initial weights: expected_path_laplacian below, per weight
//   measured:   epochs until the training loss is at most a common target, the final training loss, accuracy
//   agreement:  Spearman's rank correlation between the two, over candidates
//
// The source defines learning efficiency as η∇²L: the nats of entropy destroyed in a step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "poise/estimate.h"
#include "poise/training.h"

namespace poise {

enum class Budget { kNeurons /* hidden ones only */, kWeights /* all parameters, biases included */ };

struct Candidate {
  std::vector<Index> hidden;  ///< widths of the hidden layers
};

/// Hidden layers of equal width, 4 to 64 units, at depths 1, 2, 3, 4, 6, 8, 12, 16, as wide as the budget allows.
/// Depths whose width would fall outside that range are left out. `features` and `classes` count for kWeights only.
std::vector<Candidate> candidates_of(Index budget, Budget of, Index features, Index classes);

inline constexpr std::size_t kFewestCandidates = 4;  ///< a rank correlation over fewer says nothing

struct BudgetRange {
  Index fewest = 0, most = 0;
};

/// The budgets for which candidates_of gives kFewestCandidates or more; `features` and `classes` as above.
BudgetRange budgets_of(Budget of, Index features, Index classes);

/// P = Σ_l N_l (N_{l−1} + 1)
Index parameters_of(const Candidate& candidate, Index features, Index classes);

/// The expectation of Λ for a linear network with widths N_0 … N_L (`widths`) and independent weights of mean 0 and, in
/// layer l, variance `variances[l − 1]`. Λ is the Laplacian, over existing weights, of tr G⁻¹ (`path_sums` in
/// poise/theory/free_energy_curvature.h); for a small mass |∇²F| of the Gaussian free energy is proportional to it
/// (docs/theory/thermodynamics-laws.md#efficiency-of-an-architecture). For equal widths n and variance 1/n it is n²
/// L(L+1)(L+2)/3. Throws Error(kUsage) unless there is one width more than variances.
double expected_path_laplacian(const std::vector<Index>& widths, const std::vector<double>& variances);

struct EfficiencyOptions {
  Index budget = 64;
  Budget of = Budget::kNeurons;
  std::vector<Candidate> candidates;  ///< at least kFewestCandidates; empty: candidates_of the budget
  Activation activation = Activation::kTanh;
  double gain = 1;  ///< initial weights have variance gain²/N_{l−1}, in ReLU layers 2 gain²/N_{l−1}; 1 keeps the size
                    ///< of signals. Times 0.1 in a first layer on sparse data
  Step step = Step::kSgd;
  double learning_rate = 0.1;  ///< one for all candidates, as the prediction assumes; golden: 0, each its own
  double momentum = 0;         ///< for kSgd
  int seeds = 5;               ///< training runs per candidate, from seed 1 on
  int epochs = 20;
  Index batch = 32;
  std::optional<double> target_loss;  ///< empty: the loss that three quarters of all runs reached
  Index rows = 1024;                  ///< number of rows on which the Laplacian is measured; 0: all
  int threads = 0;
};

/// The result for one seed.
struct CandidateRun {
  int seed = 0;                     ///< from which it began
  double laplacian_per_weight = 0;  ///< ∇²L/P at the start, nats
  double final_loss = 0;            ///< training loss in the last epoch; infinite if training diverged
  double test_accuracy = 0;         ///< after the last epoch, in [0, 1]; NaN without test data
  std::optional<double> epochs;     ///< epochs to the target, interpolated between epochs; empty: never reached
  int setbacks = 0;                 ///< times the step was halved because the loss blew up: then not the one asked for
  TrainingStatus status = TrainingStatus::kFinished;
};

struct CandidateResult {
  Candidate candidate;
  Index parameters = 0;
  double path_laplacian = 0;  ///< expected_path_laplacian/P for weights of variance gain²/N_{l−1}, whatever the
                              ///< activation: for ReLU half its variance, as half of the units pass a signal on
  std::vector<CandidateRun> runs;

  /// Means over seeds with their standard errors (infinite for one seed). A run that never reached the target counts as
  /// the full number of epochs. NaN if no run was completed before a stop.
  Estimate laplacian_per_weight, epochs_to_target, final_loss, test_accuracy;
  int reached = 0;   ///< runs that reached the target
  int setbacks = 0;  ///< in all runs

  /// Whether `epochs_to_target` is a true mean. If not, runs that missed the target, counted as all epochs, make it too
  /// small.
  bool all_reached() const;
  std::string name() const;  ///< "8 x 8": depth × width
};

/// Spearman's ρ over candidates, of their means over seeds.
struct RankCorrelation {
  double value = 0;
  int candidates = 0;             ///< those with finite figures and the step asked for; others are left out
  Bounds over_candidates{-1, 1};  ///< 95 %, over other architectures: Fisher's z, variance (1 + ρ²/2)/(n − 3)
  Bounds over_seeds{-1, 1};       ///< 95 %, over other seeds: bootstrap within candidates. Percentiles, widened to
                                  ///< contain the value, because resampling adds noise, which pulls ρ towards 0.
                                  ///< (−1, 1) with one seed
};

struct EfficiencyReport {
  std::vector<CandidateResult> candidates;  ///< sorted by the Laplacian per weight, largest first
  double target_loss = 0;
  bool complete = true;  ///< false: stopped by the watcher, and there are no correlations
  /// The claims in turn. Speed is minus the epochs to the target; candidates that never reached it are tied last. For
  /// speed and accuracy, candidates with setbacks are left out, because their step is not the common one.
  RankCorrelation depth_laplacian;        ///< deeper → more Laplacian per weight
  RankCorrelation depth_total_laplacian;  ///< … → more Laplacian of the whole network, η∇²L in the source
  RankCorrelation laplacian_speed;        ///< more Laplacian per weight → reaches the target sooner
  RankCorrelation total_laplacian_speed;  ///< more Laplacian of the whole network → reaches the target sooner
  std::optional<RankCorrelation> laplacian_accuracy;  ///< … → more accurate; empty without test data
  RankCorrelation path_laplacian_speed;               ///< with the closed form instead of the measurement
  RankCorrelation depth_speed;                        ///< deeper → reaches the target sooner
};

/// Trains every candidate with every seed, several at a time. `test` may be null. `watcher` is told of every training
/// that has come to its end (kCandidate, whose `epochs` is not known yet), in no fixed order. The same bits for any
/// number of threads. Throws Error(kUsage) for fewer than kFewestCandidates and for options out of range.
EfficiencyReport compare_architectures(const Dataset& train, const Dataset* test, const EfficiencyOptions& options,
                                       Watcher* watcher = nullptr);

/// Spearman's ρ of `a` and `b`: the correlation of their ranks, where equal values share their mean rank; 0 if either
/// is constant. Throws Error(kUsage) if they differ in size or contain NaN.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace poise
