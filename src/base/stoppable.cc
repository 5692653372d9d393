#include "base/stoppable.h"

#include <atomic>
#include <thread>

namespace poise {

bool parallel_for_unless(const std::function<bool()>& stop, Index count, int threads,
                         const std::function<void(Index)>& task) {
  if (!stop) return parallel_for(count, threads, task), true;
  if (stop()) return false;
  std::atomic<bool> stopped{false};
  const std::thread::id caller = std::this_thread::get_id();
  parallel_for(count, threads, [&](Index number) {
    if (std::this_thread::get_id() == caller && !stopped && stop()) stopped = true;
    if (!stopped) task(number);
  });
  return !stopped;
}

}  // namespace poise
