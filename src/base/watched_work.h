// Parallel work that tells a watcher how far it is, and that he can end before its end.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "base/index.h"
#include "poise/watcher.h"

namespace poise::inline base {

/// What a long piece of work tells and asks between its parts. Any thread may; the watcher (may be null) hears on the
/// thread alone that made this.
class WatchedWork {
 public:
  /// `what`: in words, as Event::text has it for kWork.
  WatchedWork(Watcher* watcher, std::string what, Index parts)
      : watcher_(watcher), what_(std::move(what)), parts_(parts) {}

  /// Counts `done` parts more, and asks. False once the watcher has said kStop. Called last with 0 by the maker's
  /// thread, which may be the one that was not there when the last part ended.
  bool go_on(Index done);
  bool stopped() const { return stopped_; }

 private:
  Watcher* watcher_;
  const std::string what_;
  const Index parts_;
  const std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<Index> done_{0};
  std::atomic<bool> stopped_{false};
};

/// parallel_for that begins no further task once the watcher (may be null) has said kStop. Whether all tasks were done.
bool parallel_for_watched(Watcher* watcher, const char* what, Index count, int threads,
                          const std::function<void(Index)>& task);

}  // namespace poise::inline base
