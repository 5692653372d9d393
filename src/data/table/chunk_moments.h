// Mean, variance and range of the numbers of a table, chunk by chunk.
#pragma once

#include <limits>
#include <vector>

#include "data/table/parse.h"

namespace poise::inline data {

/// Weight, mean, squared deviations and range of some values of one column.
struct Moments {
  double weight = 0, mean = 0, squares = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  Index count = 0;

  /// Chan, Golub, LeVeque (1979): stable, and exact where one side is empty.
  void add(const Moments& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    count += other.count;
    const double total = weight + other.weight;
    if (!(other.weight > 0)) return;
    const double step = (other.mean - mean) * (other.weight / total);
    squares += other.squares + (other.mean - mean) * step * weight;
    mean += step;
    weight = total;
  }
};

/// The moments of every number column over the rows of a chunk; weights may be null (all 1).
std::vector<Moments> chunk_moments(const TableChunk& chunk, Index columns, const double* weights);

}  // namespace poise::inline data
