#include "base/parallel.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/spin.h"
#include "poise/error.h"

namespace poise::inline base {
namespace {

thread_local bool inside_parallel_loop = false;

class TaskScope {
 public:
  TaskScope() { inside_parallel_loop = true; }
  ~TaskScope() { inside_parallel_loop = false; }
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
};

/// One parallel loop: tasks are taken by counting up.
class Loop {
 public:
  Loop(Index count, const std::function<void(Index)>& task) : count_(count), task_(task) {}

  void work() {
    const TaskScope scope;
    for (Index i = next_++; i < count_; i = next_++) {
      try {
        task_(i);
      } catch (...) {
        const std::lock_guard lock(error_mutex_);
        if (i < failed_) {
          failed_ = i;
          error_ = std::current_exception();
        }
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  std::atomic<int> helpers{0};  // threads at work on it besides the caller; changed under the pool's mutex

 private:
  const Index count_;
  const std::function<void(Index)>& task_;
  std::atomic<Index> next_{0};
  std::mutex error_mutex_;
  Index failed_ = std::numeric_limits<Index>::max();
  std::exception_ptr error_;
};

/// Threads that sleep until a loop wants help, but for a moment after the last one: where loops follow each other
/// closely, waking up would take as long as the work. OpenMP's wait by spinning for milliseconds, which on a machine
/// that others use as well made a solve of MNIST twice as slow (4.0 s against 1.8 s, one of two cores busy). A moment
/// costs it nothing that five runs could show (1.88 s against 1.82 s), and makes two threads 1.7 times as fast with
/// batches of 1,000 rows of a small network (64-64-10).
class Pool {
 public:
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(Loop& loop, int helpers) {
    {
      const std::lock_guard lock(mutex_);
      // Loops of several callers at once each get all their helpers: tasks of a Team wait for each other.
      start(wanted_ + helpers);
      wanted_ += helpers;
      waiting_.insert(waiting_.end(), helpers, &loop);
      ++posted_;
    }
    wake_.notify_all();
    loop.work();
    std::unique_lock lock(mutex_);
    std::erase(waiting_, &loop);  // requests that nobody has taken up
    lock.unlock();
    spin_until([&] { return loop.helpers == 0; });
    lock.lock();
    done_.wait(lock, [&] { return loop.helpers == 0; });
    wanted_ -= helpers;
  }

 private:
  /// Until there are so many threads; under the mutex.
  void start(int threads) {
    try {
      while (static_cast<int>(threads_.size()) < threads) threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {  // a thread wants address space for its stack, and a number of its own
      throw Error(ErrorKind::kResource,
                  fmt::format("only {} of {} threads can be started", threads_.size() + 1, threads + 1),
                  "room for all of them (ulimit -v, ulimit -u)", "fewer threads");
    }
  }

  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
      if (closing_) return;
      Loop* loop = waiting_.front();
      waiting_.pop_front();
      ++loop->helpers;
      lock.unlock();
      loop->work();
      lock.lock();
      if (--loop->helpers == 0) done_.notify_all();
      if (!waiting_.empty()) continue;
      const unsigned before = posted_;
      lock.unlock();
      spin_until([&] { return posted_ != before; });
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Loop*> waiting_;
  std::vector<std::thread> threads_;
  std::atomic<unsigned> posted_{0};  // loops that have ever wanted help; changed under the mutex
  int wanted_ = 0;                   // helpers of all loops that run now
  bool closing_ = false;
};

std::atomic<Pool*> the_pool{nullptr};

/// Ends the pool's threads with the process. A child of fork() has none of its parent's threads: it makes a pool of its
/// own when it first wants one, and leaves its copy of the parent's alone, whose mutex may be locked for ever.
const struct PoolLifetime {
  PoolLifetime() {
    ::pthread_atfork(nullptr, nullptr, [] { the_pool = nullptr; });
  }
  ~PoolLifetime() { delete the_pool.exchange(nullptr); }
} pool_lifetime;

Pool& pool() {
  Pool* there = the_pool;
  if (there) return *there;
  auto fresh = std::make_unique<Pool>();
  return the_pool.compare_exchange_strong(there, fresh.get()) ? *fresh.release() : *there;
}

}  // namespace

int resolve_threads(int requested) {
  return requested > 0 ? requested : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

bool inside_parallel_for() { return inside_parallel_loop; }

void parallel_for(Index count, int threads, const std::function<void(Index)>& task) {
  const int team = static_cast<int>(std::min<Index>(resolve_threads(threads), count));
  if (inside_parallel_loop) {  // a loop inside a task runs on the task's thread
    for (Index i = 0; i < count; ++i) task(i);
    return;
  }
  Loop loop(count, task);
  if (team <= 1) {
    loop.work();
  } else {
    pool().run(loop, team - 1);
  }
  loop.rethrow();
}

void tree_reduce(Index count, int threads, const std::function<void(Index, Index)>& add) {
  for (Index stride = 1; stride < count; stride *= 2) {
    const Index pairs = (count - stride + 2 * stride - 1) / (2 * stride);
    parallel_for(pairs, threads, [&](Index pair) { add(2 * stride * pair, 2 * stride * pair + stride); });
  }
}

}  // namespace poise::inline base
