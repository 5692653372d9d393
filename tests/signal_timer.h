// Signals at short intervals, handled on whatever stack the interrupted thread has: a library must stand them, since
// they are anyone's (Ctrl-C in Python, a profiler, a timer, a child's end).
#pragma once

#include <atomic>
#include <csignal>
#include <cstring>

#include <sys/time.h>

namespace poise {

/// While it lives, SIGALRM comes every 0.3 ms, and its handler writes to the stack.
class SignalTimer {
 public:
  SignalTimer() {
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;  // and not SA_ONSTACK
    ::sigaction(SIGALRM, &action, &before_);
    count_ = 0;
    every(300);
  }
  ~SignalTimer() {
    every(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  SignalTimer(const SignalTimer&) = delete;
  SignalTimer& operator=(const SignalTimer&) = delete;

  static int count() { return count_; }

 private:
  static void every(int microseconds) {
    const itimerval times{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &times, nullptr);
  }
  static void handle(int) {
    volatile char stack[2048];
    for (volatile char& byte : stack) byte = 0x55;
    ++count_;
  }

  inline static std::atomic<int> count_ = 0;  // of any thread
  struct sigaction before_ {};
};

}  // namespace poise
