// Whether Z factorizes: how the mean loss reacts to the weights.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/watched_work.h"
#include "poise/error.h"
#include "poise/theory/equilibrium.h"
#include "theory/linear.h"
#include "theory/sampling.h"
#include "thermo/network/neuron.h"

namespace poise {
namespace {

constexpr double kRounding = 1e-10;  // of 1 + max |∂U/∂θ|

/// 1 for the parameters there are, N×(N+1): existing connections, and in the last column biases of all but inputs.
Matrix parameters_of(const Septuple& septuple) {
  const Index n = septuple.neurons();
  Matrix mask(n, n + 1);
  mask.leftCols(n) = (septuple.weights.array() != 0).cast<double>();
  mask.col(n).setOnes();
  for (const Index i : septuple.inputs) mask(i, n) = 0;
  return mask;
}

/// P(|Z| ≥ z) of the standard normal.
double two_sided(double z) { return std::erfc(z / std::numbers::sqrt2); }

/// ∂ℋ_min/∂θ of a linear network; ∂h/∂θ, rows of clamped neurons only, where the feed-forward theorem applies.
SeptupleGradient closed_form(const Septuple& septuple, double temperature) {
  if (theory::is_linear(septuple)) return septuple.gradient(theory::solve_linear(septuple, temperature).state);
  SeptupleGradient out = septuple.gradient(septuple.held(Vector::Zero(septuple.neurons())));
  for (const Index i : septuple.free_neurons()) {
    out.weights.row(i).setZero();
    out.bias[i] = 0;
  }
  return out;
}

/// −P e ∘ f' of every sample, R×N: ∂ℋ/∂w_ij is entry i of it times x_j, ∂ℋ/∂b_i entry i.
Matrix bias_gradients(const Septuple& septuple, const Matrix& states, const SamplingOptions& sampling) {
  constexpr Index kBlock = 256;
  const Vector mask = septuple.residual_mask();
  Matrix out(states.rows(), states.cols());
  const Index blocks = (states.rows() + kBlock - 1) / kBlock;
  const bool done =
      parallel_for_watched(sampling.watcher, "measuring: factorization", blocks, sampling.threads, [&](Index block) {
        for (Index r = block * kBlock; r < std::min(states.rows(), (block + 1) * kBlock); ++r) {
          const Vector x = states.row(r).transpose(), y = septuple.weights * x + septuple.bias;
          const Vector e = x - thermo::activate(septuple.activation, y);
          out.row(r) = -(mask.cwiseProduct(e).cwiseProduct(thermo::slope(septuple.activation, y))).transpose();
        }
      });
  if (!done) throw MeasurementStopped();
  return out;
}

struct Reaction {
  Matrix value, error;  // ∂U/∂θ and its standard error, N×(N+1)
};

/// With w the weights of mean 1, g = ∂ℋ/∂θ and s = 1 − (ℋ − U)/T: ∂U/∂θ = mean w s g. Its error is that of the mean of
///   w [s (g − a) + k],   a = mean w g,   k = a − ∂U/∂θ = Cov(ℋ, g)/T,
/// whose square, summed over samples, needs three products of matrices since g = u_i x_j.
Reaction reaction_of(const Septuple& septuple, const theory::Draws& draws, double temperature,
                     const SamplingOptions& sampling) {
  const Index n = septuple.neurons(), count = draws.losses.size();
  const double r = static_cast<double>(count);
  const Matrix u = bias_gradients(septuple, draws.states, sampling);
  Matrix x(count, n + 1);
  x << draws.states, Vector::Ones(count);
  const Vector w = draws.weights();
  const Vector s = 1 - (draws.losses.array() - w.dot(draws.losses) / r) / temperature;
  const Vector w2 = w.cwiseAbs2(), w2s = w2.cwiseProduct(s), w2s2 = w2s.cwiseProduct(s);
  const auto product = [&](const Matrix& left, const Vector& weights, const Matrix& right) {
    return theory::weighted_product(left, weights, right, sampling.watcher);
  };
  const Matrix a = product(u, w, x) / r;
  Reaction out;
  out.value = product(u, w.cwiseProduct(s), x) / r;
  const Matrix k = a - out.value;
  Matrix squares = product(u.cwiseAbs2(), w2s2, x.cwiseAbs2());
  squares += 2 * k.cwiseProduct(product(u, w2s, x));
  squares -= 2 * a.cwiseProduct(product(u, w2s2, x));
  squares += w2s2.sum() * a.cwiseAbs2() + w2.sum() * k.cwiseAbs2() - 2 * w2s.sum() * a.cwiseProduct(k);
  out.error = (squares.cwiseMax(0) / (r * (r - 1))).cwiseSqrt();
  return out;
}

void fill(Factorization& out, const Reaction& reaction) {
  const Index n = reaction.value.rows();
  out.by_weights = reaction.value.leftCols(n);
  out.by_bias = reaction.value.col(n);
  out.by_weights_error = reaction.error.leftCols(n);
  out.by_bias_error = reaction.error.col(n);
  out.largest = reaction.value.cwiseAbs().maxCoeff();
}

/// Bonferroni over the parameters that fluctuate: kNo if the smallest p-value is significant, kYes if every parameter
/// is significantly within the tolerance. Parameters of clamped neurons that listen to no free one do not fluctuate:
/// what they do to U is exact, and speaks against it unless it is 0.
void judge(Factorization& out, const Reaction& reaction, const FactorizationOptions& options, double temperature) {
  constexpr double kNoError = 1e-7;  // of the value, the square root of rounding
  const auto fluctuates = reaction.error.array() > kNoError * reaction.value.array().abs();
  const double tests = static_cast<double>(fluctuates.count());
  const double tolerance = options.tolerance * temperature, rounding = kRounding * (1 + out.largest);
  bool within = true, reacts = false;
  for (Index k = 0; k < reaction.value.size(); ++k) {
    const double value = std::abs(reaction.value.data()[k]), error = reaction.error.data()[k];
    if (error > kNoError * value) {
      out.largest_z = std::max(out.largest_z, value / error);
    } else {
      reacts = reacts || value > rounding;
    }
    within = within && value < tolerance && tests * two_sided((tolerance - value) / error) < options.significance;
  }
  out.p_value = reacts ? 0 : tests > 0 ? std::min(1.0, tests * two_sided(out.largest_z)) : 1;
  out.verdict = Factorizes::kCannotTell;
  if (!out.ensemble.reliable()) return;
  if (out.p_value < options.significance) out.verdict = Factorizes::kNo;
  if (out.verdict != Factorizes::kNo && within) out.verdict = Factorizes::kYes;
}

void check(const FactorizationOptions& options) {
  if (!(options.significance > 0 && options.significance < 1))
    throw Error(ErrorKind::kUsage, fmt::format("significance {}", options.significance), "in (0, 1)");
  if (!(options.tolerance > 0))
    throw Error(ErrorKind::kUsage, fmt::format("tolerance {}", options.tolerance), "above 0");
  theory::check(options.sampling);
}

}  // namespace

const char* to_string(Factorizes verdict) {
  switch (verdict) {
    case Factorizes::kYes:
      return "factorizes";
    case Factorizes::kNo:
      return "does not factorize";
    case Factorizes::kCannotTell:
      return "cannot tell";
  }
  return "";
}

Factorization test_factorization(const Septuple& septuple, double temperature, const FactorizationOptions& options) {
  theory::check(septuple, temperature);
  check(options);
  const Matrix mask = parameters_of(septuple);
  const Index n = septuple.neurons();
  Factorization out;
  if (options.closed_form && (theory::is_linear(septuple) || feed_forward_theorem_applies(septuple))) {
    const SeptupleGradient gradient = closed_form(septuple, temperature);
    Matrix value(n, n + 1);
    value << gradient.weights, gradient.bias;
    fill(out, {value.cwiseProduct(mask), Matrix::Zero(n, n + 1)});
    out.ensemble = canonical_ensemble(septuple, temperature);
    out.verdict = out.largest <= kRounding * (1 + value.cwiseAbs().maxCoeff()) ? Factorizes::kYes : Factorizes::kNo;
    out.p_value = out.verdict == Factorizes::kYes ? 1 : 0;
    return out;
  }
  const theory::Draws draws = theory::draw(septuple, temperature, options.sampling, theory::Keep::kStates);
  out.ensemble = theory::summarize(draws, septuple, temperature);
  Reaction reaction = reaction_of(septuple, draws, temperature, options.sampling);
  reaction.value = reaction.value.cwiseProduct(mask);
  reaction.error = reaction.error.cwiseProduct(mask);
  fill(out, reaction);
  judge(out, reaction, options, temperature);
  return out;
}

}  // namespace poise
