// The training observer of the command line: an event an epoch to the run directory, a bar or lines to a stream.
#pragma once

#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "poise/training.h"
#include "run/run_directory.h"

namespace poise {

nlohmann::json to_json(const Epoch& epoch);
/// {status, why, epochs, best_epoch, batch, seconds, train_seconds, …} without the history.
nlohmann::json to_json(const TrainingReport& report);

class TrainingProgress : public TrainingObserver {
 public:
  /// `stream` null keeps silent; `stop` is set by a signal handler.
  TrainingProgress(RunDirectory& run, std::FILE* stream, const std::atomic<bool>& stop);
  ~TrainingProgress() override;

  void on_epoch(const Epoch& epoch) override;
  void on_message(const std::string& text) override;
  bool stop_requested() override { return stop_.load(); }

 private:
  void clear_bar();

  RunDirectory& run_;
  std::FILE* stream_;
  const std::atomic<bool>& stop_;
  bool terminal_, bar_shown_ = false;
  double last_shown_ = 0;
};

}  // namespace poise
