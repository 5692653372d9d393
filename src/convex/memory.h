// What a solve of softmax regression needs of memory.
#pragma once

#include <cstdint>

#include "convex/problem.h"
#include "poise/dataset.h"

namespace poise::inline convex {

/// Refuses problems whose solver state would not fit into `memory`, bytes (0: the machine's), before the machine starts
/// to swap or kill. Probabilities of dense rows can be kept on the disk, as can the rows. Throws Error(kResource).
void check_memory(const Dataset& data, std::uint64_t memory);

/// Whether what is computed exactly of all rows (certificate/exact_point.h), K float64 numbers a row and some beside,
/// may be in memory, and is about rows that are here.
bool affords_exact_point(const Problem& problem, std::uint64_t memory);

}  // namespace poise::inline convex
