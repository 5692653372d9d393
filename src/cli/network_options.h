// The options of `train` that make and train a network.
#pragma once

#include <CLI/CLI.hpp>

#include "poise/training.h"

namespace poise::cli {

void add_network(CLI::App& verb, NetworkOptions& options);

}  // namespace poise::cli
