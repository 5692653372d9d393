// Threads that go through many short phases together: what mini-batches need, where waking threads for every phase, as
// parallel_for does, would take longer than the phase.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>

#include "base/parallel.h"

namespace poise {

class Team {
 public:
  explicit Team(int threads) : size_(resolve_threads(threads)) {}

  int size() const { return size_; }

  /// Calls body(0) … body(size − 1), all at the same time, each on a thread of its own; inside parallel_for a team has
  /// one member. Denormal numbers count as 0 meanwhile. The first exception of a body ends the phases of all members
  /// and is rethrown here.
  void run(const std::function<void(int member)>& body);

  /// Inside run, called by all members: task(0) … task(count − 1), each once, by whoever is free; returns when all are
  /// done. Who does what is not fixed, so a task must depend on its number alone.
  template <typename Task>
  void share(Index count, Task&& task) {
    for (Index i = next_++; i < count; i = next_++) task(i);
    meet();
  }

  /// Inside run: waits until all members are here. Spins for some microseconds before it sleeps.
  void meet();

 private:
  struct Stopped {};

  int size_, present_ = 1;
  std::atomic<Index> next_{0};
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> generation_{0};
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

}  // namespace poise
