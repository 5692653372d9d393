// What is odd about rows and columns, as numbers: what the checks of a report go by (docs/report.md#checks).
#pragma once

#include <optional>

#include "poise/schema.h"

namespace poise {

/// Of the rows trained on, unless it says otherwise. Rows agree if all their features do, and −0 is 0.
struct DataFigures {
  Index missing_values = 0;        ///< tables: in the file, replaced
  Index columns_with_missing = 0;  ///< that have some
  double most_missing = 0;         ///< the largest share of them in a column
  Index constant_features = 0;     ///< the same in all rows
  Index duplicate_features = 0;    ///< the same as one before them in all rows, without the constant ones
  Index repeated_rows = 0;         ///< agree with an earlier row, in the label or target, too
  Index contradicted_rows = 0;     ///< agree with a row of another class
  std::optional<Index> validation_rows_trained_on = {};  ///< held-out rows that agree with a row trained on
  std::optional<Index> test_rows_trained_on = {};        ///< test rows that do
};

}  // namespace poise
