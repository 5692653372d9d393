// Options and environment of run.json, as a report shows them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "poise/run_record.h"

namespace poise::report {

/// The members of an object with their values as text, those of an object within it as "outer.inner"; lists have commas
/// between, and what is null is empty.
std::vector<RunRecord::Named> named_values(const nlohmann::json& object, const std::string& prefix = "");

}  // namespace poise::report
