// The training observer of the command line: an event an epoch to the run directory, a bar or lines to a stream.
#pragma once

#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "poise/training.h"
#include "run/run_directory.h"
#include "run/terminal_line.h"

namespace poise {

nlohmann::json to_json(const Epoch& epoch);
/// {status, why, epochs, best_epoch, batch, seconds, train_seconds, …} without the history.
nlohmann::json to_json(const TrainingReport& report);

class TrainingProgress : public TrainingObserver {
 public:
  /// `stream` null keeps silent; `stop` is set by a signal handler; `options` as train_network resolves them.
  TrainingProgress(RunDirectory& run, std::FILE* stream, const std::atomic<bool>& stop, const NetworkOptions& options);

  ~TrainingProgress() override { show_hidden(); }
  TrainingProgress(const TrainingProgress&) = delete;
  TrainingProgress& operator=(const TrainingProgress&) = delete;

  void on_epoch(const Epoch& epoch) override;
  /// All are events; of many in a row the stream has the first and their number.
  void on_message(const std::string& text) override;
  bool stop_requested() override { return stop_.load(); }

 private:
  RunDirectory& run_;
  void show_hidden();

  TerminalLine shown_;
  int in_a_row_ = 0;  // messages since the last epoch
  const std::atomic<bool>& stop_;
  int epochs_;
  double time_limit_;
};

}  // namespace poise
