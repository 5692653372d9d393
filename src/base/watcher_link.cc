#include "base/watcher_link.h"

#include <utility>

namespace poise::inline base {

void WatcherLink::hand_over(const Event& event) {
  if (watcher_ && watcher_->on_event(event) == Answer::kStop) stop_ = true;
}

void WatcherLink::flush() {
  std::vector<Event> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const Event& event : waiting) hand_over(event);
}

Answer WatcherLink::on_event(const Event& event) {
  flush();
  hand_over(event);
  return stop_ ? Answer::kStop : Answer::kGoOn;
}

void WatcherLink::post(Event event) {
  if (!watcher_) return;
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(event));
}

bool WatcherLink::stop_requested() {
  if (watcher_ && !stop_ && std::this_thread::get_id() == thread_) on_event({});
  return stop_;
}

}  // namespace poise::inline base
