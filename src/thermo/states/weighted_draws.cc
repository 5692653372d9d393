#include "thermo/states/weighted_draws.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace poise::thermo {
namespace {

constexpr Index kNeighbors = 4;  // pairs (r, r + k), k = 1 … 4, stand for all pairs

/// Draws with their weights relative to the largest.
struct Relative {
  explicit Relative(WeightedDraws of) : draws(std::move(of)), top(draws.log_weight.maxCoeff()) {
    weight = (draws.log_weight.array() - top).unaryExpr([](double x) { return std::exp(x); });
  }

  WeightedDraws draws;
  double top;
  Vector weight;
};

WeightedDraws without(const WeightedDraws& draws, Index r, Index s) {
  WeightedDraws left = draws;
  Index kept = 0;
  for (Index k = 0; k < draws.loss.size(); ++k) {
    if (k == r || k == s) continue;
    left.log_weight[kept] = draws.log_weight[k];
    left.loss[kept] = draws.loss[k];
    left.bulk[kept++] = draws.bulk[k];
  }
  return {left.log_weight.head(kept), left.loss.head(kept), left.bulk.head(kept)};
}

/// Of all draws but r and s; −1 leaves none out.
Potentials potentials(const Relative& of, double temperature, Index r = -1, Index s = -1) {
  double sum = 0, loss = 0, bulk = 0, count = 0;
  for (Index k = 0; k < of.weight.size(); ++k) {
    if (k == r || k == s) continue;
    sum += of.weight[k];
    loss += of.weight[k] * of.draws.loss[k];
    bulk += of.weight[k] * of.draws.bulk[k];
    ++count;
  }
  if (sum < 1e-200) return potentials(Relative(without(of.draws, r, s)), temperature);  // the largest was left out
  loss /= sum, bulk /= sum;
  const double f = -temperature * (of.top + std::log(sum / count));
  return Potentials{{f, loss, bulk, (loss + bulk - f) / temperature, (f - loss) / temperature}};
}

Potentials mean_without_two(const Relative& draws, double temperature) {
  const Index count = draws.weight.size(), reach = std::min(kNeighbors, (count - 1) / 2);
  Potentials sum = Potentials::Zero();
  for (Index r = 0; r < count; ++r) {
    for (Index k = 1; k <= reach; ++k) sum += potentials(draws, temperature, r, (r + k) % count);
  }
  return sum / static_cast<double>(count * reach);
}

}  // namespace

FreeEnergyOfRow free_energy(WeightedDraws all_draws, double temperature) {
  const Relative draws(std::move(all_draws));
  const Index count = draws.weight.size();
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
  row.effective_draws = draws.weight.sum() * draws.weight.sum() / draws.weight.squaredNorm();
  return row;
}

}  // namespace poise::thermo
