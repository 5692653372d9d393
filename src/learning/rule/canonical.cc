// Rule::kCanonical: learning in the canonical ensemble (docs/theory/network.md#learning-in-the-canonical-ensemble). The
// hidden states are drawn at temperature T, with density ∝ e^{−ℋ/T}, ℋ the energy E of predictive coding, and the
// weights descend on the free energy F = −T ln ∫e^{−ℋ/T}: ∂F/∂W_l = ⟨∂ℋ/∂W_l⟩ = ⟨s_l x_{l−1}ᵀ⟩. Since ∂ℋ/∂x_l = e_l +
// X*_l, e_l = x_l − μ_l, has the mean 0 beside any function of the layers below, so that ⟨s_l x_{l−1}ᵀ⟩ = ⟨(X*_l ∘ σ')
// x_{l−1}ᵀ⟩ with X*_l = W_{l+1}ᵀ s_{l+1}, and so on from layer to layer: the F-adjoint at the states drawn.
//
// One draw a row, at the end of a Markov chain of K steps from the forward pass (Langevin, rate τ):
//   x' = x − τ ∂ℋ/∂x + √(2τT) ξ,   ξ from N(0, I)
// In the first half every step is taken, so that the chain gets to where the states are likely. In the second half it
// is taken with probability min(1, e^{a}) (Metropolis–Hastings), which makes the ensemble exact for any τ:
//   a = −(ℋ(x') − ℋ(x))/T + ½‖ξ‖² − ½‖ξ − √(τ/2T) (∂ℋ/∂x + ∂ℋ/∂x')‖²
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "learning/rule/states.h"

namespace poise::learning {
namespace {

/// The chains of some rows.
class Chains {
 public:
  Chains(RuleRows& rows, double rate, double temperature, std::uint64_t seed)
      : rows_(rows), rate_(rate), temperature_(temperature), seed_(random_bits(seed, rows.batch())) {
    for (Index l = 1; l < rows.layers(); ++l) neurons_ += rows.width(l);
    const Index numbers = rows.count() * neurons_;
    before_.resize(numbers), noise_.resize(numbers), force_.resize(numbers);
    energy_.resize(rows.count()), proposed_.resize(rows.count()), chance_.resize(rows.count());
    find_signals(rows_);
    look(force_, energy_);
  }

  void step(std::uint64_t number, bool always) {
    const std::uint64_t stream = random_bits(seed_, number);
    propose(stream);
    predict_states(rows_);
    find_signals(rows_);
    look_at_proposal(stream, always);
  }

  /// Y*_l of the F-adjoint at the states as they are: less noisy than s_l, by what ∂ℋ/∂x_l is.
  void find_adjoints() {
    predict_states(rows_);
    for (Index l = rows_.layers() - 1; l >= 1; --l) {
      rows_.back(l + 1, rows_.adjoint(l + 1), rows_.adjoint(l));
      rows_.times_slope(l, rows_.predicted(l), rows_.adjoint(l));
    }
  }

 private:
  /// use(row, place of its numbers in the arrays of the chain, l, place in those of layer l, N_l)
  template <typename Use>
  void for_each_part(const Use& use) const {
    for (Index l = 1, offset = 0; l < rows_.layers(); offset += rows_.width(l++)) {
      for (Index i = 0; i < rows_.count(); ++i) use(i, i * neurons_ + offset, l, i * rows_.width(l), rows_.width(l));
    }
  }

  void propose(std::uint64_t stream) {
    draw_noise(stream);
    const auto width = static_cast<float>(std::sqrt(2 * rate_ * temperature_)), rate = static_cast<float>(rate_);
    for_each_part([&](Index, Index at, Index l, Index place, Index count) {
      float* x = rows_.state(l) + place;
      for (Index k = 0; k < count; ++k) {
        before_[at + k] = x[k];
        x[k] += width * noise_[at + k] - rate * force_[at + k];
      }
    });
  }

  /// Two numbers at a time (Box and Muller), those of a row from its place in the batch.
  void draw_noise(std::uint64_t stream) {
    const Index pairs = (neurons_ + 1) / 2;
    for (Index i = 0; i < rows_.count(); ++i) {
      for (Index k = 0; k < pairs; ++k) {
        const auto counter = static_cast<std::uint64_t>(2 * ((rows_.first() + i) * pairs + k));
        const auto u = static_cast<float>(1 - random_uniform(stream, counter));
        const auto angle = static_cast<float>(2 * std::numbers::pi * random_uniform(stream, counter + 1));
        const float radius = std::sqrt(-2 * std::log(u));
        float* xi = noise_.data() + i * neurons_ + 2 * k;
        xi[0] = radius * std::cos(angle);
        if (2 * k + 1 < neurons_) xi[1] = radius * std::sin(angle);
      }
    }
  }

