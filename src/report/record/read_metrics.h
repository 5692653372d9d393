// Measurements of run.json, read back.
#pragma once

#include <map>
#include <string>

#include "poise/run_record.h"
#include "report/record/json_reader.h"

namespace poise::report {

using ClassNumbers = std::map<std::string, Index>;  // by name

/// With `confused`.
RunRecord::Part part_of(const nlohmann::json& measured, const std::string& name, const ClassNumbers& classes);
std::vector<ReliabilityBin> reliability_of(const nlohmann::json& measured);
SurestErrors surest_errors_of(const nlohmann::json& errors, const ClassNumbers& classes);
/// The penalties of a path or of a choice, from the smallest to the largest.
std::vector<RunRecord::Candidate> candidates_of(const nlohmann::json& result);
Thermodynamics thermodynamics_of(const nlohmann::json& event);

}  // namespace poise::report
