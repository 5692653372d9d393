// checkpoint.safetensors: where a training stands, and of which data and options it is (docs/run-directory.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "learning/state.h"
#include "run/choosing/state.h"
#include "run/run_directory.h"
#include "run/telemetry.h"

namespace poise::inline run {

/// What a run must have in common with the one that it goes on from: the same bits follow from the same of all these.
struct RunIdentity {
  std::string version;     ///< of Poise
  nlohmann::json options;  ///< as run.json has them, but for those that change no bit of the result
  std::string schema;      ///< JSON
  std::string rows;        ///< fingerprints; empty: there are none
  std::string validation, test;
  std::string start;  ///< of the model that it starts from
};

/// What of `asked`, in a run.json, decides the bits of a result. Files go by their contents.
nlohmann::json deciding_options(nlohmann::json asked);

/// The first thing that differs, as "learning_rate is 0.2, and was 0.1"; empty if nothing does.
std::string difference(const RunIdentity& now, const RunIdentity& before);

/// Of a softmax layer.
struct SoftmaxState {
  SolvesState first;                  ///< the only solve, those of a path, or that with the default penalty
  std::optional<ChoiceState> choice;  ///< of cross-validation
  SolvesState last;                   ///< with the penalty that it chose
};

struct Checkpoint {
  RunIdentity identity = {};
  EventsPosition events = {};
  TelemetrySoFar telemetry = {};
  std::optional<learning::TrainingState> network = {};  ///< one of the two
  std::optional<SoftmaxState> softmax = {};
};

std::string serialize(const Checkpoint& checkpoint);
/// The inverse. Throws Error(kData) naming `path`.
Checkpoint parse_checkpoint(std::string_view bytes, const std::string& path);

}  // namespace poise::inline run
