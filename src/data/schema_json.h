// The schema as JSON: the form in which the model file and run.json carry it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "poise/schema.h"

namespace poise::inline data {

/// One object; keys in the order of the struct, and what has its default value may be left out for columns.
nlohmann::ordered_json schema_to_json(const Schema& schema);

/// The inverse, exact. Throws Error(kData) if anything is missing, of another type, or contradicts itself.
Schema schema_from_json(const nlohmann::ordered_json& json);

/// What breaks the rules of a schema (a category twice, a fill that is none …), as a sentence; empty if nothing does.
std::string schema_fault(const Schema& schema);

}  // namespace poise::inline data
