// How every training ends, of the softmax layer or of a network: model, run.json, measurements, last event, answer.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/stopwatch.h"
#include "cli/train_parts.h"
#include "run/measured_parts.h"
#include "run/measuring_time.h"
#include "run/run_directory.h"

namespace poise::cli {

/// What was read to train on.
struct Inputs {
  const Parts& parts;
  double held_out;              ///< the share asked for
  double seconds;               ///< that reading took
  const Stopwatch& since_read;  ///< runs since then: the time limit counts from here

  /// How long measuring may go on, beginning now.
  MeasuringTime measuring_time(const Arguments& arguments) const;
  /// The options of a solve that comes after training; empty if no time is left for one, or after an interrupt.
  std::optional<SolveOptions> solve_in_time_left(const Arguments& arguments) const;
};

class TrainingEnd {
 public:
  /// Everything referred to must outlive it.
  TrainingEnd(const Arguments& arguments, const Inputs& inputs, RunDirectory& run);

  /// Writes the model, with how its data were read, whole or not at all. Whatever happens later, it stays, until a
  /// better one takes its place.
  void save(Network model);
  const Network& model() const { return model_; }

  /// Writes run.json with what was `asked` and with `result` so far, in which nothing is measured yet.
  void write_first(nlohmann::json result, const nlohmann::json& asked);

  /// Measures, and calibrates if that is asked for. What an interrupt or the time limit leaves unmeasured is null in
  /// `result`.
  void measure(nlohmann::json& result);

  /// Completes `result`, writes it and the event "end" with `last` in it, and prints it, as JSON or by `print`. Returns
  /// the exit code.
  int finish(nlohmann::json result, const nlohmann::json& asked, const nlohmann::json& last,
             void (*print)(const nlohmann::json&));

 private:
  const Arguments& arguments_;
  Inputs inputs_;
  RunDirectory& run_;
  Network model_;
  MeasuredParts measured_;
  std::string rows_, row_set_;  // fingerprints of those trained on
  Stopwatch writing_;
};

}  // namespace poise::cli
