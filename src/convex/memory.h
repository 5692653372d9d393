// What a solve of softmax regression needs of memory.
#pragma once

#include <cstdint>

#include "poise/dataset.h"

namespace poise::inline convex {

/// Refuses problems whose solver state would not fit into `memory`, bytes (0: the machine's), before the machine starts
/// to swap or kill. Probabilities of dense rows can be kept on the disk, as can the rows. Throws Error(kResource).
void check_memory(const Dataset& data, std::uint64_t memory);

}  // namespace poise::inline convex
