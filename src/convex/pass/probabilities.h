// The probabilities of all rows at one point, which the curvature there is made of.
#pragma once

#include <cstdint>

#include "base/memory.h"
#include "base/streamed_pages.h"
#include "poise/rows.h"

namespace poise::inline convex {

/// p_ic, float32, as passes go through them: block after block, each class-major K×block_rows. In a file where they
/// take more than a quarter of `memory`, the bytes that may stay in memory (0: half of what is free).
class Probabilities {
 public:
  Probabilities(Index rows, Index classes, Index block_rows, std::uint64_t memory)
      : classes_(classes), block_rows_(block_rows), blocks_((rows + block_rows - 1) / block_rows), memory_(memory) {}

  /// Room for them. Until then there are no blocks.
  void make() {
    if (room_.memory) return;
    const auto bytes = static_cast<std::size_t>(blocks_ * size()) * sizeof(float);
    const bool few = bytes < (std::size_t{1} << 24);
    room_ = make_room(bytes, few ? memory_ : static_cast<std::uint64_t>(memory_allowed(memory_) / 2));
  }
  Index blocks() const { return room_.memory ? blocks_ : 0; }

  float* block(Index number) { return room_.as<float>() + number * size(); }
  const float* block(Index number) const { return room_.as<const float>() + number * size(); }
  /// Those of one class, of `row` and the rows after it up to the end of its block.
  const float* from(Index row, Index class_id) const {
    return block(row / block_rows_) + class_id * block_rows_ + row % block_rows_;
  }
  /// That block was read or written.
  void touched(Index number) const { room_.touched(block(number), block(number + 1)); }

 private:
  Index size() const { return classes_ * block_rows_; }

  Index classes_, block_rows_, blocks_;
  std::uint64_t memory_;
  Room room_;
};

}  // namespace poise::inline convex
