// Training a feed-forward network: what to train, by which rule and with which step, and the result.
//
//   L(w) = mean_i s_i ℓ(Y_L(x_i), t_i) + (λ/2) Σ_l ‖W_l‖²,   s_i scaled to mean 1, biases not penalized
//
// Each mini-batch goes through F-propagation (poise/network.h), then the learning rule gives the adjoints Y*_l =
// ∂ℓ/∂Y_l of all layers (docs/theory/network.md#f-propagation-and-f-adjoint), from which follow the gradients mean_i
// Y*_l X_{l−1}ᵀ and a step. The same seed gives the same bits for any number of threads. How each part relates to the
// papers: docs/theory/network.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "poise/network.h"
#include "poise/objective.h"
#include "poise/watcher.h"

namespace poise {

/// What t is, which the outputs are compared with.
enum class Target {
  kClasses,  ///< the label, or its distribution: supervised
  kFeatures  ///< the inputs themselves, whatever labels there are: unsupervised. Accuracy is then the share of the
             ///< features' variance explained, 1 − Σ s‖x̂ − x‖²/Σ s‖x − x̄‖² (docs/theory/network.md)
};

/// ℓ and the head that goes with it.
enum class Loss {
  kCrossEntropy,        ///< softmax head, −Σ t ln p:            Y*_L = p − t
  kBinaryCrossEntropy,  ///< sigmoid head, one per class:        Y*_L = σ(Y_L) − t
  kSquared,      ///< sigmoid head, ½‖σ(Y_L) − t‖²:       Y*_L = (σ(Y_L) − t) ∘ σ'(Y_L); of classes
  kSquaredError  ///< linear head, ½‖Y_L − t‖²:           Y*_L = Y_L − t; of features, t as the inputs are scaled
};

/// How the adjoints of hidden layers are found. Which rule equals backpropagation, and when: docs/theory/network.md.
enum class Rule {
  kAdjoint,      ///< F-adjoint: X*_{l−1} = W_lᵀ Y*_l, Y*_l = X*_l ∘ σ'(Y_l). Backpropagation.
  kEquilibrium,  ///< local: every X_l relaxes towards W_{l+1}ᵀ Y*_{l+1}; ρ = (1 − τ)^K of the distance
                 ///< remains
  kPredictiveCoding,  ///< loss in the bulk: hidden states relax on ℋ = ½Σ‖X_l − σ(Y_l)‖² + ℓ, input and target clamped
  kCanonical  ///< hidden states are drawn at a temperature T, density ∝ e^{−ℋ/T}: descent on the free energy
              ///< (docs/theory/network.md#learning-in-the-canonical-ensemble)
};            // and those of poise/learning_rule.h

/// For kEquilibrium: whether a layer uses the weights above it before or after their update
/// (docs/theory/network.md#local-rules).
enum class Order {
  kJacobi,      ///< before: all updates at once. As ρ → 0 this is backpropagation.
  kGaussSeidel  ///< after, as in the published local algorithm; differs from backpropagation by O(η)
};

/// For kEquilibrium: which layers relax when. Both reach the same adjoints in the end; with simultaneous relaxation the
/// remaining distance is not simply a factor ρ.
enum class Relaxation {
  kLayerByLayer,  ///< from the top, each layer against the settled one above: closed form, X* + ρ (X − X*)
  kSimultaneous   ///< all hidden layers at once, for K sweeps: activation relaxation (binomial formula)
};

enum class Step {
  kGolden,  ///< dual process: η = (1 − α)², α = √2/φ, in units of the loss's own curvature
  kSgd,     ///< Δ ← α Δ − η ∇L, w ← w + Δ with the given η and α
  kAdam     ///< Kingma & Ba 2015 with the given η; β = (0.9, 0.999), ε = 1e-8
};

enum class Initialization {
  kAuto,       ///< kKaiming for ReLU, else kXavier
  kXavier,     ///< normal, variance 2/(N_{l−1} + N_l)
  kKaiming,    ///< normal, variance 2/N_{l−1} for ReLU; 1/N_{l−1} for other activations and the last layer
  kOrthogonal  ///< rows or columns orthonormal, times √2 for ReLU
};

enum class Precision {
  kFloat32,
  kBfloat16  ///< products of bfloat16 numbers, summed in float32; weights are kept in float32
};

/// Whether a batch's gradient is that of the mean loss over its rows, or of the sum, as in the published F-adjoint code
/// (where the penalty is multiplied by the number of rows as well). With kMean the batches of an epoch have nearly
/// equal sizes; with kSum all but the last have exactly the size asked for.
enum class Reduction { kMean, kSum };

struct NetworkOptions {
  // Architecture
  std::vector<Index> hidden = {};  ///< widths of the hidden layers; empty: the softmax layer alone
  /// The hidden layers in words, with commas between, in place of `hidden`: conv:16x3 (16 kernels of 3×3, with zeros
  /// around the image so that it keeps its size; conv:16x3:valid: without), pool:2 (of the convolution before it, the
  /// largest of every 2×2), dense:128, dropout:0.25 (of the states of the layer before it). Convolutions come first.
  std::string layers = {};
  std::string image = {};  ///< of convolutions: "28x28" or "32x32x3", channels last; empty: as the data says
  Activation activation = Activation::kRelu;  ///< of the hidden layers
  Target target = Target::kClasses;
  /// Empty: kCrossEntropy, of features kSquaredError. Features take kBinaryCrossEntropy as well, t = x/unit in [0, 1].
  std::optional<Loss> loss = {};
  Initialization initialization = Initialization::kAuto;
  double gain = 1;  ///< factor on all initial weights (those of a first layer on standardized sparse data are drawn
                    ///< at 0.1 of what the initialization says)

