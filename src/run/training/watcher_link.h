// Between solvers, which ask and tell on any of their threads, and a watcher, who hears on the thread of his call
// alone.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "poise/run.h"

namespace poise::inline run {

class WatcherLink {
 public:
  /// Belongs to the calling thread. `watcher` must outlive it.
  explicit WatcherLink(Watcher& watcher) : watcher_(watcher) {}

  /// On the thread that made this; messages that wait go first.
  void tell(const Event& event);
  /// On any thread.
  void tell_message(std::string text);
  /// Whether the watcher has answered kStop so far. He is asked where this is his thread.
  bool stop_requested();
  std::function<bool()> asking() {
    return [this] { return stop_requested(); };
  }

 private:
  void hand_over(const Event& event);

  Watcher& watcher_;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::string> messages_;
};

/// Ends a solve that is not shown.
struct UnseenSolve : Observer {
  explicit UnseenSolve(WatcherLink& asked) : link(asked) {}
  bool stop_requested() override { return link.stop_requested(); }
  WatcherLink& link;
};

}  // namespace poise::inline run
