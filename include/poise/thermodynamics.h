// Thermodynamic measurements of a network's states, outputs and weights
// (docs/theory/thermodynamics-measurements.md#the-quantities,
// docs/theory/thermodynamics-measurements.md#the-noisy-forward-ensemble).
//
// All figures are about the weighted mean loss over the measured rows, in nats: of a classifier the cross-entropy CE
// (softmax head), of a network that reconstructs its features the loss it was trained on
// (docs/theory/network.md#unsupervised-systems). Any number of layers. Formulas, units, error bars and costs:
// docs/theory/thermodynamics-measurements.md.
//
// Curvature depends on the units of the inputs. The network is therefore first rewritten, exactly, for inputs
// x̂ = (x − shift) ∘ gain as training on the given data would use them (mean square 1). Curvatures of other rows are in
// units of their own, which differ most for sparse features that are rare:
//   Ŵ_1 = W_1 diag(gain)⁻¹,   b̂_1 = b_1 + W_1 (shift − center)
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "poise/estimate.h"
#include "poise/measuring.h"
#include "poise/metrics.h"
#include "poise/network.h"
#include "poise/objective.h"

namespace poise {

enum class Detail {
  kLight,  ///< a forward and a backward pass over the rows, and `label_draws` partial ones for networks with two or
           ///< more hidden layers
  kFull    ///< everything
};

struct ThermodynamicsOptions {
  Detail detail = Detail::kFull;
  Index rows = 2048;                            ///< number of rows measured, drawn by `seed`; 0: all
  std::vector<double> temperatures{0.01, 0.1};  ///< T > 0 of the noisy-forward ensembles, nats; kFull only
  int draws = 16;                               ///< noise draws per row and temperature, at least 2
  int label_draws = 4;  ///< sampled labels or probes per row where curvature is not exact, at least 2
  /// As in training: a model is at rest for the targets it was trained on. With `scale` kNone inputs are in units of
  /// Dataset::unit; `l2` and `unit` are not looked at.
  ObjectiveOptions objective = {};
  /// Of the networks to be measured; kSoftmax, kLinear or kLogistic. With the latter two the features are the target,
  /// labels are not looked at, and of `objective` only `scale`. measure_thermodynamics takes the network's.
  Head head = Head::kSoftmax;
  /// d: what counts as 1 of a feature that is a target. Empty: as training on the data would have it (a standard
  /// deviation, or Dataset::unit). measure_thermodynamics takes those the network was trained in.
  Vector target_units = {};
  double learning_rate = 0;  ///< η of the step rule; 0: `step` is not measured
  double momentum = 0;       ///< α in [0, 1)
  Index batch = 0;           ///< rows per batch; 0: the optimizer temperature is not measured
  std::uint64_t seed = 1;
  int threads = 0;             ///< 0: as many as the machine has; the bits do not depend on it
  Watcher* watcher = nullptr;  ///< is asked between blocks of rows and between Hessian products
};

/// The canonical ensemble p of states x with ℋ = ½‖e(x)‖² + CE (or another loss) at temperature T, e = x − f(wx + b)
/// over N hidden neurons. It is a forward pass in which every hidden activation gets noise of variance T, and each draw
/// gets the weight e^{−CE/T}. The noise alone gives p_0, the ensemble of V = 0
/// (docs/theory/thermodynamics-measurements.md#the-noisy-forward-ensemble). Scores get no noise. All figures are
/// relative to p_0 and are means over rows. F = mean_loss + bulk_loss − T·entropy = mean_loss + T·divergence.
struct NoisyEnsemble {
  double temperature = 0;
  Estimate free_energy;  ///< F = −T ln⟨e^{−CE/T}⟩_0. T → 0: min over states of ½‖e‖² + CE
  Estimate mean_loss;    ///< U = ⟨CE⟩ = ⟨CE e^{−CE/T}⟩_0/⟨e^{−CE/T}⟩_0, at most F
  Estimate bulk_loss;    ///< ⟨½‖e‖²⟩ − NT/2: what the hidden states pay for the task
  Estimate entropy;      ///< S_x − S_0 (Shannon); as T → 0, minus the complexity at the states of smallest ℋ
  Estimate divergence;   ///< KL(p‖p_0) = (F − U)/T ≥ 0
  /// ∇²F with respect to all parameters, ⟨∇²ℋ⟩ − Var(∇ℋ)/T: of the loss alone it is Thermodynamics::laplacian
  /// (docs/theory/thermodynamics-measurements.md#the-laplacian-of-the-free-energy). It may be below 0.
  Estimate laplacian;
  double effective_draws = 0;  ///< mean over rows of (Σ w)²/Σ w² of the importance weights; at best `draws`
};

struct LayerCurvature {
  Index weights = 0;      ///< N_l (N_{l−1} + 1)
  Estimate laplacian;     ///< ∇² of the mean loss over W_l and b_l: mean_n ‖x̃_{l−1}‖² tr ∂²ℓ/∂Y_l²
  Estimate gauss_newton;  ///< its part tr JᵀRJ ≥ 0, R = ∂²ℓ/∂z²; all of it for piecewise linear networks
  std::string how;        ///< how the Laplacian was found: "exact", "sampled labels" or "Hutchinson"
};

/// What a step of the given rule does to an ensemble of learners
/// (docs/theory/thermodynamics-measurements.md#the-quantities).
struct StepThermodynamics {
  Estimate entropy_destruction;     ///< η·Laplacian, nats per step: gradient descent, to first order in η
  double momentum_contraction = 0;  ///< P ln α, nats per step, for the joint entropy of (w, Δ); 0 without momentum
  Estimate optimizer_temperature;   ///< η tr Cov(∇CE_n)/(2(1 − α) P batch); value 0 without `batch`
  double edge = 0;                  ///< η λ_max/(2(1 + α)): 1 is the edge of stability; kFull only, else 0
};

/// θ with ‖Av − θv‖ = residual, ‖v‖ = 1: some eigenvalue of A lies in θ ± residual. A bound, not a standard error.
struct Eigenvalue {
  double value = 0, residual = 0;
};

/// About outputs q = softmax(z) of classes and targets t.
struct ClassThermodynamics {
  Estimate output_entropy;      ///< mean H(q)
  Estimate equilibrium_gap;     ///< CE − H(q) = dCE/dβ at β = 1: 0 at rest, above 0 over-confident
  Estimate score_variance;      ///< mean Var_q(z) = d²CE/dβ² at β = 1
  Estimate marginal_entropy;    ///< H(mean q)
  Estimate mutual_information;  ///< H(mean q) − mean H(q): what the outputs tell about the rows
  Temperature temperature;      ///< T*, where CE = H (poise/metrics.h)
};

struct Thermodynamics {
  Detail detail = Detail::kFull;
  Index rows = 0, parameters = 0;
  Estimate mean_loss;                          ///< U = mean CE(t, q), or mean ℓ of a network that reconstructs
  std::optional<Estimate> divergence;          ///< mean KL(t‖q) = U − H(t); none of the squared error
  std::optional<ClassThermodynamics> classes;  ///< of classifiers
  // About the weights
  std::vector<LayerCurvature> layers;  ///< l = 1 … L
  Estimate laplacian;                  ///< sum over layers
  Estimate gauss_newton;               ///< sum over layers
  Estimate gradient_noise;  ///< tr Cov(n s_n ∇ℓ_n)/P over rows, divisor n − 1 (s_n: the row's share of the weight);
                            ///< NaN for one row
  Estimate gradient_norm;  ///< ‖∇ mean ℓ‖; row_error: root mean square distance from the gradient of the source,
                           ///< √(tr Cov/n), which bounds the error of the norm
  // kFull only
  std::vector<NoisyEnsemble> ensembles;  ///< one per temperature; none without hidden layers
  /// C = mean_n ½ ln det(I + Σ_l R^½ J_l J_lᵀ R^½), with J_l = ∂Y_L/∂X_l of the hidden layers and R = ∂²ℓ/∂z², of
  /// classes diag q − qqᵀ. This is −ln B of the Gaussian approximation about the forward pass (Gauss–Newton). Where t =
  /// q, it is the limit of −entropy of the ensembles as T → 0.
  Estimate complexity;
  Eigenvalue largest_curvature;  ///< λ_max of the Hessian of the mean loss (Lanczos)
  std::optional<StepThermodynamics> step;
};

class EnsembleRecord;  // poise/first_law.h

/// Measures networks repeatedly on the same rows of one data set, as training telemetry needs. The rows are drawn, and
/// the units of the inputs found, only once.
class Thermometer {
 public:
  /// Throws Error(kUsage) for options out of range, Error(kData) if `data` has no labels or one class; where features
  /// are the target, if they are sparse or out of range.
  Thermometer(const Dataset& data, const ThermodynamicsOptions& options);
  ~Thermometer();
  Thermometer(Thermometer&&) noexcept;
  Thermometer& operator=(Thermometer&&) noexcept;

  /// Throws Error(kData) unless the head is that of the options and the features and classes are the network's,
  /// Error(kNumeric) if the scores are not finite, and MeasurementStopped. A full measurement fills `record`, if given,
  /// for the first law; a light one empties it.
  Thermodynamics measure(const Network& network, EnsembleRecord* record = nullptr) const;

  /// The step rule may change from one measurement to the next; the rows stay the same.
  void set_step(double learning_rate, double momentum, Index batch);

 private:
  struct Rows;
  ThermodynamicsOptions options_;
  std::unique_ptr<const Rows> rows_;
};

/// The options with the head and the units of the targets of a network. Throws Error(kData) if its metadata cannot be
/// read.
ThermodynamicsOptions options_for(const Network& network, ThermodynamicsOptions options);

/// One measurement: Thermometer(data, options_for(network, options)).measure(network).
Thermodynamics measure_thermodynamics(const Network& network, const Dataset& data,
                                      const ThermodynamicsOptions& options = {});

}  // namespace poise
