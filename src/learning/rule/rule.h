// The learning rules by name, and what a Workspace asks of one (docs/theory/network.md#local-rules). A rule works
// either layer by layer, where the adjoint that a layer hands down may change on the way, or on rows
// (poise/learning_rule.h).
#pragma once

#include "base/names.h"
#include "poise/learning_rule.h"
#include "poise/training.h"

namespace poise::learning {

/// Layer by layer, from the top. As it stands here it is Rule::kAdjoint: what a layer hands down is X*_{l−1} = Y*_l
/// W_l.
class LayerRule {
 public:
  virtual ~LayerRule() = default;

  /// Whether a layer steps before it hands its adjoint down, through the new weights.
  virtual bool steps_first() const { return false; }

  /// Y*_L of a row with the head's probabilities p, from Y*_L = ∂ℓ/∂Y_L.
  virtual void change_output(const float* /*p*/, float* /*adjoint*/, Index /*classes*/) const {}

  /// `count` entries of X*_l of a row whose share of the batch's mean is `share`, from what the layer above has handed
  /// down; x are those of X_l.
  virtual void change_handed_down(float /*share*/, const float* /*x*/, float* /*adjoint*/, Index /*count*/) const {}
};

/// One of the two.
struct RuleInUse {
  std::unique_ptr<LayerRule> by_layer = {};
  std::unique_ptr<LearningRule> by_rows = {};

  bool moves_states() const { return by_rows && by_rows->moves_states(); }
};

using MakeRule = std::function<RuleInUse(const NetworkOptions& options, std::span<const Index> widths)>;

RuleInUse make_adjoint(const NetworkOptions& options, std::span<const Index> widths);
RuleInUse make_equilibrium(const NetworkOptions& options, std::span<const Index> widths);
RuleInUse make_predictive_coding(const NetworkOptions& options, std::span<const Index> widths);

/// The rule of `options`, for layers of the given widths {N_0, …, N_L}.
RuleInUse make_rule(const NetworkOptions& options, std::span<const Index> widths);

/// Whether that works on rows.
bool works_on_rows(const NetworkOptions& options);

/// Those of the library and those that were registered.
std::span<const Named<Rule>> names_of(Rule);

}  // namespace poise::learning
