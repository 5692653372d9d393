// The observer of the command line: events to the run directory, a bar or lines to a stream, and the wish to stop.
#pragma once

#include <atomic>
#include <cstdio>
#include <optional>

#include "poise/solver.h"
#include "run/run_directory.h"
#include "run/terminal_line.h"

namespace poise {

class ProgressReporter : public Observer {
 public:
  /// `run` may be null; `stream` null keeps silent; `stop` (may be null) is set by a signal handler.
  ProgressReporter(RunDirectory* run, std::FILE* stream, const std::atomic<bool>* stop, const SolveOptions& options);

  void on_penalty(double l2) override { l2_ = l2; }
  void on_iteration(const Progress& progress) override;
  void on_message(const std::string& text) override { shown_.say(text); }
  bool stop_requested() override { return stop_ && stop_->load(); }

 private:
  std::string line(const Progress& progress) const;
  double seconds_left(const Progress& progress) const;  // negative: unknown

  RunDirectory* run_;
  TerminalLine shown_;
  const std::atomic<bool>* stop_;
  double tolerance_, time_limit_;
  double first_gap_ = 0, first_gap_time_ = 0;  // of this solve
  std::optional<double> l2_;                   // of this solve, if it is one of a path
};

}  // namespace poise
