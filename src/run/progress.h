// The watcher of the command line: notes, and a line of progress.
#pragma once

#include <cstdio>

#include "poise/run.h"
#include "run/terminal_line.h"
#include "run/time_left.h"

namespace poise::inline run {

class ProgressLine : public Watcher {
 public:
  /// `stream` null keeps silent; `tolerance` as in SolveOptions.
  ProgressLine(std::FILE* stream, double tolerance) : shown_(stream), time_left_(tolerance) {}
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

  TerminalLine shown_;
  TimeLeft time_left_;
  int in_a_row_ = 0;  // messages since the last epoch
};

}  // namespace poise::inline run
