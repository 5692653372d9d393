// The rows of a data set dealt out to folds.
#pragma once

#include <vector>

#include "poise/dataset.h"

namespace poise::inline data {

/// The fold of every row, 0 … folds − 1, at random by `seed`: those of every class, and of all classes together, have
/// numbers of rows that differ by one at most. −1: in no fold, for rows of weight 0 and for a class's only row.
std::vector<int> deal_folds(const Dataset& data, int folds, std::uint64_t seed);

}  // namespace poise::inline data
