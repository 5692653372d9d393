// Learning rules of one's own: how the adjoints of the hidden layers are found, from which the steps follow.
//
//   const Rule rule = register_learning_rule("feedback-alignment", [](const NetworkOptions& options, auto widths) {
//     return std::make_unique<FeedbackAlignment>(options.seed, widths);
//   });
//   NetworkOptions options;
//   options.rule = rule;          // and train_network, or train, as with any other rule
//
// After F-propagation of a batch the rule is given its rows, some at a time, with Y*_L = ∂ℓ/∂Y_L in place. It leaves
// Y*_l of the hidden layers; the step is then taken on mean_i s_i Y*_l X_{l−1}ᵀ. All arrays are row-major without gaps.
// A whole rule in 40 lines: examples/feedback_alignment.cc.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "poise/schema.h"

namespace poise {

struct NetworkOptions;
enum class Rule;

/// Some rows of a batch while a rule is at work on them. l counts layers from 1 to L; B is count().
class RuleRows {
 public:
  virtual ~RuleRows() = default;

  virtual Index count() const = 0;         ///< B, at most 64
  virtual Index layers() const = 0;        ///< L
  virtual Index width(Index l) const = 0;  ///< N_l; N_0 is the number of features

  /// X_l, B×N_l, 0 < l < L. A rule for which moves_states() holds may change them.
  virtual float* state(Index l) = 0;
  /// Only where states move, 0 < l < L: σ_l(Y_l), B×N_l, equal to state(l) at first. To be kept up to date: it is where
  /// the golden step measures curvature, and ½‖X_l − σ_l(Y_l)‖² is reported as the bulk's energy.
  virtual float* predicted(Index l) = 0;
  /// Y*_l, B×N_l, 0 < l ≤ L, of single rows: not yet divided by the size of the batch. To be written for l < L.
  virtual float* adjoint(Index l) = 0;
  /// B×N_l numbers for the rule's own use; what it holds at first is not defined.
  virtual float* room(Index l) = 0;

  /// to ← σ_l(W_l X_{l−1} + b_l), B×N_l, from state(l − 1), or the inputs for l = 1; 0 < l < L.
  virtual void propagate(Index l, float* to) = 0;
  /// to ← Y*_l W_l, B×N_{l−1}, of the B×N_l numbers `adjoint`; 1 < l ≤ L.
  virtual void back(Index l, const float* adjoint, float* to) = 0;
  /// v ← v ∘ σ'_l(Y_l), both B×N_l, from x = σ_l(Y_l); 0 < l < L.
  virtual void times_slope(Index l, const float* x, float* v) = 0;
  /// The scores from state(L − 1); then adjoint(L) is ∂ℓ/∂Y_L of these, and losses() theirs.
  virtual void output() = 0;
  virtual std::span<const double> losses() const = 0;  ///< ℓ of the B rows, of the last output()

  /// For random numbers that do not depend on the number of threads: the row is number first() + i of its batch, the
  /// batch number batch() of the training.
  virtual Index first() const = 0;
  virtual std::uint64_t batch() const = 0;
};

/// One object serves one training run.
class LearningRule {
 public:
  virtual ~LearningRule() = default;

  /// Writes the adjoints of the hidden layers, one after the other or as it likes. Called by several threads at the
  /// same time, with different rows; what it does with a row must not depend on the others.
  virtual void find_adjoints(RuleRows& rows) = 0;

  /// Whether states move before the weights do, as in predictive coding: then gradients are those at the new states.
  virtual bool moves_states() const { return false; }

  /// After all rows of a training batch, on one thread; only where states move: the mean over rows of their energy
  /// ½Σ_l‖X_l − σ_l(Y_l)‖² + ℓ, with ℓ of the last output().
  virtual void after_batch(double /*mean_energy*/) {}
  /// Epoch::temperature: that at which states are drawn, 0 if they are not.
  virtual double temperature() const { return 0; }

  /// What the rule carries from one batch to the next, if anything: a training that is resumed gives it back to a new
  /// object. Called between epochs.
  virtual std::vector<double> state() const { return {}; }
  virtual void restore(std::span<const double> /*state*/) {}
};

/// `widths` are N_0 … N_L.
using MakeLearningRule =
    std::function<std::unique_ptr<LearningRule>(const NetworkOptions& options, std::span<const Index> widths)>;

/// A rule for NetworkOptions::rule, known by this name wherever rules are named: in metadata, JSON and options. It
/// works with every loss, activation and step, in float32 and without dropout. Throws Error(kUsage) for a name that is
/// taken or empty, or a 65th rule. From any thread.
Rule register_learning_rule(const std::string& name, MakeLearningRule make);

/// One of the library or one that was registered. Throws Error(kUsage) for an unknown name.
Rule rule_named(const std::string& name);

}  // namespace poise
