#include "thermo/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace poise {
namespace thermo {
namespace {

constexpr int kResamples = 2000;
constexpr double kNormal95 = 1.959963984540054;
constexpr std::uint64_t kStream = 0x9a4b5;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> means(const SeedFigures& figures) {
  std::vector<double> out;
  for (const auto& of_candidate : figures) out.push_back(mean(of_candidate));
  return out;
}

/// Means of a and b over seeds drawn with replacement; the same seeds for both.
double resampled(const SeedFigures& a, const SeedFigures& b, std::uint64_t stream) {
  std::vector<double> x, y;
  std::uint64_t counter = 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    const std::size_t seeds = a[c].size();
    double sum_a = 0, sum_b = 0;
    for (std::size_t k = 0; k < seeds; ++k) {
      const auto drawn = static_cast<std::size_t>(random_uniform(stream, counter++) * static_cast<double>(seeds));
      sum_a += a[c][drawn];
      sum_b += b[c][drawn];
    }
    x.push_back(sum_a / static_cast<double>(seeds));
    y.push_back(sum_b / static_cast<double>(seeds));
  }
  return rank_correlation(x, y);
}

}  // namespace

std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin; end < order.size() && values[order[end]] == values[order[begin]];) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;  // mean of begin + 1 … end
    for (std::size_t k = begin; k < end; ++k) ranks[order[k]] = shared;
  }
  return ranks;
}

Bounds over_candidates(double correlation, std::size_t candidates) {
  if (candidates < 4) return {-1, 1};
  const auto n = static_cast<double>(candidates);
  const double largest = 1 - 6 / (n * n * n - n);  // half of the way to the next value that ρ can have
  const double inside = std::clamp(correlation, -largest, largest);
  const double error = std::sqrt((1 + inside * inside / 2) / (n - 3));
  const Bounds bounds{std::tanh(std::atanh(inside) - kNormal95 * error),
                      std::tanh(std::atanh(inside) + kNormal95 * error)};
  return {std::min(bounds.low, correlation), std::max(bounds.high, correlation)};
}

RankCorrelation correlate(const SeedFigures& a, const SeedFigures& b) {
  RankCorrelation found;
  found.value = rank_correlation(means(a), means(b));
  found.over_candidates = over_candidates(found.value, a.size());
  std::vector<double> drawn;
  for (int k = 0; k < kResamples; ++k) {
    drawn.push_back(resampled(a, b, random_bits(kStream, static_cast<std::uint64_t>(k))));
  }
  std::sort(drawn.begin(), drawn.end());
  const std::size_t tail = drawn.size() / 40;  // 2.5 % on either side
  found.over_seeds = {std::min(found.value, drawn[tail]), std::max(found.value, drawn[drawn.size() - 1 - tail])};
  return found;
}

}  // namespace thermo

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = thermo::ranks_of(a), y = thermo::ranks_of(b);
  const double middle = (static_cast<double>(x.size()) + 1) / 2;
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    xx += (x[k] - middle) * (x[k] - middle);
    yy += (y[k] - middle) * (y[k] - middle);
    xy += (x[k] - middle) * (y[k] - middle);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

}  // namespace poise
