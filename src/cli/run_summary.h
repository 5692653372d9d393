// run.json: what was asked, of which data, and what came of it; written and read.
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

/// run.json of a directory; null if there is none, as of a run that has not ended, or if it is of something else.
/// `damage`: what is wrong with one that is there and no JSON.
nlohmann::json read_run(const std::string& directory, std::string* damage = nullptr);

/// How a run ended and what came of it, as train or reproduce printed it. Throws Error(kData) if it is not as they
/// write it.
void print_run(const nlohmann::json& run);

/// What reproduce prints of its result: the table of findings.
void print_experiment(const nlohmann::json& result);

}  // namespace poise::cli
