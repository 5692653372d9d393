// What a solve of softmax regression needs of memory.
#pragma once

#include "poise/dataset.h"

namespace poise::inline convex {

/// Refuses problems whose solver state would not fit into memory, before the machine starts to swap or kill. Throws
/// Error(kResource).
void check_memory(const Dataset& data);

}  // namespace poise::inline convex
