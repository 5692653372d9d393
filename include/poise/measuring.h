// How things are measured: on how many threads, and until when.
#pragma once

#include <cstdint>

#include "poise/watcher.h"

namespace poise {

struct MeasureOptions {
  int threads = 0;             ///< 0: as many as the machine has; the bits do not depend on it
  std::uint64_t memory = 0;    ///< bytes that may stay in memory; 0: half of what is free
  bool auc = true;             ///< of metrics: false leaves the areas under ROC curves out, which take a sort a class.
                               ///< They are left out too where they would take more than half of `memory`
  Watcher* watcher = nullptr;  ///< may end measuring with MeasurementStopped
};

}  // namespace poise
