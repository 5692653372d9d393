#include "base/watched_work.h"

#include "base/parallel.h"

namespace poise::inline base {

bool WatchedWork::go_on(Index done) {
  const Index all = done_ += done;
  if (watcher_ == nullptr || stopped_ || std::this_thread::get_id() != caller_) return !stopped_;
  const double share = parts_ > 0 ? static_cast<double>(all) / static_cast<double>(parts_) : 1;
  if (watcher_->on_event({.kind = Event::Kind::kWork, .text = what_, .done = share}) == Answer::kStop) stopped_ = true;
  return !stopped_;
}

bool parallel_for_watched(Watcher* watcher, const char* what, Index count, int threads,
                          const std::function<void(Index)>& task) {
  if (watcher == nullptr) return parallel_for(count, threads, task), true;
  WatchedWork work(watcher, what, count);
  if (!work.go_on(0)) return false;
  parallel_for(count, threads, [&](Index number) {
    if (work.stopped()) return;
    task(number);
    work.go_on(1);
  });
  return work.go_on(0);
}

}  // namespace poise::inline base
