// How every training ends, of the softmax layer or of a network: model, run.json, last event, answer.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/stopwatch.h"
#include "cli/train_parts.h"
#include "run/run_directory.h"
#include "run/terminal_line.h"

namespace poise::cli {

/// What was read to train on.
struct Inputs {
  const Parts& parts;
  const std::optional<Dataset>& test;
  double held_out;  ///< the share asked for
  double seconds;   ///< that reading took
};

class TrainingEnd {
 public:
  /// Saves the model, with how its data were read. Everything referred to must outlive it.
  TrainingEnd(const Arguments& arguments, const Inputs& inputs, RunDirectory& run, Network model);

  const Network& model() const { return model_; }

  /// Calibrates, if that is asked for, completes `result`, writes it with what was `asked` and the event "end" with
  /// `last` in it, and prints it, as JSON or by `print`. Returns the exit code that its "status" means.
  int finish(nlohmann::json result, const nlohmann::json& asked, const nlohmann::json& last,
             void (*print)(const nlohmann::json&));

 private:
  const Arguments& arguments_;
  Inputs inputs_;
  RunDirectory& run_;
  Network model_;
  std::string rows_;                       // the fingerprint of those trained on
  std::optional<TerminalLine> measuring_;  // until results are printed
  Stopwatch writing_;
};

}  // namespace poise::cli
