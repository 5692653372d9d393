// Is a network of more Laplacian a better learner? Candidates of one budget of neurons or weights, what theory predicts
// of each before training, and what training makes of them (THEORY 2.6, 2.10; docs/theory/thermodynamics-laws.md).
//
//   predicted:  ∇²L, ∇²L/P  Laplacian of the mean cross-entropy at the initial weights (poise/thermodynamics.h)
//               Λ/P         Λ = ∇² tr G⁻¹, expected over the initial weights: expected_path_laplacian below, per weight
//   measured:   epochs until the training loss is at most a target common to all, the last training loss, accuracy
//   agreement:  Spearman's rank correlation between the two over candidates
//
// Learning efficiency in the sense of the source is η∇²L, nats of entropy destroyed in a step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "poise/estimate.h"
#include "poise/training.h"

namespace poise {

enum class Budget { kNeurons /* hidden ones */, kWeights /* all parameters, biases included */ };

struct Candidate {
  std::vector<Index> hidden;  ///< widths of the hidden layers
};

/// Hidden layers of equal width, 4 to 64 units, in depths 1, 2, 3, 4, 6, 8, 12, 16, as wide as the budget allows;
/// depths whose width would be outside of that are left out. kWeights: for `features` inputs and `classes` outputs.
std::vector<Candidate> candidates_of(Index budget, Budget of, Index features, Index classes);

inline constexpr std::size_t kFewestCandidates = 4;  ///< a rank correlation of fewer says nothing

struct BudgetRange {
  Index fewest = 0, most = 0;
};

/// The budgets for which candidates_of has kFewestCandidates or more; `features` and `classes` as there.
BudgetRange budgets_of(Budget of, Index features, Index classes);

/// P = Σ_l N_l (N_{l−1} + 1)
Index parameters_of(const Candidate& candidate, Index features, Index classes);

/// The mean of Λ (`path_sums` in poise/free_energy_curvature.h: the Laplacian, over existing weights, of tr G⁻¹, to
/// which |∇²F| of the Gaussian free energy is proportional for a small mass, THEORY 2.6) of a linear network over
/// weights that are independent, of mean 0 and in layer l of variance `variances[l − 1]`; `widths` is N_0 … N_L. Widths
/// n and variance 1/n: n² L(L+1)(L+2)/3. Throws Error(kUsage) unless there is one width more than variances.
double expected_path_laplacian(const std::vector<Index>& widths, const std::vector<double>& variances);

struct EfficiencyOptions {
  Index budget = 64;
  Budget of = Budget::kNeurons;
  std::vector<Candidate> candidates;  ///< at least kFewestCandidates; empty: candidates_of the budget
  Activation activation = Activation::kTanh;
  double gain = 1;  ///< of initial weights, of variance gain²/N_{l−1}, of a layer with ReLU 2 gain²/N_{l−1}: 1 keeps
                    ///< the size of signals
  Step step = Step::kSgd;
  double learning_rate = 0.1;  ///< one for all, as the prediction has it; golden: 0, to each its own
  double momentum = 0;         ///< of kSgd
  int seeds = 5;               ///< trainings of a candidate, from seed 1 on
  int epochs = 20;
  Index batch = 32;
  std::optional<double> target_loss;  ///< empty: the loss that three quarters of all trainings reached
  Index rows = 1024;                  ///< the Laplacian is measured on so many; 0: all
  int threads = 0;
};

/// Of one seed.
struct CandidateRun {
  int seed = 0;                     ///< that it began from
  double laplacian_per_weight = 0;  ///< ∇²L/P at the start, nats
  double final_loss = 0;            ///< training loss of the last epoch; infinite if training diverged
  double test_accuracy = 0;         ///< of the last epoch, in [0, 1]; NaN without test data
  std::optional<double> epochs;     ///< to the target, between epochs by interpolation; empty: never
  int setbacks = 0;                 ///< times the trainer halved a step that had led up: then not the step asked for
  TrainingStatus status = TrainingStatus::kFinished;
};

struct CandidateResult {
  Candidate candidate;
  Index parameters = 0;
  double path_laplacian = 0;  ///< expected_path_laplacian/P of weights of variance gain²/N_{l−1}, of every activation:
                              ///< of ReLU half the variance, as half of the units pass a signal on
  std::vector<CandidateRun> runs;

  /// Means over seeds with their standard errors, infinite for one seed; a training that never reached the target
  /// counts as the number of epochs there were. Without runs, as none was completed before a stop, NaN.
  Estimate laplacian_per_weight, epochs_to_target, final_loss, test_accuracy;
  int reached = 0;   ///< trainings that reached the target
  int setbacks = 0;  ///< of all runs

  /// Whether `epochs_to_target` is a mean of epochs; else misses, counted as all epochs, make it too small.
  bool all_reached() const;
  std::string name() const;  ///< "8 x 8": depth times width
};

/// Spearman's ρ of means over seeds, between candidates.
struct RankCorrelation {
  double value = 0;
  int candidates = 0;             ///< that had finite figures, and took the step asked for; others are left out
  Bounds over_candidates{-1, 1};  ///< 95 %, were other architectures compared: Fisher's z, variance (1 + ρ²/2)/(n − 3)
  Bounds over_seeds{-1, 1};       ///< 95 %, were other seeds drawn: bootstrap within candidates. Percentiles,
                                  ///< widened to hold the value: drawing again adds noise, which takes ρ towards 0.
                                  ///< (−1, 1) with one seed
};

struct EfficiencyReport {
  std::vector<CandidateResult> candidates;  ///< ranked by the Laplacian per weight, largest first
  double target_loss = 0;
  bool complete = true;  ///< false: stopped by the observer; then without correlations
  /// The claims in turn. Speed is minus the epochs to the target, ties at the end for those that never reached it. Of
  /// speed and accuracy candidates with setbacks are left out: their step is not the one that is the same for all.
  RankCorrelation depth_laplacian;        ///< deeper → more Laplacian per weight
  RankCorrelation depth_total_laplacian;  ///< … → more Laplacian of the whole network, η∇²L of the source
  RankCorrelation laplacian_speed;        ///< more Laplacian per weight → sooner at the target
  RankCorrelation total_laplacian_speed;  ///< more Laplacian of the whole network → sooner at the target
  std::optional<RankCorrelation> laplacian_accuracy;  ///< … → more accurate; empty without test data
  RankCorrelation path_laplacian_speed;               ///< the closed form instead of the measurement
  RankCorrelation depth_speed;                        ///< deeper → sooner at the target
};

/// Trainings run side by side; calls come one at a time, from any thread, in no fixed order.
class EfficiencyObserver {
 public:
  virtual ~EfficiencyObserver() = default;
  /// Of a training that has ended, not of one stopped; its `epochs` is not known yet.
  virtual void on_trained(const Candidate&, int /*seed*/, const CandidateRun&) {}
  virtual bool stop_requested() { return false; }  ///< true ends all trainings
};

/// Trains every candidate from every seed. `test` may be null. Throws Error(kUsage) for fewer than kFewestCandidates or
/// options out of range. The same bits for any number of threads.
EfficiencyReport compare_architectures(const Dataset& train, const Dataset* test, const EfficiencyOptions& options,
                                       EfficiencyObserver* observer = nullptr);

/// Spearman's ρ: the correlation of ranks, equal values sharing their mean rank; 0 if one of them is constant. Throws
/// Error(kUsage) if they differ in size or hold NaN.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace poise
