// Thermodynamic measurements as JSON, as tables and in plain words: the one form in which events, --json and the
// terminal have them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "poise/first_law.h"
#include "poise/thermodynamics.h"

namespace poise {

/// {value, error, row_error}, and `degrees` where there is an error; null for an error that is infinite.
nlohmann::json to_json(const Estimate& estimate);
/// Every figure under its name in poise/thermodynamics.h; what was not measured is left out.
nlohmann::json to_json(const Thermodynamics& found);
nlohmann::json to_json(const FirstLaw& law);

/// Three tables: quantities, layers, ensembles; with 95 % intervals.
std::string table_of(const Thermodynamics& found);

/// Is it at rest? Over-confident? Where is the curvature? How large may a step be? A sentence or two each.
std::vector<std::string> reading_of(const Thermodynamics& found);

}  // namespace poise
