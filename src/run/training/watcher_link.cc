#include "run/training/watcher_link.h"

#include <utility>

namespace poise::inline run {

void WatcherLink::hand_over(const Event& event) {
  if (watcher_.on_event(event) == Answer::kStop) stop_ = true;
}

void WatcherLink::tell(const Event& event) {
  std::vector<std::string> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(messages_);
  }
  for (std::string& text : waiting) hand_over({.kind = Event::Kind::kMessage, .text = std::move(text)});
  hand_over(event);
}

void WatcherLink::tell_message(std::string text) {
  const std::lock_guard lock(mutex_);
  messages_.push_back(std::move(text));
}

bool WatcherLink::stop_requested() {
  if (!stop_ && std::this_thread::get_id() == thread_) tell({.kind = Event::Kind::kTick});
  return stop_;
}

}  // namespace poise::inline run
