#include "report/plot/thinning.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace poise::report {
namespace {

/// Where `curve` is least and largest in [begin, end); NaN is nowhere.
void add_extremes(const std::vector<double>& curve, std::size_t begin, std::size_t end, std::set<std::size_t>& kept) {
  std::size_t least = end, largest = end;
  for (std::size_t k = begin; k < end; ++k) {
    if (curve[k] != curve[k]) continue;
    if (least == end || curve[k] < curve[least]) least = k;
    if (largest == end || curve[k] > curve[largest]) largest = k;
  }
  if (least < end) kept.insert({least, largest});
}

}  // namespace

std::vector<std::size_t> thinned(std::span<const std::vector<double>> curves, std::size_t most) {
  const std::size_t count = curves.empty() ? 0 : curves.front().size();
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  if (count <= most) return all;
  std::set<std::size_t> kept{0, count - 1};
  const std::size_t runs = std::max<std::size_t>(1, (most - 2) / (2 * curves.size()));
  for (std::size_t run = 0; run < runs; ++run) {
    for (const auto& curve : curves) add_extremes(curve, count * run / runs, count * (run + 1) / runs, kept);
  }
  return {kept.begin(), kept.end()};
}

}  // namespace poise::report
