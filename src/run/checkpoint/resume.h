// What a run directory holds for a run that is to go on there.
#pragma once

#include <optional>
#include <string>

#include "run/checkpoint/checkpoint.h"

namespace poise::inline run {

/// One of the two, or none: then there is nothing yet.
struct RunBefore {
  std::optional<nlohmann::json> ended;  ///< the run.json of one that came to its end
  std::optional<Checkpoint> stopped;    ///< where one was stopped
};

/// Throws Error(kUsage) with what differs if it was of other data or options, Error(kData) for a damaged checkpoint.
RunBefore run_before(const std::string& directory, const RunIdentity& now);

}  // namespace poise::inline run
