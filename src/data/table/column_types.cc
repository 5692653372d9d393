#include "data/table/column_types.h"

namespace poise::inline data {

std::vector<Fineness> chunk_fineness(const TableChunk& chunk, Index columns) {
  std::vector<Fineness> found(columns);
  if (chunk.numbers.integers() != nullptr) return found;
  chunk.numbers.visit([&](const auto* x) {
    for (Index i = 0; i < chunk.rows; ++i, x += columns) {
      for (std::size_t j = 0; j < found.size(); ++j) {
        const auto value = static_cast<double>(x[j]);
        if (value == value && (found[j].integers || found[j].floats)) found[j].add(value);
      }
    }
  });
  return found;
}

}  // namespace poise::inline data
