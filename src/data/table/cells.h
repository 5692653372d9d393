// Cells that cannot be used, and the errors about them.
#pragma once

#include <string>

#include "data/table/head.h"
#include "data/table/parse.h"

namespace poise::inline data {

/// What becomes of missing values in a column, and so what an error about a cell may advise.
enum class Gaps {
  kFilled,         ///< training: all is well
  kTraining,       ///< training: an error, since --missing error says so
  kFilledByModel,  ///< predicting: all is well
  kModel,          ///< predicting: an error, since the model has nothing to put there
  kWeight          ///< an error: these are row weights
};

/// Error(kData) at the cell of a column of the file that is at `place` in the text.
[[noreturn]] void fail_cell(const TableHead& head, Index column, const char* place, const std::string& what,
                            const std::string& expected, const std::string& hint);

/// Error(kData) at a missing value; `gaps` says what to advise.
[[noreturn]] void fail_missing(const TableHead& head, Index column, const char* place, Gaps gaps);

/// Error(kData) at a text or infinite cell of a number column (both are refused whatever the options say), and at a
/// missing one where it is not filled.
void check_numbers(const TableHead& head, const ParsedTable& parsed, Index column, Gaps gaps);

}  // namespace poise::inline data
