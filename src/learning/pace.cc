#include "learning/pace.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "poise/dual_process.h"

namespace poise::learning {
namespace {

constexpr double kKappa = kStableCurvature / 2;  // 118.1: an oscillation of four steps at the largest curvature
constexpr double kRise = 0.15;  // share of the run in which κ goes from the convex guarantee to kKappa
constexpr int kFirstIterations = 12, kLaterIterations = 2;
constexpr Index kMeasurementsAnEpoch = 4;

double dot(const Floats& a, const Floats& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

}  // namespace

Pace::Pace(const NetworkOptions& options, Index parameters, Index steps_an_epoch)
    : options_(options), steps_an_epoch_(steps_an_epoch), steps_(steps_an_epoch * options.epochs) {
  if (options.step != Step::kGolden) return;
  direction_.resize(static_cast<std::size_t>(parameters));
  for (std::size_t k = 0; k < direction_.size(); ++k) {
    direction_[k] = static_cast<float>(random_uniform(options.seed ^ 0xc0ffeeULL, k) - 0.5);
  }
}

/// One step of power iteration: found_ = vᵀGv/vᵀv, v ← Gv/‖Gv‖.
void Pace::iterate(Team& team, Batch& batch) {
  batch.gauss_newton(team, direction_);
  team.share(1, [&](Index) {
    const Floats& product = batch.gradient();
    const double length = std::sqrt(dot(product, product));
    found_ = dot(direction_, product) / dot(direction_, direction_);
    if (!(length > 0) || !std::isfinite(length)) return;  // keeps the direction
    const auto inverse = static_cast<float>(1 / length);
    for (std::size_t k = 0; k < product.size(); ++k) direction_[k] = product[k] * inverse;
  });
}

void Pace::measure(Team& team, Batch& batch, Index step) {
  if (options_.step != Step::kGolden || step < next_measurement_) return;
  const int iterations = step == 0 ? kFirstIterations : kLaterIterations;
  for (int k = 0; k < iterations; ++k) iterate(team, batch);
  team.share(1, [&](Index) {
    // The largest yet: late in training probabilities saturate and G with them, but not what a wrong row can do.
    if (std::isfinite(found_) && found_ > 0) curvature_ = std::max(curvature_, found_);
    next_measurement_ = step + std::max<Index>(1, steps_an_epoch_ / kMeasurementsAnEpoch);
  });
}

double Pace::learning_rate(Index step) const {
  const double done = std::min(1.0, static_cast<double>(step) / static_cast<double>(steps_));
  const double cooling = *options_.cooling ? 0.5 * (1 + std::cos(std::numbers::pi * done)) : 1;
  if (options_.step != Step::kGolden) return options_.learning_rate * caution_ * cooling;
  const double rate = options_.learning_rate > 0 ? options_.learning_rate : kGoldenLearningRate;
  const double risen = std::min(1.0, done / kRise);
  const double kappa = kConvexCurvature + (kKappa - kConvexCurvature) * risen;
  return curvature_ > 0 ? rate * kappa / curvature_ * caution_ * cooling : 0;
}

}  // namespace poise::learning
