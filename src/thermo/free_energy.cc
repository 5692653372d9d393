#include "thermo/free_energy.h"

#include <algorithm>
#include <cmath>

#include "poise/information.h"

namespace poise::thermo {
namespace {

constexpr Index kNeighbors = 4;  // pairs (r, r + k), k = 1 … 4, stand for all pairs

/// Of all draws but r and s; −1 leaves none out.
Potentials potentials(const WeightedDraws& draws, double temperature, Index r = -1, Index s = -1) {
  const auto left_out = [=](Index k) { return k == r || k == s; };
  Index top = -1, count = 0;
  for (Index k = 0; k < draws.loss.size(); ++k) {
    if (left_out(k)) continue;
    ++count;
    if (top < 0 || draws.log_weight[k] > draws.log_weight[top]) top = k;
  }
  double sum = 0, loss = 0, bulk = 0;
  for (Index k = 0; k < draws.loss.size(); ++k) {
    if (left_out(k)) continue;
    const double weight = std::exp(draws.log_weight[k] - draws.log_weight[top]);
    sum += weight;
    loss += weight * draws.loss[k];
    bulk += weight * draws.bulk[k];
  }
  loss /= sum, bulk /= sum;
  const double f = -temperature * (draws.log_weight[top] + std::log(sum / static_cast<double>(count)));
  return Potentials{{f, loss, bulk, (loss + bulk - f) / temperature, (f - loss) / temperature}};
}

Potentials mean_without_two(const WeightedDraws& draws, double temperature) {
  const Index count = draws.loss.size(), reach = std::min(kNeighbors, (count - 1) / 2);
  Potentials sum = Potentials::Zero();
  for (Index r = 0; r < count; ++r) {
    for (Index k = 1; k <= reach; ++k) sum += potentials(draws, temperature, r, (r + k) % count);
  }
  return sum / static_cast<double>(count * reach);
}

}  // namespace

FreeEnergyOfRow free_energy(const WeightedDraws& draws, double temperature) {
  const Index count = draws.loss.size();
  const auto all = static_cast<double>(count);
  const Potentials of_all = potentials(draws, temperature);
  FreeEnergyOfRow row;
  row.pseudo_values.resize(Eigen::NoChange, count);
  Potentials sum = Potentials::Zero(), squares = sum;
  for (Index r = 0; r < count; ++r) {
    const Potentials change = potentials(draws, temperature, r) - of_all;
    row.pseudo_values.col(r) = of_all - (all - 1) * change;
    sum += change;
    squares += change.cwiseAbs2();
  }
  const Potentials change = sum / all;  // mean θ_{−r} − θ
  row.value = of_all - (all - 1) * change;
  row.variance = (all - 1) / all * (squares - all * change.cwiseAbs2()).cwiseMax(0);
  row.bias.setZero();
  if (count > 2) {  // the second-order jackknife in differences from θ
    const Potentials pair_change = mean_without_two(draws, temperature) - of_all;
    row.bias = (all - 1) * (all - 2) * change - (all - 2) * (all - 2) / 2 * pair_change;
  }
  row.effective_draws = std::exp(2 * log_sum_exp(draws.log_weight) - log_sum_exp(2 * draws.log_weight));
  return row;
}

}  // namespace poise::thermo
