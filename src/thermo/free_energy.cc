#include "thermo/free_energy.h"

#include <algorithm>
#include <cmath>

#include "poise/information.h"

namespace poise::thermo {
namespace {

constexpr Index kNeighbors = 4;  // pairs (r, r + k), k = 1 … 4, stand for all pairs

/// F, U and S of the draws but r and s; −1 leaves none out.
Potentials potentials(const Vector& log_weight, const Vector& loss, double temperature, Index r = -1, Index s = -1) {
  const auto left_out = [=](Index k) { return k == r || k == s; };
  Index top = -1, count = 0;
  for (Index k = 0; k < loss.size(); ++k) {
    if (left_out(k)) continue;
    ++count;
    if (top < 0 || log_weight[k] > log_weight[top]) top = k;
  }
  double sum = 0, loss_sum = 0;
  for (Index k = 0; k < loss.size(); ++k) {
    if (left_out(k)) continue;
    const double weight = std::exp(log_weight[k] - log_weight[top]);
    sum += weight;
    loss_sum += weight * loss[k];
  }
  const double free_energy = -temperature * (log_weight[top] + std::log(sum / static_cast<double>(count)));
  const double mean_loss = loss_sum / sum;
  return {free_energy, mean_loss, (mean_loss - free_energy) / temperature};
}

Potentials mean_without_two(const Vector& log_weight, const Vector& loss, double temperature) {
  const Index draws = loss.size(), reach = std::min(kNeighbors, (draws - 1) / 2);
  Potentials sum = Potentials::Zero();
  for (Index r = 0; r < draws; ++r) {
    for (Index k = 1; k <= reach; ++k) sum += potentials(log_weight, loss, temperature, r, (r + k) % draws);
  }
  return sum / static_cast<double>(draws * reach);
}

}  // namespace

FreeEnergyOfRow free_energy(const Vector& log_weight, const Vector& loss, double temperature) {
  const Index count = loss.size();
  const auto draws = static_cast<double>(count);
  const Potentials all = potentials(log_weight, loss, temperature);
  Potentials sum = Potentials::Zero(), squares = sum;
  for (Index r = 0; r < count; ++r) {
    const Potentials change = potentials(log_weight, loss, temperature, r) - all;
    sum += change;
    squares += change.cwiseAbs2();
  }
  const Potentials change = sum / draws;  // mean θ_{−r} − θ
  FreeEnergyOfRow row;
  row.value = all - (draws - 1) * change;
  row.variance = (draws - 1) / draws * (squares - draws * change.cwiseAbs2()).cwiseMax(0);
  row.bias.setZero();
  if (count > 2) {  // the second-order jackknife in differences from θ
    const Potentials pair_change = mean_without_two(log_weight, loss, temperature) - all;
    row.bias = (draws - 1) * (draws - 2) * change - (draws - 2) * (draws - 2) / 2 * pair_change;
  }
  const double twice = log_sum_exp(2 * log_weight), once = log_sum_exp(log_weight);
  row.effective_draws = std::exp(2 * once - twice);
  return row;
}

}  // namespace poise::thermo
