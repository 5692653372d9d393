// run.json, read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace poise::cli {

/// run.json of a directory; null if there is none, as of a run that has not ended, or if it is of something else.
/// `damage`: what is wrong with one that is there and no JSON.
nlohmann::json read_run(const std::string& directory, std::string* damage = nullptr);

/// How a run ended and what came of it, as train or reproduce printed it. Throws Error(kData) if it is not as they
/// write it.
void print_run(const nlohmann::json& run);

/// What reproduce prints of its result: the table of findings.
void print_experiment(const nlohmann::json& result);

}  // namespace poise::cli