  // Objective
  /// As of the softmax layer, but: an empty `l2` is default_network_l2 with kCrossEntropy, else 0. `scale` kNone leaves
  /// inputs as given; any other makes their mean square 1, and λ acts on weights of inputs so scaled: tables column by
  /// column, about their means; images as a whole; sparse data about 0, x̂_j ∝ x_j/(a_j p_j^¼) with p_j the share of
  /// rows in which x_j ≠ 0 and a_j the mean |x_j| there. `unit` is not for networks.
  ObjectiveOptions objective = {};
  /// κ: the loss is CE + κ H(p), H the entropy of the outputs; of kCrossEntropy alone. Above 0 outputs become surer,
  /// below 0 less sure (docs/theory/dual-process.md#the-entropy-process). The golden step's curvature is that of CE.
  double entropy_weight = 0;
  double dropout = 0;  ///< in [0, 1): share of hidden units dropped in a training pass; the others are scaled up

  // Rule
  Rule rule = Rule::kAdjoint;
  Order order = Order::kJacobi;
  Relaxation relaxation = Relaxation::kLayerByLayer;
  double relaxation_rate = 0.1;            ///< τ in (0, 2)
  int relaxation_steps = 100;              ///< K ≥ 1
  double temperature = 0.01;               ///< kCanonical: T, in nats; with mean_energy the first one
  std::optional<double> mean_energy = {};  ///< kCanonical: U in nats; T follows from ⟨ℋ⟩ = U, mean over rows
  bool reference_2024 = false;             ///< kEquilibrium: exactly the published code's rule; requires kSquared

  // Step
  Step step = Step::kGolden;
  double learning_rate = 0;  ///< η; 0: the default, for golden from theory, sgd 0.1, adam 0.001. For golden it is in
                             ///< units of curvature and capped at what is stable
  std::optional<double> momentum = {};  ///< α; empty: the default, for golden from theory, sgd 0.9
  double momentum_phase = 0;            ///< golden, sgd: complex momentum α e^{iθ}, θ in radians; 0: none
  Reduction reduction = Reduction::kMean;
  std::optional<bool> cooling = {};  ///< learning rate falls to 0 by the last epoch; empty: golden yes, others no

