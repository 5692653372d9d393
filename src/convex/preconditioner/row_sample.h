// Rows drawn by importance: what stands for all rows where a preconditioner is made.
#pragma once

#include <vector>

#include "base/index.h"

namespace poise::inline convex {

/// Rows drawn for one class, with weights that make sums over them unbiased.
struct RowSample {
  std::vector<Index> rows;
  std::vector<double> weights;
};

}  // namespace poise::inline convex
