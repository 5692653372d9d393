// The watcher of the command line: notes, and a line of progress.
#pragma once

#include <cstdio>

#include "poise/run.h"
#include "run/terminal_line.h"

namespace poise::inline run {

class ProgressLine : public Watcher {
 public:
  /// `stream` null keeps silent; `tolerance` as in SolveOptions.
  ProgressLine(std::FILE* stream, double tolerance) : shown_(stream), tolerance_(tolerance) {}
  ~ProgressLine() override { show_hidden(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  Answer on_event(const Event& event) override;

 private:
  void show_iteration(const Progress& progress, double time_limit);
  void show_epoch(const Event& event);
  /// Of many messages in a row the stream has the first and their number.
  void show_message(const std::string& text);
  void show_hidden();
  double seconds_left(const Progress& progress, double time_limit) const;  // negative: unknown

  TerminalLine shown_;
  double tolerance_;
  double first_gap_ = 0, first_gap_time_ = 0;  // of this solve
  int in_a_row_ = 0;                           // messages since the last epoch
};

}  // namespace poise::inline run