  // Loop
  int epochs = 0;         ///< 0: chosen by the number of rows
  Index batch = 0;        ///< rows per batch; 0: chosen by the number of rows
  double time_limit = 0;  ///< seconds; 0: none
  int patience = 0;  ///< stop after this many epochs in which Validated::smoothed_accuracy gained less than half a row;
                     ///< 0: never
  /// Stop when, in each of the last two epochs, |CE − H − imbalance_at_rest| ≤ 2 % of the loss and the loss moved by
  /// less than 1 %. The loss is that of Epoch::train, with smoothed labels and class weights if asked for. Not in the
  /// first 15 % of the epochs.
  bool stop_at_rest = false;
  int solve_head_every = 0;  ///< every this many epochs the last layer is solved exactly. The solution is
                             ///< kept if it is no worse on the validation data or, without such data, better on the
                             ///< training data; 0: never
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: as many as the machine has
  Precision precision = Precision::kFloat32;
};

/// The penalty of networks for who asks for none: three times default_l2 (poise/softmax_regression.h).
/// Chosen by measurement: bench/README.md#defaults.
double default_network_l2(const Dataset& train);

enum class TrainingStatus {
  kFinished,  ///< all epochs done
  kStopped,   ///< the smoothed validation accuracy has not gained half a row for `patience` epochs
  kAtRest,    ///< `stop_at_rest`: the loss equals the output entropy, less what the penalty holds, and stands still
  kTimeLimit,
  kInterrupted,
  /// The loss, leaving out the worst row of a batch, was not finite or was above four times its first value (or that of
  /// scores of 0, if larger); and either smaller steps did not help, or it was the last step. The network is the last
  /// one whose loss was seen to be good.
  kDiverged
};

const char* to_string(TrainingStatus status);
const char* to_string(Target target);
const char* to_string(Loss loss);
const char* to_string(Rule rule);
const char* to_string(Step step);
const char* to_string(Order order);
const char* to_string(Relaxation relaxation);
const char* to_string(Initialization initialization);
const char* to_string(Precision precision);
const char* to_string(Reduction reduction);

/// Weighted means over rows.
struct Measured {
  double loss = 0;             ///< ℓ, without the penalty
  double accuracy = 0;         ///< share of rows whose largest score is the target's largest entry; see kFeatures
  double equilibrium_gap = 0;  ///< CE − H: Epoch::imbalance_at_rest at rest; softmax head only, else 0
};

/// Measured on the validation data. The epoch kept is the last one whose `smoothed_accuracy` is within half a row of
/// the largest (of features: within 0.0001), because the accuracy of a single epoch depends too much on luck.
struct Validated : Measured {
  double smoothed_accuracy = 0;  ///< s ← s + (accuracy − s)/5, starting from the first epoch's accuracy; NaN for an
                                 ///< epoch without a finite loss, which s skips
};

/// One epoch, as watchers and the report see it.
struct Epoch {
  int number = 0;  ///< from 1
  double seconds = 0;
  Target target = Target::kClasses;
  Measured train;  ///< over the batches, each just before its step, without those taken back; NaN if all were
  std::optional<Validated> validation;  ///< after the epoch, if there are validation data
  double curvature = 0;                 ///< golden: λ̂, the largest curvature of the mean loss, at least 32
  double learning_rate = 0;             ///< η of the epoch's first step
  double bulk_energy = 0;               ///< mean ½Σ_l‖X_l − σ(Y_l)‖² of states that the rule has moved
  double energy = 0;                    ///< mean ℋ of such states: bulk_energy and their ℓ
  double temperature = 0;               ///< kCanonical: T at the end of the epoch
  /// κ⟨Var_p(z)⟩ − λ‖W_L‖², the variance of the scores z in their probabilities p as mean over the epoch, ‖W_L‖ after
  /// it: what CE − H of the loss trained on is where the last layer is at rest. Softmax head only, else 0.
  double imbalance_at_rest = 0;
};

struct TrainingReport {
  TrainingStatus status = TrainingStatus::kFinished;
  std::string why;           ///< one sentence
  int epochs = 0;            ///< epochs trained
  int best_epoch = 0;        ///< the epoch whose weights were kept: the last within half a row of the largest
                             ///< Validated::smoothed_accuracy. Without validation data, the last epoch (if stopped
                             ///< within the next one, the weights include part of that, too), or if that diverged,
                             ///< the last good one (0: before the end of epoch 1, or the initial weights)
  Index batch = 0;           ///< rows per batch
  double seconds = 0;        ///< training time, validation included
  double train_seconds = 0;  ///< time of the passes over training rows alone
  std::vector<Epoch> history;
};

struct NetworkFit {
  Network network;
  TrainingReport report;
};

/// Trains on `train`. `validation` (may be null) has the same schema and decides which epoch's weights are kept.
/// Throws Error(kData) for data without labels or with one class, and for validation data with other features or
/// classes; Error(kUsage) for options out of range.
NetworkFit train_network(const Dataset& train, const NetworkOptions& options, const Dataset* validation = nullptr,
                         Watcher* watcher = nullptr);

}  // namespace poise
