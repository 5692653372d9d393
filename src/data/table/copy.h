// A table written as another table, cell by cell.
#pragma once

#include <string>
#include <vector>

#include "data/bytes/bytes.h"
#include "poise/read.h"

namespace poise::inline data {

/// What was copied, and what the copy decided on its own.
struct CopiedTable {
  Index rows = 0, columns = 0;
  std::vector<std::string> notices;
};

/// Writes the rows of a table to `target` (a path, or "-" for standard output) with this delimiter, the columns in
/// order, the label last, those of options.ignore left out, behind a header. Every cell is the same text as in the
/// source, so that no digit is lost. `bytes` are readable() ones of the file. Errors as of read_dataset.
CopiedTable copy_table(const Bytes& bytes, const std::string& file, const std::string& target, char delimiter,
                       const ReadOptions& options);

}  // namespace poise::inline data
