// The options of a training as JSON: what run.json says was asked.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/training.h"

namespace poise {

/// All of them, under the names of the command line with _ for -.
nlohmann::json to_json(const NetworkOptions& options);

}  // namespace poise
