// Counts of constant and equal columns, and of rows that agree.
#pragma once

#include "poise/data_figures.h"
#include "poise/dataset.h"

namespace poise::inline data {

/// `validation` and `test` may be null; they have the columns of `train`. `rows_read`: those of the file that `train`
/// comes from. One or two passes over the rows, and 16 bytes a row meanwhile.
DataFigures data_figures(const Dataset& train, const Dataset* validation, const Dataset* test, Index rows_read,
                         int threads);

}  // namespace poise::inline data
