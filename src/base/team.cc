#include "base/team.h"

#include <algorithm>

#include "base/spin.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace poise {
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

}  // namespace

void Team::run(const std::function<void(int)>& body) {
  present_ = inside_parallel_for() ? 1 : size_;
  for (Part& part : parts_) part.taken = 0;
  arrived_ = 0, failed_ = false, error_ = nullptr;
  // As many tasks as threads, each of which waits for the others: so every thread takes exactly one.
  parallel_for(present_, present_, [&](Index member) {
    const NoDenormals scope;
    const AsMember number(member_, static_cast<int>(member));
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
  if (++arrived_ == present_) {
    arrived_ = 0;
    for (Part& part : parts_) part.taken = 0;
    ++generation_;
    if (present_ > 1) generation_.notify_all();
  } else {
    spin_until([&] { return generation_ != before; });
    while (generation_ == before) generation_.wait(before);
  }
  if (failed_) throw Stopped{};
}

}  // namespace poise
