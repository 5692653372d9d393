// Rows number by number, for what is done once: moments, exact sums, writing.
#pragma once

#include <vector>

#include "poise/rows.h"
#include "rows/load.h"

namespace poise::inline rows {

/// Calls f(column, value) for the entries of a row that are stored: all of a dense row, in float64 and exact.
/// `scratch` keeps its memory from row to row.
template <typename F>
void for_each_entry(const Features& x, Index row, std::vector<double>& scratch, const F& f) {
  if (const CsrView* sparse = x.sparse()) {
    for (Index k = sparse->row_start[row]; k < sparse->row_start[row + 1]; ++k)
      f(static_cast<Index>(sparse->columns[k]), sparse->value(k));
    return;
  }
  scratch.resize(x.cols());
  load_row(x, {}, row, scratch.data());
  for (std::size_t j = 0; j < scratch.size(); ++j) f(static_cast<Index>(j), scratch[j]);
}

}  // namespace poise::inline rows
