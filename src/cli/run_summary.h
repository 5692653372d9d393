// run.json: what was asked, of which data, and what came of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/arguments.h"

namespace poise::cli {

/// What can be asked of any training: data and how they are read, the rows held out, objective, limits. With it and the
/// options of the model's own a run can be repeated.
nlohmann::json asked_of_training(const Arguments& arguments, double held_out_share);

/// The whole object. `rows`: the fingerprint of those trained on.
nlohmann::json run_summary(const nlohmann::json& asked, const Dataset& train, const std::string& rows,
                           const nlohmann::json& result);

}  // namespace poise::cli
