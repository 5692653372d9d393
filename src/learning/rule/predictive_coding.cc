// Rule::kPredictiveCoding: input and target are clamped, hidden states x_l descend on
//   E = ½ Σ_l ‖x_l − μ_l‖² + ℓ(W_L x_{L−1} + b_L, t),   μ_l = σ(W_l x_{l−1} + b_l),
//   ∂E/∂x_l = x_l − μ_l + W_{l+1}ᵀ s_{l+1},   s_l = −(x_l − μ_l) ∘ σ'(μ_l),   s_L = ∂ℓ/∂Y_L,
// K steps of rate τ from the forward pass, where E = ℓ. Then ∂E/∂W_l = s_l x_{l−1}ᵀ: s takes the place of Y*.
#include "learning/kernels.h"
#include "learning/rule/states.h"

namespace poise::learning {

/// μ_1 depends on the clamped input alone and stays.
void predict_states(RuleRows& rows) {
  for (Index l = 2; l < rows.layers(); ++l) rows.propagate(l, rows.predicted(l));
  rows.output();
}

void find_signals(RuleRows& rows) {
  for (Index l = 1; l < rows.layers(); ++l) {
    const float *x = rows.state(l), *mean = rows.predicted(l);
    float* signal = rows.adjoint(l);
    for (Index k = 0; k < rows.count() * rows.width(l); ++k) signal[k] = mean[k] - x[k];
    rows.times_slope(l, mean, signal);
  }
}

namespace {

class PredictiveCoding : public LearningRule {
 public:
  explicit PredictiveCoding(const NetworkOptions& options)
      : rate_(static_cast<float>(options.relaxation_rate)), steps_(options.relaxation_steps) {}

  bool moves_states() const override { return true; }

  void find_adjoints(RuleRows& rows) override {
    find_signals(rows);
    for (int step = 0; step < steps_; ++step) {
      move(rows);
      predict_states(rows);
      find_signals(rows);
    }
  }

 private:
  /// x_l ← x_l − τ ∂E/∂x_l, all at once: the signals are those of the states before.
  void move(RuleRows& rows) const {
    for (Index l = 1; l < rows.layers(); ++l) {
      const Index size = rows.count() * rows.width(l);
      rows.back(l + 1, rows.adjoint(l + 1), rows.room(l));
      relax(rate_, 1, rows.predicted(l), rows.state(l), size);
      add_scaled(-rate_, rows.room(l), rows.state(l), size);
    }
  }

  float rate_;
  int steps_;
};

}  // namespace

RuleInUse make_predictive_coding(const NetworkOptions& options, std::span<const Index>) {
  return {{}, std::make_unique<PredictiveCoding>(options)};
}

}  // namespace poise::learning
