// Parallel work that can be ended before its end.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "base/parallel.h"

namespace poise::inline base {

/// What a long task asks between its parts: whether it is to end. Any thread may ask; `stop` (may be empty) is called
/// on the thread alone that made this. Once it has said true, the answer is true.
class StopTest {
 public:
  explicit StopTest(std::function<bool()> stop) : stop_(std::move(stop)) {}

  bool operator()() {
    if (stop_ && !stopped_ && std::this_thread::get_id() == caller_ && stop_()) stopped_ = true;
    return stopped_;
  }
  /// Whether that was the answer before; does not ask.
  bool has_stopped() const { return stopped_; }

 private:
  const std::function<bool()> stop_;
  const std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<bool> stopped_{false};
};

/// parallel_for that begins no further task once `stop` (may be empty) has said true; it is asked between tasks, on the
/// calling thread alone. Whether all tasks were done.
bool parallel_for_unless(const std::function<bool()>& stop, Index count, int threads,
                         const std::function<void(Index)>& task);

}  // namespace poise::inline base
