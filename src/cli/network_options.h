// The options of `train` that make and train a network.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "poise/training.h"

namespace poise::cli {

void add_network(CLI::App& verb, NetworkOptions& options);

/// Throws CLI::ValidationError for an option given that none of the rules, or the step, would look at.
void refuse_without_effect(const CLI::App& verb, const NetworkOptions& options, const std::vector<Rule>& rules);

}  // namespace poise::cli
