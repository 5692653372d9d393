// What an experiment that was stopped has left, for one that goes on with it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "run/run_directory.h"

namespace poise::experiments {

struct Earlier {
  std::optional<EventsPosition> events = std::nullopt;  ///< empty: there is nothing to go on with
  std::vector<nlohmann::json> trained = {};             ///< the figures of every training that had ended
};

/// Of the figures of a training: a line that was damaged does not have its own.
std::uint64_t check_of(const nlohmann::json& figures);

/// Of the run in `directory`. Throws Error(kUsage) where it was asked for something else, and names that: only more or
/// fewer seeds and data, threads and a time limit leave the trainings what they are. What is damaged counts as not
/// there.
Earlier read_earlier(const std::string& directory, const std::string& experiment, const nlohmann::json& asked);

}  // namespace poise::experiments
