// What ends a proof before its end.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "base/stoppable.h"
#include "convex/pass/pass.h"

namespace poise::inline convex {

/// Goes along with the rows that a proof reads; copies are one and the same. Throws PassStopped once `stop` (may be
/// empty) has said true: what was to be proven is not, and no part of a sum gets out. As with StopTest any thread may
/// call, and `stop` is asked on the thread alone that made this.
class ProofStop {
 public:
  ProofStop() = default;
  explicit ProofStop(std::function<bool()> stop) : state_(stop ? std::make_shared<State>(std::move(stop)) : nullptr) {}

  /// Before what takes some milliseconds.
  void ask() const {
    if (state_ && state_->test()) throw PassStopped();
  }
  /// Before every row: it is too short to ask each time.
  void before_row() const {
    if (!state_) return;
    if (state_->test.has_stopped()) throw PassStopped();
    if (std::this_thread::get_id() == state_->caller && ++state_->rows % kRows == 0) ask();
  }

 private:
  static constexpr unsigned kRows = 256;  // some 0.1 ms of ten features, 50 ms of four thousand

  struct State {
    explicit State(std::function<bool()> stop) : test(std::move(stop)) {}
    StopTest test;
    const std::thread::id caller = std::this_thread::get_id();
    unsigned rows = 0;  // looked at by the caller
  };
  std::shared_ptr<State> state_;
};

}  // namespace poise::inline convex
