// Threads that go through many short phases together: what mini-batches need, where waking threads for every phase, as
// parallel_for does, would take longer than the phase.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "base/parallel.h"

namespace poise::inline base {

class Team {
 public:
  explicit Team(int threads) : size_(resolve_threads(threads)), wanted_(size_), parts_(size_) {}

  int size() const { return size_; }

  /// Inside run: how many members there are.
  int present() const { return present_; }

  /// Calls body(0) … body(present − 1), all at the same time, each on a thread of its own. There are size() members,
  /// but one inside parallel_for, and fewer for a while after should_regroup(). Denormal numbers count as 0 meanwhile.
  /// The first exception of a body ends the phases of all members and is rethrown here.
  void run(const std::function<void(int member)>& body);

  /// Inside run, in a task of share(1): whether all members should come back from it soon and be called again. Where
  /// other programs want the processors, too, a member that is not let on them keeps the others waiting at every
  /// meeting: then half as many members do the work for a while, which is doubled until they are left in peace.
  bool should_regroup() const;

  /// Inside run: which member the calling thread is.
  static int member() { return member_; }

  /// Inside run, called by all members: task(0) … task(count − 1), each once; returns when all are done. Every member
  /// has a contiguous part of its own, the same for the same count, so that what a part writes stays in its cache; who
  /// is done first helps the others, so a task must depend on its number alone.
  template <typename Task>
  void share(Index count, Task&& task) {
    share_parts([&](int member) { return part_begin(count, present_, member); }, task);
  }

  /// The same with parts that the caller cuts: that of member m begins at task begin(m), the last one ends at
  /// begin(present()).
  template <typename Begin, typename Task>
  void share_parts(Begin&& begin, Task&& task) {
    for (int k = 0; k < present_; ++k) {
      const int whose = (member_ + k) % present_;
      const Index first = begin(whose), end = begin(whose + 1);
      std::atomic<Index>& taken = parts_[whose].taken;
      for (Index i = first + taken++; i < end; i = first + taken++) task(i);
    }
    meet();
  }

  /// Inside run: waits until all members are here. Spins for some microseconds before it sleeps.
  void meet();

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr clockid_t kNoClock = CLOCK_REALTIME;
  struct Stopped {};
  struct alignas(64) Part {  // a cache line: members count without disturbing each other
    std::atomic<Index> taken{0};
    std::atomic<clockid_t> clock{kNoClock};  // of the processor time of the member's thread
    std::atomic<std::int64_t> begun{0};      // what it showed at the begin of run, in nanoseconds
    std::atomic<int> processor{-1};          // that the member was on when it met the others last
  };

  void choose_members();
  void wait_for(unsigned generation);
  std::chrono::nanoseconds processor_time() const;
  bool shares_processor() const;
  static void start_clock(Part& part);

  inline static thread_local int member_ = 0;
  int size_, wanted_, present_ = 1;
  std::atomic<bool> starved_{false};  // a member waited while nobody worked, or for one on its own processor
  Clock::time_point chosen_{}, few_until_{};
  Clock::duration pause_{};
  std::vector<Part> parts_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> generation_{0};
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

}  // namespace poise::inline base
