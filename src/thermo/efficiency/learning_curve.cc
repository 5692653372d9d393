#include "thermo/efficiency/learning_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/infinity.h"

namespace poise::thermo {
namespace {

/// Ends a training before its first batch.
struct AtOnce : Watcher {
  Answer on_event(const Event&) override { return Answer::kStop; }
};

}  // namespace

Network initial_network(const Dataset& train, const NetworkOptions& options) {
  AtOnce stop;
  return train_network(train, options, nullptr, &stop).network;
}

std::vector<double> losses_of(const std::vector<Epoch>& history) {
  std::vector<double> losses;
  for (const Epoch& epoch : history) {
    const bool counted = epoch.train.loss != 0 || epoch.train.accuracy != 0;  // a loss of 0 is right everywhere
    losses.push_back(counted ? epoch.train.loss : std::numeric_limits<double>::quiet_NaN());
  }
  return losses;
}

std::optional<double> epochs_to(const std::vector<double>& losses, double target) {
  for (std::size_t e = 0; e < losses.size(); ++e) {
    if (!(losses[e] <= target)) continue;
    const auto number = static_cast<double>(e + 1);
    if (e == 0 || !std::isfinite(losses[e - 1]) || target <= 0 || losses[e] <= 0) return number;
    const double before = std::log(losses[e - 1]);
    return number - 1 + (before - std::log(target)) / (before - std::log(losses[e]));
  }
  return std::nullopt;
}

double common_target(const std::vector<std::vector<double>>& trainings, double share) {
  std::vector<double> lowest;
  for (const std::vector<double>& losses : trainings) {
    double least = kInfinity;
    for (double loss : losses) least = std::min(least, std::isnan(loss) ? kInfinity : loss);
    if (least < kInfinity) lowest.push_back(least);
  }
  if (lowest.empty()) return kInfinity;
  std::sort(lowest.begin(), lowest.end());
  const auto place = static_cast<std::size_t>(std::ceil(share * static_cast<double>(trainings.size())));
  return lowest[std::clamp<std::size_t>(place, 1, lowest.size()) - 1];
}

}  // namespace poise::thermo
