// Entropy, divergence, and the log-sum-exp on which they all depend: the quantities shared by loss, certificate and
// thermodynamics, computed in one place.
//
// The identity behind them (the softmax is the Gibbs distribution of the scores z at temperature 1):
//   ln Σ_c exp(z_c) = max_q [ ⟨q, z⟩ + H(q) ],  attained at q = softmax(z).
// Everything is in nats. Distributions are non-negative and sum to 1 (not checked); 0·ln 0 = 0. Scores are finite, or
// −∞ for impossible classes, as long as at least one is finite.
#pragma once

#include <Eigen/Core>

namespace poise {

/// A vector of K doubles: an Eigen::VectorXd, or the transpose of a row of a Matrix, without a copy.
using VectorView = Eigen::Ref<const Eigen::VectorXd>;

/// lse(z) = ln Σ_c exp(z_c) = m + ln Σ_c exp(z_c − m), m = max_c z_c: no overflow, at most K roundings.
/// Minus the free energy of a system with energies −z at temperature 1.  [docs/theory/dual-process.md#one-identity]
double log_sum_exp(const VectorView& scores);

/// q_c = exp(z_c − m) / Σ_k exp(z_k − m): the distribution that maximizes ⟨q, z⟩ + H(q).
Eigen::VectorXd softmax(const VectorView& scores);

/// The same in place: on return, `scores` holds the probabilities. Returns lse(z), which costs nothing extra.
double softmax_in_place(Eigen::Ref<Eigen::VectorXd> scores);

/// Shannon entropy H(p) = −Σ_c p_c ln p_c, between 0 and ln K.
double entropy(const VectorView& p);

/// H(softmax(z)) = −Σ_c q_c (z_c − lse). Computed from the scores, because the logarithm of a computed softmax is −∞ as
/// soon as a probability underflows.
double entropy_of_scores(const VectorView& scores);

/// Kullback–Leibler divergence KL(p‖q) = Σ_c p_c ln(p_c / q_c) ≥ 0; infinite if some p_c > 0 = q_c.
double divergence(const VectorView& p, const VectorView& q);

/// CE(p, q) = −Σ_c p_c ln q_c = H(p) + KL(p‖q); infinite if some p_c > 0 = q_c.
double cross_entropy(const VectorView& p, const VectorView& q);

/// CE(p, softmax(z)) = −Σ_c p_c (z_c − lse) = lse(z) − ⟨p, z⟩: the loss of a row with target p and scores z.
/// Subtracting lse first preserves precision where the scores are large.
double cross_entropy_of_scores(const VectorView& p, const VectorView& scores);

}  // namespace poise
