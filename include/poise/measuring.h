// How things are measured: on how many threads, and until when.
#pragma once

#include "poise/watcher.h"

namespace poise {

struct MeasureOptions {
  int threads = 0;             ///< 0: as many as the machine has; the bits do not depend on it
  bool auc = true;             ///< of metrics: false leaves the areas under ROC curves out, which take a sort a class
  Watcher* watcher = nullptr;  ///< may end measuring with MeasurementStopped
};

}  // namespace poise
