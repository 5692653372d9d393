// A parallel loop that can be ended before its end.
#pragma once

#include <functional>

#include "base/parallel.h"

namespace poise {

/// parallel_for that begins no further task once `stop` (may be empty) has said true; it is asked between tasks, on the
/// calling thread alone. Whether all tasks were done.
bool parallel_for_unless(const std::function<bool()>& stop, Index count, int threads,
                         const std::function<void(Index)>& task);

}  // namespace poise
