#include "learning/pace.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "poise/dual_process.h"

namespace poise::learning {
namespace {

constexpr double kKappa = 200;          // of the stability limit 236.2, as in the convex solver
constexpr double kLeastCurvature = 32;  // of a network with inputs of mean square 1 that can be trusted
constexpr int kFirstIterations = 12, kLaterIterations = 2;
constexpr Index kMeasurementsAnEpoch = 4;

double dot(const Floats& a, const Floats& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

}  // namespace

double stable_curvature(double rate, double momentum, double phase) {
  if (phase == 0) return 2 * (1 + momentum) / rate;
  const double a = momentum * std::cos(phase), square = momentum * momentum, slope = a - square;
  const double along_minus_one = 2 * (1 + 2 * a + square) / (1 + a);
  const double middle = 2 * a * (1 - square), room = 1 - square * square;
  const double within = slope == 0 ? along_minus_one : (slope > 0 ? room + middle : room - middle) / std::abs(slope);
  return std::min(along_minus_one, within) / rate;
}

KappaRange kappa_range(double rate, double momentum, double phase) {
  const double stable = stable_curvature(rate, momentum, phase);
  const double share = stable / stable_curvature(rate, momentum, 0), convex = 2 * (1 - momentum) / rate;
  const double last = std::min(kKappa, kKappa / kStableCurvature * stable);
  return {std::min({kConvexCurvature, convex * share, last}), last};
}

Pace::Pace(const NetworkOptions& options, Index parameters, Index steps_an_epoch)
    : options_(options),
      steps_an_epoch_(steps_an_epoch),
      steps_(steps_an_epoch * options.epochs),
      kappa_(kappa_range(options.learning_rate, *options.momentum, options.momentum_phase)),
      rows_(options.reduction == Reduction::kSum ? static_cast<double>(options.batch) : 1) {
  if (options.step != Step::kGolden) return;
  state_.direction.resize(parameters);
  for (std::size_t k = 0; k < state_.direction.size(); ++k) {
    state_.direction[k] = static_cast<float>(random_uniform(options.seed ^ 0xc0ffeeULL, k) - 0.5);
  }
}

/// One step of power iteration: state_.found = vᵀGv/vᵀv, v ← Gv/‖Gv‖.
void Pace::iterate(Team& team, Workspace& batch) {
  batch.gauss_newton(team, state_.direction);
  team.share(1, [&](Index) {
    const Floats& product = batch.gradient();
    const double length = std::sqrt(dot(product, product));
    state_.found = dot(state_.direction, product) / dot(state_.direction, state_.direction);
    if (!(length > 0) || !std::isfinite(length)) return;  // keeps the direction
    const auto inverse = static_cast<float>(1 / length);
    for (std::size_t k = 0; k < product.size(); ++k) state_.direction[k] = product[k] * inverse;
  });
}

void Pace::measure(Team& team, Workspace& batch, Index step) {
  if (options_.step != Step::kGolden || step < state_.next_measurement) return;
  const int iterations = step == 0 ? kFirstIterations : kLaterIterations;
  for (int k = 0; k < iterations; ++k) iterate(team, batch);
  team.share(1, [&](Index) {
    // The largest yet: late in training probabilities saturate and G with them, but not what a wrong row can do.
    const double found = state_.found / rows_;
    if (std::isfinite(found) && found > 0) state_.curvature = std::max({state_.curvature, found, kLeastCurvature});
    state_.next_measurement = step + std::max<Index>(1, steps_an_epoch_ / kMeasurementsAnEpoch);
  });
}

double Pace::learning_rate(Index step) const {
  const double done = std::min(1.0, static_cast<double>(step) / static_cast<double>(steps_));
  const double cooling = *options_.cooling ? 0.5 * (1 + std::cos(std::numbers::pi * done)) : 1;
  const double rate = options_.learning_rate * state_.caution * cooling;
  if (options_.step != Step::kGolden) return rate;
  const double kappa = kappa_.first + (kappa_.last - kappa_.first) * std::min(1.0, done / kRise);
  return state_.curvature > 0 ? rate * kappa / (state_.curvature * rows_) : 0;
}

}  // namespace poise::learning
