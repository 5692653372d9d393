// An ensemble of learners: copies of one small model, each from initial weights of its own, on one task, and the
// entropy of the cloud that their states make (THEORY 2.5, A.8; docs/theory/thermodynamics-laws.md).
//
//   Δ_r ← α Δ_r − η ∇L_b(w_r),   w_r ← w_r + Δ_r,          r = 1 … R learners of P parameters, b the rows of the batch
//   S = ½ ln det(2πe Cov_r x_r),   x = w (α = 0: P numbers) or x = (w, Δ) (α > 0: 2P numbers)       [nats]
//
// S is the entropy of the normal distribution of the same covariance: at least the cloud's own entropy. The cloud's own
// changes in a step without noise by exactly
//
//   ⟨ln|det(I − ηH_r)|⟩_r = −η⟨∇²L⟩ − ½η²⟨tr H²⟩ − …  if α = 0,      P ln α  for any loss if α > 0,
//
// H_r the Hessian of L_b at w_r. S changes in it by what the covariance says, −η tr(Σ⁻¹ Cov(w, ∇L)) to first order,
// which is the same for normal clouds (Stein) and else differs by what the cloud loses or gains in likeness to a normal
// one, and by kinks of L, which H does not see. There is no such difference if L is quadratic, and little if learners
// are close. Batches drawn by every learner for itself add noise of covariance η²C_r/B to a step and so raise S by
// about ½ ln det(I + Σ⁻¹η²⟨C⟩/B) = D tr Σ⁻¹ + …,   D = η²⟨C⟩/2B, Σ the covariance after the step without noise.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "poise/dataset.h"
#include "poise/estimate.h"
#include "poise/network.h"

namespace poise {

/// A loss L(w) = mean_n ℓ_n(w) of P parameters over rows n, with its derivatives. Called by several threads at once.
class LearningTask {
 public:
  virtual ~LearningTask() = default;
  virtual Index parameters() const = 0;  ///< P
  virtual Index rows() const = 0;        ///< N
  /// Mean ℓ_n over the given rows; so are the derivatives below.
  virtual double loss(const Vector& parameters, std::span<const Index> rows) const = 0;
  virtual Matrix row_gradients(const Vector& parameters, std::span<const Index> rows) const = 0;  ///< a row each, B×P
  virtual Matrix hessian(const Vector& parameters, std::span<const Index> rows) const = 0;        ///< P×P
};

/// ℓ_n = ½ (w − c_n)ᵀ K (w − c_n), the task whose ensembles stay normal: `curvature` K is P×P, symmetric; `centers` is
/// N×P, a row each. Everything about its ensembles is known in closed form.
std::unique_ptr<LearningTask> quadratic_task(Matrix curvature, Matrix centers);

/// Cross-entropy of the softmax of a network of the given hidden widths; no hidden layer is softmax regression.
/// `inputs` is N×d, `targets` N×K with rows that add up to 1. Parameters in the order of src/thermo/hessian.h.
std::unique_ptr<LearningTask> network_task(Matrix inputs, Matrix targets, std::vector<Index> hidden,
                                           Activation activation);

/// A network_task of `data`: as inputs the `components` first principal components of the features, each of mean square
/// 1 on these rows; rows of the first `classes` classes only, at most `rows` of each, drawn by `seed`. Throws
/// Error(kUsage) if the data have fewer features or classes.
struct SmallTask {
  Index components = 2, classes = 3, rows = 32;
  std::vector<Index> hidden;
  Activation activation = Activation::kTanh;
  std::uint64_t seed = 1;
};
std::unique_ptr<LearningTask> network_task(const Dataset& data, const SmallTask& task);

/// Which rows a step is taken on.
enum class Batches {
  kAll,         ///< all of them
  kShared,      ///< of every step the same for all learners, drawn with replacement: no noise, but a loss that moves
  kIndependent  ///< every learner draws its own, with replacement: noise
};

struct LearnerOptions {
  Index learners = 256;  ///< R; more than twice the numbers of a state
  int steps = 100;
  double learning_rate = 0.1;  ///< η > 0
  double momentum = 0;         ///< α in [0, 1)
  Batches batches = Batches::kAll;
  Index batch = 8;             ///< B, rows of a batch; not for kAll
  Vector center;               ///< P: mean of the initial weights; empty: 0
  double spread = 0.5;         ///< standard deviation of every initial weight, normal
  double velocity_spread = 0;  ///< likewise of Δ, in units of `spread`; α > 0 needs one above 0: with Δ = 0 for all, Δ
                               ///< is a function of w ever after, and the entropy of (w, Δ) is −∞
  std::uint64_t seed = 1;
  int threads = 0;
};

/// What became of dS ≤ 0 in a step.
enum class SecondLaw {
  kHolds,              ///< S fell
  kCannotTell,         ///< 0 is inside the interval of the change
  kNegativeLaplacian,  ///< S rose: ⟨∇²L⟩ < 0
  kNoise,              ///< S rose: noise adds more than the step takes
  kStepTooLarge,  ///< S rose although ⟨∇²L⟩ ≥ 0 and without noise: |1 − ηλ| > 1 for curvatures λ > 2/η
  kShape          ///< S rose, the cloud's own entropy did not: it became less like a normal distribution
};
const char* to_string(SecondLaw law);  ///< "holds", "cannot tell", "negative Laplacian", …

/// One step. Errors are standard errors over the choice of learners (jackknife).
struct LearnerStep {
  int number = 0;               ///< from 1
  double loss = 0;              ///< mean over learners and all rows, before the step
  double entropy = 0;           ///< S after the step
  double position_entropy = 0;  ///< that of w alone; the same if α = 0
  Estimate change;              ///< of S, measured
  double volume_change = 0;     ///< ⟨ln|det(I − ηH_r)|⟩ or P ln α: of the cloud's own entropy, without noise
  double drift_change = 0;      ///< of S in the step without noise, measured; `change` unless kIndependent
  double laplacian = 0;         ///< ⟨∇²L_b⟩; kIndependent: ∇² of the loss of all rows
  Estimate noise_change;  ///< ½ ln det(I + Σ⁻¹η²⟨C⟩/B), its error the chance of R draws; 0 unless kIndependent
  SecondLaw second_law = SecondLaw::kCannotTell;
};

struct LearnerReport {
  Index learners = 0, parameters = 0, dimension = 0;  ///< R, P, and P or 2P
  double initial_entropy = 0;
  std::vector<LearnerStep> steps;
  Estimate change;              ///< of S over all steps, measured
  Estimate volume_change;       ///< its sums
  Estimate drift_change;        ///< its sums; `change` less this and noise is chance, of the error of the noise
  Estimate shape_change;        ///< drift less volume: 0 for clouds that stay normal
  double laplacian_change = 0;  ///< Σ −η⟨∇²L⟩: the law to first order in η
  Estimate noise_change;        ///< likewise; errors of steps add up as those of independent numbers
  /// Steps of each kind.
  Index count(SecondLaw law) const;
};

/// Runs the ensemble. The same bits for any number of threads. Throws Error(kUsage) for options out of range,
/// Error(kNumeric) if a learner leaves the finite numbers or the cloud becomes flat.
LearnerReport run_learners(const LearningTask& task, const LearnerOptions& options);

}  // namespace poise
