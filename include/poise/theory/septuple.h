// A neural network described by seven things: state, two projections, weights, bias, activation map, loss (Vanchurin,
// arXiv 2004.09280; docs/theory/thermodynamics.md#septuple). One state vector x holds ALL N neurons, so the weights may
// form cycles.
//
//   dynamics   x ← f(w x + b)               f elementwise
//   residual   e(x) = x − f(w x + b)
//   loss       ℋ(x) = ½ Σ_{i ∈ P} e_i² + V(x),   V(x) = −½ m² xᵀx
//
// P is all neurons (loss in the bulk) or those of the boundary: outputs, inputs, or both. States are dimensionless. ℋ
// is in the units of its ensemble's temperature (poise/theory/ensemble.h), so ℋ/T is in nats.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "poise/network.h"

namespace poise {

class Watcher;  // poise/watcher.h

enum class LossPlace {
  kBulk,     ///< ℋ = ½ eᵀe + V: every neuron's residual counts
  kOutputs,  ///< ℋ = ½ Σ over output neurons of e_i² + V; makes sense with inputs and outputs clamped to data
  kInputs,   ///< over input neurons: what others predict of the data, without labels
  kBoundary  ///< over both
};

/// How far to follow the activation dynamics.
struct FixedPointOptions {
  double rate = 1;             ///< x ← x + rate · (f(wx + b) − x), in (0, 1]; below 1 it damps oscillations
  Index max_steps = 10000;     ///< most steps taken
  double tolerance = 1e-14;    ///< at rest if max |e_i| over free neurons is at most this times 1 + max |x_i|
  Watcher* watcher = nullptr;  ///< asked before every step; may end it with MeasurementStopped
};

/// Where the activation dynamics ended.
struct FixedPoint {
  Vector state{};          ///< x, N
  Index steps = 0;         ///< steps taken
  double residual = 0;     ///< max |e_i(x)| over free neurons
  bool converged = false;  ///< false: still moving after max_steps, on a limit cycle or too slowly
};

/// ∂ℋ/∂w, N×N, and ∂ℋ/∂b, N. Entries of w that are 0 are not connections, but their derivatives are given as well.
struct SeptupleGradient {
  Matrix weights;
  Vector bias;
};

struct Septuple {
  Matrix weights;                      ///< w, N×N: w_ij leads from neuron j to neuron i; 0: no connection
  Vector bias;                         ///< b, N; the bias of an input neuron to which none leads is its datum
  std::vector<Activation> activation;  ///< f, one per neuron
  std::vector<Index> inputs;           ///< selected by P_in
  std::vector<Index> outputs;          ///< selected by P_out; none of them is an input
  LossPlace place = LossPlace::kBulk;
  double mass_squared = 0;     ///< m²; if negative the potential confines, if positive it repels from 0
  std::vector<Index> clamped;  ///< neurons whose state is held fixed
  Vector data;                 ///< their values, one per clamped neuron

  Index neurons() const { return bias.size(); }
  std::vector<Index> free_neurons() const;  ///< those not clamped, ascending
  Vector residual_mask() const;             ///< diagonal of P: 1 where a residual is part of the loss, else 0

  /// An order of the free neurons in which every connection between two of them leads forward, or nothing if there is
  /// none. A clamped neuron passes nothing on, so it breaks any cycle through it.
  std::optional<std::vector<Index>> topological_order() const;
  bool is_feed_forward() const { return topological_order().has_value(); }

  // Functions of a state x with N entries, which is used as it is: apply `held` first to set clamped neurons to their
  // data.
  Vector held(Vector x) const;                   ///< x with clamped neurons set to their data
  Vector step(const Vector& x) const;            ///< one step of the dynamics; clamped neurons are set to their data
  Vector residual(const Vector& x) const;        ///< e(x), including clamped neurons
  double potential(const Vector& x) const;       ///< V(x)
  double loss(const Vector& x) const;            ///< ℋ(x)
  Vector state_gradient(const Vector& x) const;  ///< ∂ℋ/∂x = (I − diag f' w)ᵀ P e − m² x, all N entries
  SeptupleGradient gradient(const Vector& x) const;  ///< −(P e ∘ f') xᵀ and −P e ∘ f'

  /// Follows the dynamics from `start` (empty: 0) with clamped neurons held. A feed-forward network comes to rest after
  /// as many steps as its longest path has neurons, whatever rate is asked for. A cyclic one need not come to rest at
  /// all, and which of several fixed points it finds depends on the start. Throws Error(kUsage) for options out of
  /// range.
  FixedPoint fixed_point(const FixedPointOptions& options = {}, const Vector& start = {}) const;

  /// Throws Error(kUsage) if shapes do not match, an index is out of range or named twice, an output is an input, or a
  /// number is not finite. Every function of poise/theory/ensemble.h, equilibrium.h and free_energy_curvature.h calls
  /// it.
  void validate() const;
};

/// One of several states of rest, and how the dynamics meets it.
struct RestingState {
  FixedPoint rest{};
  Index starts = 0;            ///< so many of the starts led here
  double loss = 0;             ///< ℋ there
  double spectral_radius = 0;  ///< of diag f' w over the free neurons: below 1 the state is stable, step by step
  bool stable() const { return spectral_radius < 1; }
};

/// The fixed points that the dynamics (of rate ½, so that it does not oscillate) finds from 0 and `starts` − 1 random
/// states of standard deviation 2, the one met most often first; starts that do not come to rest are left out. There
/// may be others. `watcher` (may be null) may end it with MeasurementStopped.
std::vector<RestingState> resting_states(const Septuple& septuple, Index starts = 64, std::uint64_t seed = 1,
                                         Watcher* watcher = nullptr);

/// An MLP and one row of inputs as a septuple: x = (X_0, X_1, …, X_L), N = Σ N_l. w has W_l in the rows of layer l and
/// the columns of layer l − 1, and is nilpotent; b = (input, b_1, …, b_L); f is the identity on inputs. The loss is in
/// the bulk, m = 0, and nothing is clamped. The fixed point is F-propagation. Throws Error(kUsage) for
/// layers that do not fit each other or the input.
Septuple to_septuple(const std::vector<Layer>& layers, const Vector& input);

/// The same for `row` in the units of the network's data: the input is row − center. Outputs are scores.
Septuple to_septuple(const Network& network, const Vector& row);

/// `septuple` with `neurons` held at `data`, in addition to those already clamped.
Septuple clamp(Septuple septuple, const std::vector<Index>& neurons, const Vector& data);

}  // namespace poise
