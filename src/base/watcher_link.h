// Between what is watched, which tells and asks on any of its threads, and a watcher, who hears on the thread of his
// call alone.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "poise/watcher.h"

namespace poise::inline base {

/// May be a watcher itself, of a part of what is watched: the answer to him is the answer to all.
class WatcherLink : public Watcher {
 public:
  /// Belongs to the calling thread. `watcher` (may be null) must outlive it.
  explicit WatcherLink(Watcher* watcher) : watcher_(watcher) {}

  /// On the thread that made this; what waits goes first. The answer: whether the watcher has said kStop so far.
  Answer on_event(const Event& event) override;
  /// On any thread: the event waits for the next on the watcher's own, and so must all that it points to.
  void post(Event event);
  /// On any thread: whether the watcher has said kStop so far. He is asked where this is his thread.
  bool stop_requested();
  /// Hands over what waits.
  void flush();

 private:
  void hand_over(const Event& event);

  Watcher* watcher_;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<Event> waiting_;
};

/// Passes ticks and work on and keeps all else to itself: for solves and trainings that are not shown.
class Unseen : public Watcher {
 public:
  explicit Unseen(Watcher& asked) : asked_(asked) {}
  Answer on_event(const Event& event) override {
    return asked_.on_event(event.kind == Event::Kind::kWork ? event : Event{});
  }

 private:
  Watcher& asked_;
};

/// Asks a question of one's own; passes on (`told` may be null) how far work is.
class StopWhen : public Watcher {
 public:
  explicit StopWhen(std::function<bool()> stop, Watcher* told = nullptr) : stop_(std::move(stop)), told_(told) {}
  Answer on_event(const Event& event) override {
    if (told_ && event.kind == Event::Kind::kWork) told_->on_event(event);
    return stop_() ? Answer::kStop : Answer::kGoOn;
  }

 private:
  std::function<bool()> stop_;
  Watcher* told_;
};

}  // namespace poise::inline base
