// Importance sampling about the modes of the canonical ensemble.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.h"
#include "network/activation.h"
#include "poise/error.h"
#include "poise/information.h"
#include "theory/expansion.h"
#include "theory/sampling.h"

namespace poise::theory {
namespace {

constexpr double kDegrees = 4;         // ν of the Student part: its tails are wider than any Gaussian's
constexpr double kStudentShare = 0.2;  // of the mixture
constexpr double kModeShare = 0.1;     // of the mixture's weights that modes share equally, whatever their mass

/// A minimum of ℋ and the shape of the proposals about it: precision V diag(λ) Vᵀ/T.
struct Mode {
  Vector state;   // N
  Vector center;  // free entries of it
  Spectrum shape;
  double share = 0;      // of the mixture
  double log_scale = 0;  // ln share + ½ ln det M
};

/// Streams of random numbers, one a purpose.
struct Streams {
  explicit Streams(std::uint64_t seed) {
    for (std::size_t k = 0; k < keys.size(); ++k) keys[k] = random_bits(seed, k);
  }
  std::array<std::uint64_t, 4> keys;
  std::uint64_t starts() const { return keys[0]; }
  std::uint64_t choices() const { return keys[1]; }
  std::uint64_t normals() const { return keys[2]; }
  std::uint64_t radii() const { return keys[3]; }
};

bool is_bounded(const Septuple& septuple) {
  return std::all_of(septuple.activation.begin(), septuple.activation.end(),
                     [](Activation f) { return entry_of(f).bounded; });
}

/// The eigenvalues of M at a mode; nothing if the Gaussian approximation there does not exist. Where ℋ grows like
/// ½(1 − m²)‖x‖² whatever the weights, Z is finite even if M is singular: flat directions get a tenth of the largest
/// precision.
std::optional<Spectrum> shape_at(const Septuple& septuple, const Expansion& expansion) {
  constexpr double kFlat = 1e-6, kPrecision = 0.1;
  Spectrum shape = spectrum_of(expansion.hessian);
  if (septuple.place == LossPlace::kBulk && is_bounded(septuple)) {
    const double top = std::max(shape.values.size() == 0 ? 0 : shape.values.maxCoeff(), 1 - septuple.mass_squared);
    shape.values = shape.values.unaryExpr([&](double v) { return v > kFlat * top ? v : kPrecision * top; });
  }
  if (!shape.positive()) return std::nullopt;
  return shape;
}

/// Throws where Z is infinite whatever w: bounded activations cannot hold states against m² ≥ 1.
void check_confined(const Septuple& septuple) {
  if (septuple.place == LossPlace::kBulk && is_bounded(septuple) && septuple.mass_squared >= 1)
    throw Error(ErrorKind::kNumeric, "the loss does not bind the states: far out it is ½(1 − m²)‖x‖²", "m² < 1");
}

std::vector<Vector> starts_of(const Septuple& septuple, const SamplingOptions& options, std::uint64_t stream) {
  const Index n = septuple.neurons();
  const Vector rest = septuple.fixed_point({.max_steps = 1000, .watcher = options.watcher}).state;
  const double reach = 2 * std::max(1.0, rest.cwiseAbs().maxCoeff());
  std::vector<Vector> starts{rest.allFinite() ? rest : Vector::Zero(n), septuple.held(Vector::Zero(n))};
  std::uint64_t counter = 0;
  for (Index k = 0; k < options.starts; ++k)
    starts.push_back(septuple.held(Vector::NullaryExpr(n, [&] { return reach * random_normal(stream, counter++); })));
  return starts;
}

/// The distinct minima of ℋ that the starts lead to, with the shares e^{−ℋ/T} det(M)^{−½} of the Gaussian
/// approximation.
std::vector<Mode> find_modes(const Septuple& septuple, double temperature, const SamplingOptions& options,
                             std::uint64_t stream) {
  constexpr double kSame = 1e-5;
  std::vector<Mode> modes;
  std::vector<double> mass;
  for (const Vector& start : starts_of(septuple, options, stream)) {
    const Vector state = settle(septuple, start, options.watcher);
    const bool known = std::any_of(modes.begin(), modes.end(), [&](const Mode& mode) {
      return (mode.state - state).cwiseAbs().maxCoeff() <= kSame * (1 + state.cwiseAbs().maxCoeff());
    });
    if (known || !state.allFinite()) continue;
    ask(options.watcher);
    const Expansion expansion = expand(septuple, state);
    const std::optional<Spectrum> shape = shape_at(septuple, expansion);
    if (!shape) continue;
    mass.push_back(-expansion.loss / temperature - 0.5 * shape->log_determinant());
    modes.push_back({.state = state, .center = state(expansion.free), .shape = *shape});
  }
  if (modes.empty())
    positive_spectrum(septuple, expand(septuple, settle_from_fixed_point(septuple, options.watcher)));  // throws
  const Vector shares = softmax(Eigen::Map<const Vector>(mass.data(), static_cast<Index>(mass.size())));
  const double count = static_cast<double>(modes.size());
  for (std::size_t k = 0; k < modes.size(); ++k) {
    modes[k].share = kModeShare / count + (1 - kModeShare) * shares[static_cast<Index>(k)];
    modes[k].log_scale = std::log(modes[k].share) + 0.5 * modes[k].shape.log_determinant();
  }
  return modes;
}

/// ln q(x) + (n/2) ln 2πT of the mixture: with δ² = (x − center)ᵀM(x − center)/T,
///   Gaussian  ½ ln det M − ½ δ²
///   Student   ½ ln det M + ln Γ((ν+n)/2) − ln Γ(ν/2) + (n/2) ln(2/ν) − ((ν+n)/2) ln(1 + δ²/ν)
double log_density(const std::vector<Mode>& modes, double temperature, const Vector& x) {
  const double n = static_cast<double>(x.size());
  const double student = std::lgamma(0.5 * (kDegrees + n)) - std::lgamma(0.5 * kDegrees) +
                         0.5 * n * std::log(2 / kDegrees) + std::log(kStudentShare);
  Vector terms(2 * static_cast<Index>(modes.size()));
  Index at = 0;
  for (const Mode& mode : modes) {
    const Vector along = mode.shape.vectors.transpose() * (x - mode.center);
    const double distance = along.cwiseAbs2().dot(mode.shape.values) / temperature;
    terms[at++] = mode.log_scale + std::log(1 - kStudentShare) - 0.5 * distance;
    terms[at++] = mode.log_scale + student - 0.5 * (kDegrees + n) * std::log1p(distance / kDegrees);
  }
  return log_sum_exp(terms);
}

/// The free entries of sample r of the mixture.
Vector sample(const std::vector<Mode>& modes, double temperature, const Streams& streams, Index r) {
  const auto counter = static_cast<std::uint64_t>(r);
  double ticket = random_uniform(streams.choices(), 2 * counter);
  std::size_t k = 0;
  while (k + 1 < modes.size() && (ticket -= modes[k].share) >= 0) ++k;
  const Mode& mode = modes[k];
  const Index n = mode.center.size();
  Vector along(n);
  for (Index i = 0; i < n; ++i) along[i] = random_normal(streams.normals(), static_cast<std::uint64_t>(r * n + i));
  double scale = std::sqrt(temperature);
  if (random_uniform(streams.choices(), 2 * counter + 1) < kStudentShare) {
    // χ² of 4 degrees is twice the sum of two exponential variables
    const double chi_squared = -2 * (std::log1p(-random_uniform(streams.radii(), 2 * counter)) +
                                     std::log1p(-random_uniform(streams.radii(), 2 * counter + 1)));
    scale *= std::sqrt(kDegrees / chi_squared);
  }
  return mode.center + scale * (mode.shape.vectors * along.cwiseQuotient(mode.shape.values.cwiseSqrt()));
}

}  // namespace

Draws draw_about_modes(const Septuple& septuple, double temperature, const SamplingOptions& options, Keep keep) {
  check(options);
  check_confined(septuple);
  const Streams streams(options.seed);
  const std::vector<Mode> modes = find_modes(septuple, temperature, options, streams.starts());
  const std::vector<Index> free = septuple.free_neurons();
  Draws out{.method = EnsembleMethod::kImportance,
            .log_weights = Vector(options.samples),
            .losses = Vector(options.samples),
            .states = {}};
  const Vector start = septuple.held(Vector::Zero(septuple.neurons()));
  for_samples(options, septuple.neurons(), out.states, keep, [&](Index r, Vector& x) {
    const Vector moving = sample(modes, temperature, streams, r);
    x = start;
    x(free) = moving;
    out.losses[r] = septuple.loss(x);
    out.log_weights[r] = -out.losses[r] / temperature - log_density(modes, temperature, moving);
  });
  return out;
}

}  // namespace poise::theory
