// Closed forms and Gaussian approximations of the canonical ensemble.
#include "poise/theory/ensemble.h"

#include <fmt/core.h>

#include <cmath>
#include <numbers>

#include "poise/error.h"
#include "theory/expansion.h"
#include "theory/sampling.h"

namespace poise::theory {

EnsembleState ensemble_state(double temperature, Index neurons, double log_b, double mean_loss) {
  const double log_a = 0.5 * static_cast<double>(neurons) * std::log(2 * std::numbers::pi * temperature);
  EnsembleState out{.temperature = temperature, .neurons = neurons};
  out.log_partition = log_a + log_b;
  out.mean_loss = mean_loss;
  out.free_energy = -temperature * out.log_partition;
  out.thermodynamic_entropy = mean_loss / temperature + log_a;
  out.entropy = out.thermodynamic_entropy + log_b;
  out.complexity = -log_b;
  out.log_b = log_b;
  return out;
}

}  // namespace poise::theory

namespace poise {
namespace {

/// Of ½ ξᵀMξ + least in n dimensions: Z = (2πT)^{n/2} det(M)^{−½} e^{−least/T}, U = nT/2 + least.
EnsembleState quadratic_state(double temperature, const theory::Spectrum& spectrum, double least) {
  const Index n = spectrum.values.size();
  return theory::ensemble_state(temperature, n, -0.5 * spectrum.log_determinant() - least / temperature,
                                0.5 * static_cast<double>(n) * temperature + least);
}

/// ½ Σ e_i² of clamped neurons, which is one number if they do not listen to free ones; ℋ where none is free.
double loss_of_clamped(const Septuple& septuple) {
  const Vector state = septuple.held(Vector::Zero(septuple.neurons()));
  if (septuple.free_neurons().empty()) return septuple.loss(state);
  const Vector e = septuple.residual(state);
  return 0.5 * e(septuple.clamped).squaredNorm();
}

}  // namespace

const char* to_string(EnsembleMethod method) {
  switch (method) {
    case EnsembleMethod::kLinear:
      return "linear";
    case EnsembleMethod::kFeedForward:
      return "feed-forward";
    case EnsembleMethod::kNoisyForward:
      return "noisy forward";
    case EnsembleMethod::kImportance:
      return "importance sampling";
  }
  return "";
}

EnsembleState linear_ensemble(const Septuple& septuple, double temperature) {
  theory::check(septuple, temperature);
  if (!theory::is_linear(septuple))
    throw Error(ErrorKind::kUsage, "the closed form of linear networks was asked of one that is not linear",
                "identity as the activation of every neuron", "canonical_ensemble chooses a method that applies");
  return gaussian_ensemble(septuple, temperature, Vector::Zero(septuple.neurons()));
}

bool feed_forward_theorem_applies(const Septuple& septuple) {
  septuple.validate();
  const std::vector<Index> free = septuple.free_neurons();
  if (free.empty()) return true;  // one state
  if (septuple.place != LossPlace::kBulk || septuple.mass_squared != 0 || !septuple.is_feed_forward()) return false;
  return (Eigen::MatrixXd(septuple.weights)(septuple.clamped, free).array() == 0).all();
}

EnsembleState feed_forward_ensemble(const Septuple& septuple, double temperature) {
  theory::check(septuple, temperature);
  if (!feed_forward_theorem_applies(septuple))
    throw Error(ErrorKind::kUsage, "Z = (2πT)^{n/2} was asked of a septuple that it does not hold for",
                "feed-forward weights, loss in the bulk, V = 0, and no clamped neuron that listens to a free one",
                "canonical_ensemble chooses a method that applies");
  const Index n = septuple.neurons() - static_cast<Index>(septuple.clamped.size());
  const double h = loss_of_clamped(septuple);
  return theory::ensemble_state(temperature, n, -h / temperature, 0.5 * static_cast<double>(n) * temperature + h);
}

EnsembleState gaussian_ensemble(const Septuple& septuple, double temperature) {
  theory::check(septuple, temperature);
  return gaussian_ensemble(septuple, temperature, theory::settle_from_fixed_point(septuple));
}

EnsembleState gaussian_ensemble(const Septuple& septuple, double temperature, const Vector& about) {
  theory::check(septuple, temperature);
  if (about.size() != septuple.neurons())
    throw Error(ErrorKind::kUsage, fmt::format("a state of {} values", about.size()),
                fmt::format("{} neurons", septuple.neurons()));
  const theory::Expansion expansion = theory::expand(septuple, about);
  const theory::Spectrum spectrum = theory::positive_spectrum(septuple, expansion);
  const Vector along = spectrum.vectors.transpose() * expansion.gradient;  // gᵀM⁻¹g = Σ (v_kᵀg)²/λ_k
  const double least = expansion.loss - 0.5 * along.cwiseAbs2().cwiseQuotient(spectrum.values).sum();
  return quadratic_state(temperature, spectrum, least);
}

Ensemble noisy_forward_ensemble(const Septuple& septuple, double temperature, const SamplingOptions& options) {
  theory::check(septuple, temperature);
  return theory::summarize(theory::draw_noisy_forward(septuple, temperature, options), septuple, temperature);
}

Ensemble importance_ensemble(const Septuple& septuple, double temperature, const SamplingOptions& options) {
  theory::check(septuple, temperature);
  return theory::summarize(theory::draw_about_modes(septuple, temperature, options), septuple, temperature);
}

Ensemble canonical_ensemble(const Septuple& septuple, double temperature, const SamplingOptions& options) {
  theory::check(septuple, temperature);
  if (theory::is_linear(septuple))
    return {.state = linear_ensemble(septuple, temperature), .method = EnsembleMethod::kLinear};
  if (feed_forward_theorem_applies(septuple))
    return {.state = feed_forward_ensemble(septuple, temperature), .method = EnsembleMethod::kFeedForward};
  return theory::summarize(theory::draw(septuple, temperature, options), septuple, temperature);
}

}  // namespace poise
