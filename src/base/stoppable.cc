#include "base/stoppable.h"

namespace poise::inline base {

bool parallel_for_unless(const std::function<bool()>& stop, Index count, int threads,
                         const std::function<void(Index)>& task) {
  if (!stop) return parallel_for(count, threads, task), true;
  StopTest stopped(stop);
  if (stopped()) return false;
  parallel_for(count, threads, [&](Index number) {
    if (!stopped()) task(number);
  });
  return !stopped();
}

}  // namespace poise::inline base
