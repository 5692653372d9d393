// How good a classifier's probabilities are, and whether they are at equilibrium; how near a reconstruction is.
#pragma once

#include <cstdint>
#include <vector>

#include "poise/dataset.h"
#include "poise/measuring.h"

namespace poise {

struct Network;

/// Temperature at which cross-entropy equals output entropy (docs/theory/softmax.md#rest-and-temperature): the
/// minimizer over β = 1/T of
///   CE(β) = Σ_i s_i [lse(β z_i) − β⟨t_i, z_i⟩],   dCE/dβ at β equals (CE − H)/β,   so there CE = H exactly.
struct Temperature {
  double temperature = 1;    ///< T* = 1/β*; above 1: the scores are over-confident
  double cross_entropy = 0;  ///< at T*, nats
  double entropy = 0;        ///< at T*, nats
  /// There is no β* in (0, ∞), so no temperature is best. Either all rows are classified correctly and sharper is
  /// always better (temperature is then 1/1000), or the scores are no better than chance, dCE/dβ ≥ 0 at β = 0, and
  /// flatter is always better (10⁶).
  bool at_limit = false;
};

/// A model counts as at rest where |CE − H| is at most this share of CE.
inline constexpr double kRestShare = 0.02;

/// One class against the rest. A row is of the class that is its label, and predicted as its most probable class. What
/// is 0/0 is NaN. Weights are numbers of rows where rows have none.
struct ClassMetrics {
  double weight = 0;     ///< of the rows of this class
  double predicted = 0;  ///< weight of the rows predicted as this class
  double precision = 0;  ///< share of the rows predicted as this class that are of it
  double recall = 0;     ///< share of the rows of this class that are predicted as it
  double f1 = 0;         ///< 2·right/(weight + predicted), the harmonic mean of the two
  double auc = 0;        ///< probability that a row of this class has a higher p_c than another row, ties counted half
};

/// Rows whose confidence, their largest probability, is in the same 15th of [0, 1].
struct ReliabilityBin {
  Index rows = 0;         ///< of positive weight
  double share = 0;       ///< of the weight of all rows
  double confidence = 0;  ///< weighted mean
  double accuracy = 0;    ///< weighted share of rows whose most probable class is the label; for soft targets, the mean
                          ///< target of that class
};

/// A row whose most probable class is not its label.
struct WrongRow {
  Index row = 0;
  std::int32_t label = 0, predicted = 0;
  double probability = 0;  ///< of the class predicted
};

/// Metrics::surest_errors has at most this many.
inline constexpr std::size_t kSurestErrors = 12;

struct Metrics {
  Index rows = 0;
  double accuracy = 0;                    ///< weighted share of rows whose most probable class is the label (for a soft
                                          ///< target, its largest entry)
  double cross_entropy = 0;               ///< weighted mean, nats
  double cross_entropy_error = 0;         ///< its standard error, where rows are independent draws; NaN for one row
  double entropy = 0;                     ///< weighted mean of H(p_i), nats
  double equilibrium_gap = 0;             ///< CE − H: 0 at rest, above 0 over-confident, below under-confident
  bool at_rest = false;                   ///< |CE − H| ≤ kRestShare·CE
  double expected_calibration_error = 0;  ///< Σ_bins share·|hits − confidence|, 15 bins of equal width; hits: the mean
                                          ///< target of the predicted class; for labels, the bin's accuracy
  std::vector<ReliabilityBin> reliability;  ///< the bins that have rows, by confidence; empty if a score is NaN
  std::vector<WrongRow> surest_errors;  ///< those of largest probability, the surest first; rows of weight 0 are not
                                        ///< among them
  Temperature temperature;
  Matrix confusion;  ///< K×K: weight of the rows of class r that are predicted as c
  // What the class frequencies of these rows are worth, and what the classes are one by one
  double majority_share = 0;           ///< accuracy of always answering the most frequent class
  double frequencies_entropy = 0;      ///< cross-entropy of answering by the class frequencies (of soft targets: their
                                       ///< mean), nats
  std::vector<ClassMetrics> by_class;  ///< K
  double balanced_accuracy = 0;        ///< mean recall of the classes that have rows
  double macro_f1 = 0;                 ///< mean f1 of the classes that have rows or are predicted
  double auc = 0;                      ///< mean auc of the classes that have rows, and not all; NaN without
                                       ///< MeasureOptions::auc

  /// Classes that have rows, none of which, nor any other, is predicted as them.
  std::vector<Index> never_predicted() const;
};

/// `scores`: n×K, as returned by predict_scores. `data` must have labels or targets (the label of a soft target is its
/// largest entry). Throws Error(kData) without, and MeasurementStopped.
Metrics evaluate_scores(const Matrix& scores, const Dataset& data, const MeasureOptions& options = {});

/// The same of a network, whose scores are computed in blocks and kept if they take no more than a quarter of the
/// machine's memory. Throws Error(kData), too, if the numbers of features differ, or if the network gives features and
/// not classes (see evaluate_reconstruction).
Metrics evaluate_network(const Network& network, const Dataset& data, const MeasureOptions& options = {});

/// `targets`: n×K, rows sum to 1. `weight`: n entries with any positive sum. At most 20 passes over the scores.
Temperature fit_temperature(const Matrix& scores, const Matrix& targets, const Vector& weight,
                            const MeasureOptions& options = {});

/// How near x̂ is to x, with rows in the shares s_i of their weights, Σ s_i = 1. A feature j counts in units u_j, those
/// that training recorded (its standard deviation, say), or 1 where none are recorded, or one of 0 is.
struct ReconstructionMetrics {
  Index rows = 0;
  Vector feature_errors;     ///< d: e_j = Σ_i s_i ((x̂_ij − x_ij)/u_j)²
  Vector feature_variances;  ///< d: v_j = Σ_i s_i ((x_ij − x̄_j)/u_j)², the error of always answering the mean x̄
  double mean_squared_error = 0;  ///< Σ_j e_j / d
  double variance = 0;            ///< Σ_j v_j / d
  double explained_variance = 0;  ///< 1 − Σ_j e_j / Σ_j v_j; −∞ or NaN where all rows are the same
};

/// Of a network that reconstructs; labels are not looked at. Rows are taken a block at a time. The same bits for any
/// number of threads. Throws Error(kData) if the numbers of features differ, or of a classifier, and
/// MeasurementStopped.
ReconstructionMetrics evaluate_reconstruction(const Network& network, const Dataset& data,
                                              const MeasureOptions& options = {});

}  // namespace poise
