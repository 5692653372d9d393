// The course of a run for TensorBoard: the figures of metrics.jsonl as scalars, weights and activations as histograms.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "poise/dataset.h"
#include "poise/run.h"
#include "run/events/event_file.h"

namespace poise::inline run {

/// The numbers of a JSON object and of those within it, "train/loss" for {"train": {"loss": …}}. Names of lists'
/// members are their places from 1; lists of numbers are left out.
Scalars scalars_of(const nlohmann::json& object, const std::string& prefix = {});

class Tensorboard {
 public:
  /// Into the directory, from the first event on. `train` has the rows whose activations are shown, at most 256 of
  /// them.
  /// `resumed`: of the events of the run before, those stay whose lines have stayed in the file of lines.
  Tensorboard(std::string directory, const Dataset& train, int threads, bool resumed);

  /// `line` is what the file `lines` of the directory has just got, metrics.jsonl or its like. After an epoch also the
  /// distributions of all weights, biases and hidden states.
  void tell(const Event& event, const nlohmann::json& line, const std::string& lines);
  /// What the run came to, as run.json has it, the model, and the command that repeats it.
  void end(const nlohmann::json& result, const Network& model, const std::string& command);

 private:
  EventFile& file(const std::string& lines);
  void add_distributions(const Network& network, EventSummary& to) const;

  std::string directory_;
  Dataset shown_;
  int threads_;
  bool resumed_;
  std::optional<EventFile> file_;
  std::int64_t step_ = 0;
  double seconds_ = 0;
};

}  // namespace poise::inline run
