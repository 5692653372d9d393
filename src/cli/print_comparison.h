// A comparison of settings in words.
#pragma once

#include <nlohmann/json.hpp>

namespace poise::cli {

/// The table that compare prints of its result, which is as run.json has it.
void print_comparison(const nlohmann::json& result);

}  // namespace poise::cli
