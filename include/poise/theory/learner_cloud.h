// An ensemble of learners: copies of one small model that learn one task from different initial weights, and the
// entropy of the cloud formed by their states (docs/theory/thermodynamics-laws.md#the-entropy-of-learners).
//
//   Δ_r ← α Δ_r − η ∇L_b(w_r),   w_r ← w_r + Δ_r,          r = 1 … R learners, P parameters, b the rows of the batch
//   S = ½ ln det(2πe Cov_r x_r),   x = w (α = 0: P numbers) or x = (w, Δ) (α > 0: 2P numbers)       [nats]
//
// S is the entropy of the normal distribution with the same covariance, so it is at least the cloud's own entropy. In a
// step without noise, the cloud's own entropy changes by exactly
//
//   ⟨ln|det(I − ηH_r)|⟩_r = −η⟨∇²L⟩ − ½η²⟨tr H²⟩ − …  if α = 0,      P ln α  for any loss if α > 0,
//
// where H_r is the Hessian of L_b at w_r. S changes by what the covariance says, −η tr(Σ⁻¹ Cov(w, ∇L)) to first order.
// For normal clouds the two are the same (Stein). For others they differ by what the cloud gains or loses in similarity
// to a normal one, and by kinks of L, which H does not see. They do not differ if L is quadratic, and little if the
// learners are close together. If every learner draws its own batches, this adds noise of covariance η²C_r/B to a step
// and raises S by about ½ ln det(I + Σ⁻¹η²⟨C⟩/B) = D tr Σ⁻¹ + …, with D = η²⟨C⟩/2B and Σ the covariance after the step
// without noise.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "poise/dataset.h"
#include "poise/estimate.h"
#include "poise/network.h"

namespace poise {

/// A loss L(w) = mean_n ℓ_n(w) over rows n, with P parameters, and its derivatives. Called by several threads at once.
class LearningTask {
 public:
  virtual ~LearningTask() = default;
  virtual Index parameters() const = 0;  ///< P
  virtual Index rows() const = 0;        ///< N
  /// Mean of ℓ_n over the given rows; the Hessian below is a mean over them as well.
  virtual double loss(const Vector& parameters, std::span<const Index> rows) const = 0;
  virtual Matrix row_gradients(const Vector& parameters, std::span<const Index> rows) const = 0;  ///< one row each, B×P
  virtual Matrix hessian(const Vector& parameters, std::span<const Index> rows) const = 0;        ///< P×P
};

/// ℓ_n = ½ (w − c_n)ᵀ K (w − c_n), a task whose ensembles stay normal, so that everything about them is known in closed
/// form. `curvature` is K, P×P and symmetric; `centers` is N×P, one row each.
std::unique_ptr<LearningTask> quadratic_task(Matrix curvature, Matrix centers);

/// Cross-entropy of a softmax network with the given hidden widths; without hidden layers it is softmax regression.
/// `inputs` is N×d, `targets` N×K with rows that sum to 1. Parameters are in the order of src/thermo/network/hessian.h.
std::unique_ptr<LearningTask> network_task(Matrix inputs, Matrix targets, std::vector<Index> hidden,
                                           Activation activation);

/// A network_task made from `data`. The inputs are the first `components` principal components of the features, each
/// scaled to mean square 1 on these rows. Only rows of the first `classes` classes are used, at most `rows` of each,
/// drawn by `seed`. Throws Error(kUsage) if the data have fewer features or classes.
struct SmallTask {
  Index components = 2, classes = 3, rows = 32;
  std::vector<Index> hidden;
  Activation activation = Activation::kTanh;
  std::uint64_t seed = 1;
};
std::unique_ptr<LearningTask> network_task(const Dataset& data, const SmallTask& task);

/// Which rows a step is taken on.
enum class Batches {
  kAll,     ///< all rows
  kShared,  ///< a batch per step, the same for all learners, drawn with replacement: no noise, but a loss that moves
  kIndependent  ///< every learner draws its own batches, with replacement: noise
};

struct LearnerOptions {
  Index learners = 256;  ///< R; more than twice the dimension of a state
  int steps = 100;
  double learning_rate = 0.1;  ///< η > 0
  double momentum = 0;         ///< α in [0, 1)
  Batches batches = Batches::kAll;
  Index batch = 8;             ///< B, rows per batch; not for kAll
  Vector center;               ///< P entries, mean of the initial weights; empty: 0
  double spread = 0.5;         ///< standard deviation of the (normal) initial weights
  double velocity_spread = 0;  ///< the same for Δ, in units of `spread`. Must be above 0 if α > 0: if all learners
                               ///< start with Δ = 0, Δ remains a function of w, and the entropy of (w, Δ) is −∞
  std::uint64_t seed = 1;
  int threads = 0;
};

/// Whether dS ≤ 0 held in a step, and if not, why.
enum class SecondLaw {
  kHolds,              ///< S fell
  kCannotTell,         ///< the interval of the change contains 0
  kNegativeLaplacian,  ///< S rose: ⟨∇²L⟩ < 0
  kNoise,              ///< S rose: noise adds more than the step takes away
  kStepTooLarge,  ///< S rose although ⟨∇²L⟩ ≥ 0 and without noise: |1 − ηλ| > 1 for curvatures λ > 2/η
  kShape          ///< S rose, the cloud's own entropy did not: it became less like a normal distribution
};
const char* to_string(SecondLaw law);  ///< "holds", "cannot tell", "negative Laplacian", …

/// One step. Errors are standard errors over the choice of learners (jackknife).
struct LearnerStep {
  int number = 0;               ///< from 1
  double loss = 0;              ///< mean over learners and all rows, before the step
  double entropy = 0;           ///< S after the step
  double position_entropy = 0;  ///< the entropy of w alone; the same if α = 0
  Estimate change;              ///< change of S, measured
  double volume_change = 0;  ///< change of the cloud's own entropy without noise: ⟨ln|det(I − ηH_r)|⟩ or P ln α
  double drift_change = 0;   ///< change of S in the step without noise, measured; equals `change` unless kIndependent
  double laplacian = 0;      ///< ⟨∇²L_b⟩; for kIndependent, ∇² of the loss over all rows
  Estimate noise_change;  ///< ½ ln det(I + Σ⁻¹η²⟨C⟩/B); its error is that of R random draws; 0 unless kIndependent
  SecondLaw second_law = SecondLaw::kCannotTell;
};

struct LearnerReport {
  Index learners = 0, parameters = 0, dimension = 0;  ///< R, P, and P or 2P
  double initial_entropy = 0;
  std::vector<LearnerStep> steps;
  Estimate change;         ///< change of S over all steps, measured
  Estimate volume_change;  ///< sum over steps
  Estimate drift_change;   ///< sum over steps; `change` minus this and the noise is chance, with the error of the noise
  Estimate shape_change;   ///< drift minus volume: 0 for clouds that stay normal
  double laplacian_change = 0;  ///< Σ −η⟨∇²L⟩: the law to first order in η
  Estimate noise_change;        ///< sum over steps; errors of steps add up as for independent numbers
  /// The number of steps of that kind.
  Index count(SecondLaw law) const;
};

/// Runs the ensemble. The same bits for any number of threads. Throws Error(kUsage) for options out of range, and
/// Error(kNumeric) if a learner's numbers are no longer finite or the cloud becomes flat.
LearnerReport run_learners(const LearningTask& task, const LearnerOptions& options);

}  // namespace poise
