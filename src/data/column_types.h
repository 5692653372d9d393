// Which type holds the numbers of a column.
#pragma once

#include <vector>

#include "data/chunk_moments.h"
#include "data/table_parse.h"
#include "poise/rows.h"

namespace poise {

/// What is known of the numbers of one column, beside their range.
struct Fineness {
  bool integers = true;  ///< all are integers of at most 32 bits
  bool floats = true;    ///< float32 holds each exactly

  void add(double value);
  void add(const Fineness& other) { integers &= other.integers, floats &= other.floats; }
};

/// Of every number column of a chunk; missing values (NaN) do not count.
std::vector<Fineness> chunk_fineness(const TableChunk& chunk, Index columns);

/// The narrowest type for numbers of this fineness within [low, high].
NumberType narrowest_type(const Fineness& fineness, double low, double high);

}  // namespace poise
