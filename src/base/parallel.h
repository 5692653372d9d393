// The one parallel loop: over blocks whose number and bounds depend on the problem alone, never on the threads, so that
// sums come out with the same bits on any machine.
#pragma once

#include <functional>

#include "base/index.h"

namespace poise::inline base {

/// `requested` threads, or as many as the machine has if it is 0 or negative.
int resolve_threads(int requested);

/// Calls task(0) … task(count − 1), each once, on up to `threads` threads. An exception thrown by a task is rethrown
/// here, the one of the lowest task number, after all running tasks have ended.
void parallel_for(Index count, int threads, const std::function<void(Index)>& task);

/// Whether the calling thread runs a task of parallel_for: loops inside are serial.
bool inside_parallel_for();

/// Adds the partial results 1 … count − 1 onto number 0 along a fixed binary tree:
/// add(into, from) for pairs at distance 1, 2, 4, …; pairs of one level in parallel.
void tree_reduce(Index count, int threads, const std::function<void(Index into, Index from)>& add);

/// Begin of part `part` when `total` items are dealt into `parts` contiguous, nearly equal parts.
inline Index part_begin(Index total, Index parts, Index part) { return total * part / parts; }

}  // namespace poise::inline base
