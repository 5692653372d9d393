#include "data/folds.h"

#include <algorithm>
#include <numeric>

#include "base/index.h"
#include "base/random.h"

namespace poise::inline data {
namespace {

/// Rows that count, in random order, class after class. Soft targets are one class.
std::vector<std::vector<Index>> shuffled_classes(const Dataset& data, std::uint64_t seed) {
  std::vector<Index> order(data.rows());
  std::iota(order.begin(), order.end(), Index{0});
  shuffle(std::span<Index>(order), seed);
  std::vector<std::vector<Index>> rows(std::max<Index>(1, data.schema.class_count()));
  for (const Index row : order) {
    if (data.sample_weight.size() > 0 && data.sample_weight[row] == 0) continue;
    rows[data.labels.empty() ? 0 : data.labels[row]].push_back(row);
  }
  return rows;
}

}  // namespace

std::vector<int> deal_folds(const Dataset& data, int folds, std::uint64_t seed) {
  std::vector<int> fold(data.rows(), -1);
  int next = 0;  // goes on from class to class
  for (const std::vector<Index>& rows : shuffled_classes(data, seed)) {
    if (rows.size() < 2) continue;
    for (const Index row : rows) {
      fold[row] = next;
      next = (next + 1) % folds;
    }
  }
  return fold;
}

}  // namespace poise::inline data
