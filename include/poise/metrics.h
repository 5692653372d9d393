// How good a classifier's probabilities are, and whether they are at equilibrium.
#pragma once

#include "poise/dataset.h"

namespace poise {

/// Temperature at which cross-entropy equals output entropy (THEORY 1.7 D1, A.2): the minimizer over β = 1/T of
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

struct Metrics {
  Index rows = 0;
  double accuracy = 0;                    ///< weighted share of rows whose most probable class is the label (for a soft
                                          ///< target, its largest entry)
  double cross_entropy = 0;               ///< weighted mean, nats
  double entropy = 0;                     ///< weighted mean of H(p_i), nats
  double equilibrium_gap = 0;             ///< CE − H: 0 at rest, above 0 over-confident, below under-confident
  bool at_rest = false;                   ///< |CE − H| ≤ kRestShare·CE
  double expected_calibration_error = 0;  ///< Σ_bins share·|hits − confidence|, 15 bins of equal width; hits: the mean
                                          ///< target of the predicted class; for labels, the bin's accuracy
  Temperature temperature;
  Matrix confusion;  ///< K×K: weight of the rows of class r that are predicted as c
};

/// `scores`: n×K, as returned by predict_scores. `data` must have labels or targets (the label of a soft target is its
/// largest entry).
Metrics evaluate_scores(const Matrix& scores, const Dataset& data);

/// `targets`: n×K, rows sum to 1. `weight`: n entries with any positive sum.
Temperature fit_temperature(const Matrix& scores, const Matrix& targets, const Vector& weight);

}  // namespace poise
