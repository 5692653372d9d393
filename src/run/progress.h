// The watcher of the command line: notes, and a line of progress.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/stopwatch.h"
#include "poise/run.h"
#include "run/terminal_line.h"
#include "run/time_left.h"

namespace poise::inline run {

class ProgressLine : public Watcher {
 public:
  /// Seconds since the run began.
  using Clock = std::function<double()>;

  /// `stream` null keeps silent; `tolerance` as in SolveOptions.
  explicit ProgressLine(
      std::FILE* stream, double tolerance = 0, Clock clock = [watch = Stopwatch()] { return watch.seconds(); })
      : shown_(stream), time_left_(tolerance), clock_(std::move(clock)) {}
  ~ProgressLine() override { show_hidden(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  Answer on_event(const Event& event) override;

 private:
  void show_iteration(const Progress& progress, std::optional<double> l2, double time_limit);
  void show_epoch(const Event& event);
  /// Nothing of what takes less than a second.
  void show_work(const Event& event);
  /// Of many messages in a row the stream has the first and their number.
  void show_message(const std::string& text);
  void show_hidden();

  TerminalLine shown_;
  TimeLeft time_left_;
  int in_a_row_ = 0;  // messages since the last epoch
  Clock clock_;
  RowRate rate_;
  std::string work_;  // the last, which began at work_began_
  double work_began_ = 0, work_done_ = 0;
};

}  // namespace poise::inline run
