// First and second derivatives of the free energy of any septuple, from weighted draws of its ensemble.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/watched_work.h"
#include "poise/theory/free_energy_curvature.h"
#include "theory/expansion.h"
#include "theory/linear.h"
#include "theory/sampling.h"
#include "thermo/network/neuron.h"

namespace poise {
namespace {

/// Of every draw r, R×N: ∂ℋ/∂w_ij = slope_ri x_rj and ∂²ℋ/∂w_ij² = bend_ri x_rj²; of biases the same with 1 for x.
struct LossDerivatives {
  Matrix slope, bend;  // −P e ∘ f'(y) and P (f'(y)² − e ∘ f''(y))
};

LossDerivatives loss_derivatives(const Septuple& septuple, const Matrix& states, const SamplingOptions& sampling) {
  constexpr Index kBlock = 256;
  const Vector mask = septuple.residual_mask();
  LossDerivatives out{states, states};
  const Index blocks = (states.rows() + kBlock - 1) / kBlock;
  const bool done =
      parallel_for_watched(sampling.watcher, "measuring: the Laplacian", blocks, sampling.threads, [&](Index block) {
        for (Index r = block * kBlock; r < std::min(states.rows(), (block + 1) * kBlock); ++r) {
          const Vector x = states.row(r).transpose(), y = septuple.weights * x + septuple.bias;
          const Vector e = x - thermo::activate(septuple.activation, y), slope = thermo::slope(septuple.activation, y);
          const Vector bend = slope.cwiseAbs2() - e.cwiseProduct(thermo::bend(septuple.activation, y));
          out.slope.row(r) = -(mask.cwiseProduct(e).cwiseProduct(slope)).transpose();
          out.bend.row(r) = mask.cwiseProduct(bend).transpose();
        }
      });
  if (!done) throw MeasurementStopped();
  return out;
}

/// Whether the second derivative of ℋ has a part on a set that no draw meets.
bool has_kinks(const Septuple& septuple) {
  const Vector mask = septuple.residual_mask();
  for (Index i = 0; i < septuple.neurons(); ++i) {
    if (mask[i] == 0 || septuple.activation[i] != Activation::kRelu) continue;
    for (const Index j : septuple.free_neurons()) {
      if (septuple.weights(i, j) != 0) return true;
    }
  }
  return false;
}

FreeEnergyDerivatives linear_derivatives(const Septuple& septuple, double temperature) {
  const FreeEnergyCurvature exact = free_energy_curvature(septuple, temperature);
  const Index n = septuple.neurons();
  return {.gradient = exact.gradient,
          .gradient_error = Matrix::Zero(n, n),
          .bias_gradient = exact.bias_gradient,
          .bias_gradient_error = Vector::Zero(n),
          .laplacian = {exact.laplacian, 0},
          .ensemble = canonical_ensemble(septuple, temperature)};
}

/// mean w D + Σ a²/T with D = Σ_ij ∂²ℋ/∂w_ij² − (∂ℋ/∂w_ij)²/T over the connections; its error by the delta method, from
/// w [D − mean w D + (2/T) Σ a (g − a)].
Estimate laplacian_of(const Septuple& septuple, const LossDerivatives& of, const Matrix& states, const Vector& w,
                      const Matrix& gradient, double temperature, Watcher* watcher) {
  constexpr Index kBlock = 4096;
  const Matrix mask = (septuple.weights.array() != 0).cast<double>(), a = gradient.cwiseProduct(mask);
  const Index count = w.size();
  Vector d(count), along(count);  // D, and Σ a g
  for (Index first = 0; first < count; first += kBlock) {
    theory::ask(watcher);
    const Index rows = std::min(kBlock, count - first);
    const auto slope = of.slope.middleRows(first, rows), x = states.middleRows(first, rows);
    const Matrix squares = x.cwiseAbs2() * mask.transpose();  // Σ_j x_rj² over the connections into i
    const Matrix second = of.bend.middleRows(first, rows) - slope.cwiseAbs2() / temperature;
    d.segment(first, rows) = second.cwiseProduct(squares).rowwise().sum();
    along.segment(first, rows) = slope.cwiseProduct(x * a.transpose()).rowwise().sum();
  }
  const auto r = static_cast<double>(count);
  const double mean = w.dot(d) / r, length = a.squaredNorm();
  const Vector change = w.array() * (d.array() - mean + 2 / temperature * (along.array() - length));
  return {mean + length / temperature, std::sqrt(change.squaredNorm() / (r * (r - 1)))};
}

FreeEnergyDerivatives derivatives_by_draws(const Septuple& septuple, double temperature,
                                           const SamplingOptions& options) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const theory::Draws draws = theory::draw(septuple, temperature, options, theory::Keep::kStates);
  const LossDerivatives of = loss_derivatives(septuple, draws.states, options);
  const Index n = septuple.neurons();
  const auto r = static_cast<double>(draws.losses.size());
  const Vector w = draws.weights(), w2 = w.cwiseAbs2();
  Matrix x(draws.states.rows(), n + 1);
  x << draws.states, Vector::Ones(draws.states.rows());
  Watcher* watcher = options.watcher;
  const Matrix mean = theory::weighted_product(of.slope, w, x, watcher) / r;
  Matrix squares = theory::weighted_product(of.slope.cwiseAbs2(), w2, x.cwiseAbs2(), watcher);
  squares -= 2 * mean.cwiseProduct(theory::weighted_product(of.slope, w2, x, watcher));
  squares += w2.sum() * mean.cwiseAbs2();
  const Matrix error = (squares.cwiseMax(0) / (r * (r - 1))).cwiseSqrt();
  return {.gradient = mean.leftCols(n),
          .gradient_error = error.leftCols(n),
          .bias_gradient = mean.col(n),
          .bias_gradient_error = error.col(n),
          .laplacian = has_kinks(septuple)
                           ? Estimate{.value = kNone, .error = kNone}
                           : laplacian_of(septuple, of, draws.states, w, mean.leftCols(n), temperature, watcher),
          .ensemble = theory::summarize(draws, septuple, temperature)};
}

/// F = h + const(T): by existing connections and biases its derivatives are those of h, the loss of the clamped
/// neurons, which only these move. Where no neuron is free h is ℋ, of connections that do not exist, too.
FreeEnergyDerivatives feed_forward_derivatives(const Septuple& septuple, double temperature,
                                               const SamplingOptions& options) {
  const Index n = septuple.neurons();
  const bool none_free = septuple.free_neurons().empty();
  const Vector x = septuple.held(Vector::Zero(n));
  const LossDerivatives of = loss_derivatives(septuple, x.transpose(), options);
  Vector slope = of.slope.row(0).transpose(), bend = of.bend.row(0).transpose();
  for (const Index i : septuple.free_neurons()) slope[i] = bend[i] = 0;
  const Matrix connected = (septuple.weights.array() != 0).cast<double>();
  const Matrix exact = none_free ? Matrix::Ones(n, n) : connected;
  FreeEnergyDerivatives out{.gradient = Matrix::Zero(n, n),
                            .gradient_error = Matrix::Zero(n, n),
                            .bias_gradient = slope,
                            .bias_gradient_error = Vector::Zero(n),
                            .laplacian = {bend.dot(connected * x.cwiseAbs2()), 0},
                            .ensemble = canonical_ensemble(septuple, temperature)};
  if (!none_free) {
    const FreeEnergyDerivatives drawn = derivatives_by_draws(septuple, temperature, options);
    out.gradient = drawn.gradient.cwiseProduct(Matrix::Ones(n, n) - exact);
    out.gradient_error = drawn.gradient_error.cwiseProduct(Matrix::Ones(n, n) - exact);
  }
  out.gradient += exact.cwiseProduct(slope * x.transpose());
  return out;
}

}  // namespace

FreeEnergyDerivatives free_energy_derivatives(const Septuple& septuple, double temperature,
                                              const SamplingOptions& options) {
  theory::check(septuple, temperature);
  theory::check(options);
  if (theory::is_linear(septuple)) return linear_derivatives(septuple, temperature);
  if (feed_forward_theorem_applies(septuple)) return feed_forward_derivatives(septuple, temperature, options);
  return derivatives_by_draws(septuple, temperature, options);
}

}  // namespace poise
