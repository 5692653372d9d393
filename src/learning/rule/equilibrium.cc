// Rule::kEquilibrium (docs/theory/network.md#local-rules): every X_l relaxes towards what the layer above hands down.
#include <algorithm>
#include <cmath>

#include "learning/kernels.h"
#include "learning/rule/rule.h"

namespace poise::learning {
namespace {

/// K steps of rate τ in closed form: X* + ρ (X − X*), ρ = (1 − τ)^K.
class LayerByLayer : public LayerRule {
 public:
  explicit LayerByLayer(const NetworkOptions& options)
      : order_(options.order),
        published_(options.reference_2024),
        rho_(static_cast<float>(std::pow(1 - options.relaxation_rate, options.relaxation_steps))) {}

  bool steps_first() const override { return order_ == Order::kGaussSeidel; }

  /// The published code's (docs/theory/network.md#what-the-published-local-program-runs).
  void change_output(const float* p, float* adjoint, Index classes) const override {
    if (!published_) return;
    for (Index k = 0; k < classes; ++k) {
      const float slope = 1 / (1 + std::exp(-adjoint[k]));  // of σ at the error itself
      adjoint[k] = slope * (1 - slope) * (adjoint[k] + rho_ * (p[k] - adjoint[k]));
    }
  }

  /// The adjoint has the row's share already, the activation has not.
  void change_handed_down(float share, const float* x, float* adjoint, Index count) const override {
    relax(rho_, share, x, adjoint, count);
  }

 private:
  Order order_;
  bool published_;
  float rho_;
};

/// Activation relaxation: K sweeps of A_l ← A_l + τ (W_{l+1}ᵀ D_{l+1} − A_l) over all hidden layers at once, from
/// A_l = X_l, with D_L = Y*_L and D_l = A_l ∘ σ'(Y_l). In ascending order a layer still sees the old one above it.
class Simultaneous : public LearningRule {
 public:
  explicit Simultaneous(const NetworkOptions& options)
      : rate_(static_cast<float>(options.relaxation_rate)), sweeps_(options.relaxation_steps) {}

  void find_adjoints(RuleRows& rows) override {
    const Index last = rows.layers();
    const auto size = [&](Index l) { return rows.count() * rows.width(l); };
    const auto drive = [&](Index l) {  // D_l in its place
      std::copy_n(rows.room(l), size(l), rows.adjoint(l));
      rows.times_slope(l, rows.state(l), rows.adjoint(l));
    };
    for (Index l = 1; l < last; ++l) std::copy_n(rows.state(l), size(l), rows.room(l));
    for (int sweep = 0; sweep < sweeps_; ++sweep) {
      for (Index l = 1; l < last; ++l) {
        if (l + 1 < last) drive(l + 1);
        rows.back(l + 1, rows.adjoint(l + 1), rows.adjoint(l));
        relax(rate_, 1, rows.adjoint(l), rows.room(l), size(l));
      }
    }
    for (Index l = 1; l < last; ++l) drive(l);
  }

 private:
  float rate_;
  int sweeps_;
};

}  // namespace

RuleInUse make_equilibrium(const NetworkOptions& options, std::span<const Index>) {
  if (options.relaxation == Relaxation::kSimultaneous) return {{}, std::make_unique<Simultaneous>(options)};
  return {std::make_unique<LayerByLayer>(options), {}};
}

}  // namespace poise::learning
