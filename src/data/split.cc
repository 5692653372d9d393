// Splits of the rows into two parts: at random, and the same on every machine.
#include <algorithm>
#include <numeric>

#include "base/index.h"
#include "base/random.h"
#include "poise/dataset.h"
#include "poise/error.h"

namespace poise {
namespace {

void check_sizes(Index m, Index n) {
  if (m > 0 && m < n) return;
  throw Error(ErrorKind::kUsage, "cannot split " + std::to_string(m) + " of " + std::to_string(n) + " rows off",
              "at least one row on each side");
}

std::vector<Index> shuffled_rows(Index n, std::uint64_t seed) {
  std::vector<Index> order(n);
  std::iota(order.begin(), order.end(), Index{0});
  shuffle(std::span<Index>(order), seed);
  return order;
}

/// Both parts keep the file's order.
std::pair<Dataset, Dataset> parts(const Dataset& data, std::vector<Index> kept, std::vector<Index> split_off) {
  std::sort(kept.begin(), kept.end());
  std::sort(split_off.begin(), split_off.end());
  return {select_rows(data, kept), select_rows(data, split_off)};
}

std::vector<Index> rows_by_class(const Dataset& data) {
  std::vector<Index> counts(std::max<Index>(1, data.schema.class_count()), 0);
  for (const std::int32_t label : data.labels) ++counts[label];
  if (data.labels.empty()) counts[0] = data.rows();
  return counts;
}

/// How many rows of each class to split off: m·n_c/n rounded down, and what is then left of m to the classes with the
/// largest remainders. No class gives its last row while another has two. In integers, so exact.
std::vector<Index> quotas(const std::vector<Index>& counts, Index m) {
  const Index n = std::accumulate(counts.begin(), counts.end(), Index{0});
  std::vector<Index> quota, by_remainder(counts.size());
  for (const Index count : counts) quota.push_back(m * count / n);
  std::iota(by_remainder.begin(), by_remainder.end(), Index{0});
  std::stable_sort(by_remainder.begin(), by_remainder.end(),
                   [&](Index a, Index b) { return m * counts[a] % n > m * counts[b] % n; });
  Index left = m - std::accumulate(quota.begin(), quota.end(), Index{0});
  for (const Index to_keep : {1, 0}) {
    for (bool gave = true; gave && left > 0;) {
      gave = false;
      for (const Index c : by_remainder) {
        if (left == 0 || quota[c] + to_keep >= counts[c]) continue;
        ++quota[c];
        --left;
        gave = true;
      }
    }
  }
  return quota;
}

}  // namespace

std::pair<Dataset, Dataset> split_rows(const Dataset& data, Index m, std::uint64_t seed) {
  check_sizes(m, data.rows());
  const std::vector<Index> order = shuffled_rows(data.rows(), seed);
  return parts(data, {order.begin(), order.end() - m}, {order.end() - m, order.end()});
}

std::pair<Dataset, Dataset> split_by_class(const Dataset& data, Index m, std::uint64_t seed) {
  check_sizes(m, data.rows());
  std::vector<Index> quota = quotas(rows_by_class(data), m), order = shuffled_rows(data.rows(), seed), kept, split_off;
  std::reverse(order.begin(), order.end());  // with one class the same rows as split_rows
  for (const Index row : order) {
    Index& wanted = quota[data.labels.empty() ? 0 : data.labels[row]];
    (wanted > 0 ? split_off : kept).push_back(row);
    wanted = std::max<Index>(0, wanted - 1);
  }
  return parts(data, std::move(kept), std::move(split_off));
}

}  // namespace poise