  /// ∂ℋ/∂x and ℋ of every row.
  void look(std::vector<float>& force, std::vector<double>& energy) {
    for (Index l = 1; l < rows_.layers(); ++l) rows_.back(l + 1, rows_.adjoint(l + 1), rows_.room(l));
    std::copy(rows_.losses().begin(), rows_.losses().end(), energy.begin());
    for_each_part([&](Index i, Index at, Index l, Index place, Index count) {
      const float *x = rows_.state(l) + place, *mean = rows_.predicted(l) + place, *pull = rows_.room(l) + place;
      for (Index k = 0; k < count; ++k) {
        const float apart = x[k] - mean[k];
        force[at + k] = apart + pull[k];
        energy[i] += 0.5 * static_cast<double>(apart) * static_cast<double>(apart);
      }
    });
  }

  void look_at_proposal(std::uint64_t stream, bool always) {
    std::vector<float> force(force_.size());
    look(force, proposed_);
    if (always) return std::swap(force, force_), std::swap(proposed_, energy_);
    const double scale = std::sqrt(rate_ / (2 * temperature_));
    for (Index i = 0; i < rows_.count(); ++i) chance_[i] = (energy_[i] - proposed_[i]) / temperature_;
    for (Index k = 0; k < std::ssize(force); ++k) {
      const double xi = static_cast<double>(noise_[k]);
      const double back = xi - scale * (static_cast<double>(force_[k]) + static_cast<double>(force[k]));
      chance_[k / neurons_] += 0.5 * (xi * xi - back * back);
    }
    for_each_part([&](Index i, Index at, Index l, Index place, Index count) {
      const auto counter = static_cast<std::uint64_t>(rows_.first() + i);
      const bool taken = std::log(random_uniform(~stream, counter)) < chance_[i];
      if (taken) {
        std::copy_n(force.begin() + at, count, force_.begin() + at);
        energy_[i] = proposed_[i];
      } else {
        std::copy_n(before_.begin() + at, count, rows_.state(l) + place);
      }
    });
  }

  RuleRows& rows_;
  const double rate_, temperature_;
  const std::uint64_t seed_;
  Index neurons_ = 0;                          // of a row
  std::vector<float> before_, noise_, force_;  // x, ξ and ∂ℋ/∂x, row by row
  std::vector<double> energy_, proposed_, chance_;
};

class Canonical : public LearningRule {
 public:
  Canonical(const NetworkOptions& options, std::span<const Index> widths)
      : rate_(options.relaxation_rate),
        steps_(options.relaxation_steps),
        seed_(random_bits(options.seed, 0xca707u)),
        mean_energy_(options.mean_energy),
        temperature_(options.temperature) {
    for (std::size_t l = 1; l + 1 < widths.size(); ++l) neurons_ += static_cast<double>(widths[l]);
  }

  bool moves_states() const override { return true; }
  double temperature() const override { return temperature_; }
  std::vector<double> state() const override { return {temperature_}; }
  void restore(std::span<const double> state) override { temperature_ = state[0]; }

  void find_adjoints(RuleRows& rows) override {
    if (rows.layers() < 2) return;
    Chains chains(rows, rate_, temperature_, seed_);
    for (int k = 0; k < steps_; ++k) chains.step(static_cast<std::uint64_t>(k), k < steps_ / 2);
    chains.find_adjoints();
  }

  /// Towards the T at which ⟨ℋ⟩ = U, of which there is one: d⟨ℋ⟩/dT = Var(ℋ)/T² > 0, about N/2. A tenth of Newton's
  /// step a batch, since ⟨ℋ⟩ of a batch is noisy.
  void after_batch(double mean_energy) override {
    constexpr double kGain = 0.1, kMostFactor = 1.25;
    if (!mean_energy_ || neurons_ == 0 || !std::isfinite(mean_energy)) return;
    const double wanted = temperature_ + kGain * (*mean_energy_ - mean_energy) / (0.5 * neurons_);
    temperature_ = std::clamp(wanted, std::max(temperature_ / kMostFactor, kLeastTemperature),
                              std::min(temperature_ * kMostFactor, kMostTemperature));
  }

 private:
  double rate_;
  int steps_;
  std::uint64_t seed_;
  std::optional<double> mean_energy_;  // U
  double temperature_, neurons_ = 0;
};

}  // namespace

RuleInUse make_canonical(const NetworkOptions& options, std::span<const Index> widths) {
  return {{}, std::make_unique<Canonical>(options, widths)};
}

}  // namespace poise::learning
