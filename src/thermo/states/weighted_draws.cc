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

/// Estimates from all draws and from all but one or two, θ(r, s), where −1 leaves none out.
template <int N>
struct Jackknife {
  Eigen::Matrix<double, N, 1> value, variance, bias;
  Eigen::Matrix<double, N, Eigen::Dynamic> pseudo_values;

  template <typename Theta>
  Jackknife(Index count, const Theta& theta) {
    const auto all = static_cast<double>(count);
    const Eigen::Matrix<double, N, 1> of_all = theta(-1, -1);
    pseudo_values.resize(Eigen::NoChange, count);
    Eigen::Matrix<double, N, 1> sum = Eigen::Matrix<double, N, 1>::Zero(), squares = sum, pairs = sum;
    for (Index r = 0; r < count; ++r) {
      const Eigen::Matrix<double, N, 1> change = theta(r, -1) - of_all;
      pseudo_values.col(r) = of_all - (all - 1) * change;
      sum += change;
      squares += change.cwiseAbs2();
    }
    const Eigen::Matrix<double, N, 1> change = sum / all;  // mean θ_{−r} − θ
    value = of_all - (all - 1) * change;
    variance = (all - 1) / all * (squares - all * change.cwiseAbs2()).cwiseMax(0);
    bias.setZero();
    if (count < 3) return;
    const Index reach = std::min(kNeighbors, (count - 1) / 2);
    for (Index r = 0; r < count; ++r) {
      for (Index k = 1; k <= reach; ++k) pairs += theta(r, (r + k) % count) - of_all;
    }
    // The second-order jackknife in differences from θ.
    bias = (all - 1) * (all - 2) * change - (all - 2) * (all - 2) / (2 * static_cast<double>(count * reach)) * pairs;
  }
};

/// Of all draws but r and s; w are their weights, and product = gram·w.
struct LaplacianOfDraws {
  const GradientDraws& draws;
  double temperature;
  Vector weight, product;

  double operator()(Index r, Index s) const {
    constexpr double kSound = 1e-6;  // of the weight that is left: below, differences are none
    const double left = weight.sum() - of(weight, r) - of(weight, s);
    if (left < kSound * weight.sum()) return anew(r, s);
    const Vector squares = draws.gram.diagonal();
    const auto mean = [&](const Vector& x) {
      return (weight.dot(x) - of(weight, r) * of(x, r) - of(weight, s) * of(x, s)) / left;
    };
    double square = weight.dot(product);
    for (const Index k : {r, s}) square += of(weight, k) * (of(weight, k) * of(squares, k) - 2 * of(product, k));
    if (r >= 0 && s >= 0) square += 2 * weight[r] * weight[s] * draws.gram(r, s);
    return mean(draws.trace) - (mean(squares) - square / (left * left)) / temperature;
  }

 private:
  static double of(const Vector& x, Index k) { return k < 0 ? 0 : x[k]; }
  double anew(Index r, Index s) const {
    Vector w = weight;
    for (const Index k : {r, s}) {
      if (k >= 0) w[k] = 0;
    }
    if (w.sum() <= 0) return 0;  // draws without any weight tell nothing
    w /= w.sum();
    return w.dot(draws.trace) - (w.dot(draws.gram.diagonal()) - w.dot(draws.gram * w)) / temperature;
  }
};

}  // namespace

FreeEnergyOfRow free_energy(WeightedDraws all_draws, double temperature) {
  const Relative draws(std::move(all_draws));
  const Index count = draws.weight.size();
  const Jackknife<5> found(count, [&](Index r, Index s) { return potentials(draws, temperature, r, s); });
  FreeEnergyOfRow row{found.value, found.variance, found.bias, found.pseudo_values};
  row.effective_draws = draws.weight.sum() * draws.weight.sum() / draws.weight.squaredNorm();
  return row;
}

LaplacianOfRow free_energy_laplacian(const Vector& log_weight, const GradientDraws& draws, double temperature) {
  const Vector weight = (log_weight.array() - log_weight.maxCoeff()).unaryExpr([](double x) { return std::exp(x); });
  const LaplacianOfDraws theta{draws, temperature, weight, draws.gram * weight};
  using One = Eigen::Matrix<double, 1, 1>;
  const Jackknife<1> found(weight.size(), [&](Index r, Index s) { return One(theta(r, s)); });
  return {found.value[0], found.variance[0], found.bias[0]};
}

}  // namespace poise::thermo
