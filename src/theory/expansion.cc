#include "theory/expansion.h"

#include <fmt/core.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/decompositions.h"
#include "base/index.h"
#include "poise/error.h"
#include "poise/watcher.h"
#include "thermo/network/neuron.h"

namespace poise::theory {
namespace {

/// Why ℋ does not bind the free neurons at a state, for whoever has to change it.
Error not_bound(const Septuple& septuple, const Expansion& about, double least) {
  const std::string found =
      fmt::format("the loss does not bind the {} free neurons: the smallest eigenvalue of its Hessian M is {:.3g}",
                  about.free.size(), least);
  const std::string expected = "M positive definite";
  const double m2 = septuple.mass_squared;
  if (septuple.place != LossPlace::kBulk && m2 >= 0)
    return Error(ErrorKind::kNumeric,
                 found + fmt::format("; the loss on the boundary sees hidden states only through {} residuals",
                                     septuple.residual_mask().sum()),
                 expected,
                 "put the loss in the bulk, clamp hidden neurons, or confine them by a negative mass_squared");
  if (m2 > 0)
    return Error(ErrorKind::kNumeric, found + fmt::format("; the potential −½ m² xᵀx with m² = {} overcomes it", m2),
                 expected, fmt::format("M + m²I has the smallest eigenvalue {:.3g}: m² below that", least + m2));
  return Error(ErrorKind::kNumeric,
               found +
                   "; the residuals do not change along an eigenvector of w diag f' to the eigenvalue 1, or the "
                   "state is a saddle",
               expected, "other weights, or confine the states by a negative mass_squared");
}

/// The step −(M + μI)⁻¹ g; nothing if M + μI is not positive definite.
std::optional<Vector> damped_step(const Expansion& at, double damping) {
  Eigen::MatrixXd shifted = at.hessian;
  shifted.diagonal().array() += damping;
  const Eigen::LLT<Eigen::MatrixXd> factor(shifted);
  if (factor.info() != Eigen::Success) return std::nullopt;
  Vector step = -factor.solve(at.gradient);
  if (!step.allFinite()) return std::nullopt;
  return step;
}

double largest(const Vector& v) { return v.size() == 0 ? 0 : v.cwiseAbs().maxCoeff(); }

/// Less loss; or, where rounding hides the difference, less gradient.
bool improves(const Expansion& next, const Expansion& now) {
  const double rounding = 8 * std::numeric_limits<double>::epsilon() * std::abs(now.loss);
  if (!std::isfinite(next.loss) || next.loss > now.loss + rounding) return false;
  return next.loss < now.loss - rounding || largest(next.gradient) < largest(now.gradient);
}

}  // namespace

Expansion expand(const Septuple& septuple, const Vector& state) {
  Expansion out;
  out.free = septuple.free_neurons();
  out.state = septuple.held(state);
  out.loss = septuple.loss(out.state);
  out.gradient = septuple.state_gradient(out.state)(out.free);
  const Vector y = septuple.weights * out.state + septuple.bias, mask = septuple.residual_mask();
  const Eigen::MatrixXd incoming = septuple.weights(Eigen::all, out.free);
  const Index n = static_cast<Index>(out.free.size());
  out.bulk = -(thermo::slope(septuple.activation, y).asDiagonal() * incoming);
  for (Index k = 0; k < n; ++k) out.bulk(out.free[k], k) += 1;
  out.bulk = mask.asDiagonal() * out.bulk;
  const Vector turn =
      mask.cwiseProduct(septuple.residual(out.state)).cwiseProduct(thermo::bend(septuple.activation, y));
  out.hessian = out.bulk.transpose() * out.bulk - incoming.transpose() * turn.asDiagonal() * incoming;
  out.hessian.diagonal().array() -= septuple.mass_squared;
  return out;
}

bool Spectrum::positive() const {
  if (values.size() == 0) return true;
  const double rounding = std::numeric_limits<double>::epsilon() * static_cast<double>(values.size());
  return values[0] > rounding * values.cwiseAbs().maxCoeff();
}

Spectrum spectrum_of(const Eigen::MatrixXd& symmetric) {
  if (symmetric.rows() == 0) return {Vector(0), Eigen::MatrixXd(0, 0)};
  Eigenpairs pairs = eigenpairs(symmetric);
  if (!pairs.found)
    throw Error(ErrorKind::kNumeric, "the eigenvalues of the Hessian of the loss were not found", "finite states");
  return {std::move(pairs.values), std::move(pairs.vectors)};
}

Spectrum positive_spectrum(const Septuple& septuple, const Expansion& expansion) {
  Spectrum spectrum = spectrum_of(expansion.hessian);
  if (!spectrum.positive()) throw not_bound(septuple, expansion, spectrum.values[0]);
  return spectrum;
}

void ask(Watcher* watcher) {
  if (watcher && watcher->on_event({}) == Answer::kStop) throw MeasurementStopped();
}

Vector settle(const Septuple& septuple, const Vector& start, Watcher* watcher) {
  constexpr int kMaxSteps = 300;
  constexpr double kRest = 1e-15, kLeastDamping = 1e-6, kMostDamping = 1e12;
  Expansion here = expand(septuple, start);
  double damping = 0;
  for (int k = 0; k < kMaxSteps && damping < kMostDamping && largest(here.gradient) > kRest; ++k) {
    ask(watcher);
    const std::optional<Vector> step = damped_step(here, damping);
    Vector next = here.state;
    if (step) next(here.free) += *step;
    Expansion there = expand(septuple, next);
    if (improves(there, here)) {
      here = std::move(there);
      damping = damping <= kLeastDamping ? 0 : damping / 8;
    } else {
      damping = std::max(kLeastDamping, 4 * damping);
    }
  }
  return here.state;
}

Vector settle_from_fixed_point(const Septuple& septuple, Watcher* watcher) {
  constexpr Index kSteps = 1000;
  return settle(septuple, septuple.fixed_point({.max_steps = kSteps, .watcher = watcher}).state, watcher);
}

void check(const Septuple& septuple, double temperature) {
  septuple.validate();
  if (!(temperature > 0 && std::isfinite(temperature)))
    throw Error(ErrorKind::kUsage, fmt::format("temperature {}", temperature), "a positive number");
}

bool is_linear(const Septuple& septuple) {
  return std::all_of(septuple.activation.begin(), septuple.activation.end(),
                     [](Activation f) { return f == Activation::kIdentity; });
}

}  // namespace poise::theory
