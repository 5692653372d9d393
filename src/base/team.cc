#include "base/team.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

#include "base/spin.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace poise::inline base {
namespace {

/// While it lives, this thread takes numbers below 1e-38 for 0: a velocity that dies away goes through them, and each
/// costs a hundred cycles (digits, 2,000 epochs: half of the time).
class NoDenormals {
 public:
#if defined(__x86_64__)
  NoDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero); }
  ~NoDenormals() { _mm_setcsr(before_); }
#else
  NoDenormals() {}
#endif
  NoDenormals(const NoDenormals&) = delete;
  NoDenormals& operator=(const NoDenormals&) = delete;

 private:
  static constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  [[maybe_unused]] unsigned before_ = 0;
};

/// The number of a member while it lives.
class AsMember {
 public:
  AsMember(int& place, int member) : place_(place), before_(place) { place = member; }
  ~AsMember() { place_ = before_; }
  AsMember(const AsMember&) = delete;
  AsMember& operator=(const AsMember&) = delete;

 private:
  int &place_, before_;
};

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kFirstPause{20}, kLongestPause{640};  // with fewer members
constexpr nanoseconds kStarved{200'000};                     // a time slice of another program is ten times that

std::int64_t shown_by(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{1'000'000'000} * now.tv_sec + now.tv_nsec;
}

}  // namespace

/// That the members have used in this run. (The clock of the process is up to a tick behind.)
nanoseconds Team::processor_time() const {
  std::int64_t sum = 0;
  for (const Part& part : parts_) {
    if (part.clock != kNoClock) sum += shown_by(part.clock) - part.begun;
  }
  return nanoseconds(sum);
}

void Team::start_clock(Part& part) {
  clockid_t clock = kNoClock;
  if (::pthread_getcpuclockid(::pthread_self(), &clock) != 0) return;
  part.begun = shown_by(clock);
  part.clock = clock;
}

bool Team::should_regroup() const { return starved_ || (wanted_ < size_ && Clock::now() >= few_until_); }

void Team::choose_members() {
  if (!should_regroup()) return;
  const Clock::time_point now = Clock::now();
  if (starved_.exchange(false)) {
    const bool was_fine = now - chosen_ > 4 * pause_;
    pause_ = was_fine ? kFirstPause : std::min<Clock::duration>(2 * pause_, kLongestPause);
    few_until_ = now + pause_;
    wanted_ = std::max(1, wanted_ / 2);
  } else {
    wanted_ = std::min(size_, 2 * wanted_);
  }
  chosen_ = now;
}

void Team::run(const std::function<void(int)>& body) {
  choose_members();
  present_ = inside_parallel_for() ? 1 : wanted_;
  for (Part& part : parts_) part.taken = 0, part.clock = kNoClock, part.processor = -1;
  arrived_ = 0, failed_ = false, error_ = nullptr;
  // As many tasks as threads, each of which waits for the others: so every thread takes exactly one.
  parallel_for(present_, present_, [&](Index member) {
    const NoDenormals scope;
    const AsMember number(member_, static_cast<int>(member));
    start_clock(parts_[member]);
    try {
      body(static_cast<int>(member));
    } catch (const Stopped&) {
    } catch (...) {
      const std::lock_guard lock(error_mutex_);
      if (!error_) error_ = std::current_exception();
      failed_ = true;
      ++generation_;
      generation_.notify_all();
    }
  });
  if (error_) std::rethrow_exception(error_);
}

void Team::meet() {
  const unsigned before = generation_;
  if (failed_) throw Stopped{};
  parts_[member_].processor = ::sched_getcpu();
  if (++arrived_ == present_) {
    arrived_ = 0;
    for (Part& part : parts_) part.taken = 0;
    ++generation_;
    if (present_ > 1) generation_.notify_all();
  } else {
    if (!spin_until([&] { return generation_ != before; })) wait_for(before);
  }
  if (failed_) throw Stopped{};
}

/// Whether another member was last seen where this one is: they take turns then, and every turn is waited for.
bool Team::shares_processor() const {
  const int mine = parts_[member_].processor;
  for (int k = 0; k < present_; ++k) {
    if (k != member_ && parts_[k].processor == mine && mine >= 0) return true;
  }
  return false;
}

/// Asleep, until the generation is another. That members have work of different length is no reason to be fewer; it is
/// one if time passes in which none of them is on a processor, or if other programs leave one processor to two of them.
void Team::wait_for(unsigned generation) {
  if (shares_processor()) starved_ = true;
  const auto begun = Clock::now();
  const nanoseconds worked = processor_time();
  while (generation_ == generation) generation_.wait(generation);
  if (Clock::now() - begun - (processor_time() - worked) > kStarved) starved_ = true;
}

}  // namespace poise::inline base
