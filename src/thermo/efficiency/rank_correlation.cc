#include "thermo/efficiency/rank_correlation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "base/statistics.h"
#include "poise/error.h"

namespace poise::thermo {
namespace {

constexpr int kResamples = 2000;
constexpr std::uint64_t kStream = 0x9a4b5;

[[noreturn]] void refuse(std::string found, std::string expected) {
  throw Error(ErrorKind::kUsage, "rank correlation: " + std::move(found), std::move(expected));
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::vector<double> means(const SeedFigures& figures) {
  std::vector<double> out;
  for (const auto& of_candidate : figures) out.push_back(mean_of(of_candidate));
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
  if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
    refuse("a value is NaN", "numbers");
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin + 1; end < order.size() && values[order[end]] == values[order[begin]];) ++end;
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
  const double reach = normal_quantile(0.95) * std::sqrt((1 + inside * inside / 2) / (n - 3));
  const Bounds bounds{std::tanh(std::atanh(inside) - reach), std::tanh(std::atanh(inside) + reach)};
  return {std::min(bounds.low, correlation), std::max(bounds.high, correlation)};
}

RankCorrelation correlate(const SeedFigures& all_a, const SeedFigures& all_b) {
  if (all_a.size() != all_b.size())
    refuse(fmt::format("{} candidates and {}", all_a.size(), all_b.size()), "the same candidates");
  SeedFigures a, b;
  std::size_t fewest_seeds = std::numeric_limits<std::size_t>::max();
  for (std::size_t c = 0; c < all_a.size(); ++c) {
    if (all_a[c].size() != all_b[c].size())
      refuse(fmt::format("{} seeds and {}", all_a[c].size(), all_b[c].size()), "the same seeds");
    if (all_a[c].empty() || !all_finite(all_a[c]) || !all_finite(all_b[c])) continue;
    a.push_back(all_a[c]), b.push_back(all_b[c]);
    fewest_seeds = std::min(fewest_seeds, all_a[c].size());
  }
  RankCorrelation found;
  found.candidates = static_cast<int>(a.size());
  found.value = rank_correlation(means(a), means(b));
  found.over_candidates = over_candidates(found.value, a.size());
  if (a.empty() || fewest_seeds < 2) return found;
  std::vector<double> drawn;
  for (int k = 0; k < kResamples; ++k) {
    drawn.push_back(resampled(a, b, random_bits(kStream, static_cast<std::uint64_t>(k))));
  }
  std::sort(drawn.begin(), drawn.end());
  const std::size_t tail = drawn.size() / 40;  // 2.5 % on either side
  found.over_seeds = {std::min(found.value, drawn[tail]), std::max(found.value, drawn[drawn.size() - 1 - tail])};
  return found;
}

}  // namespace poise::thermo

namespace poise {

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) thermo::refuse(fmt::format("{} values and {}", a.size(), b.size()), "as many");
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
