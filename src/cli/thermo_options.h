// The options of `thermo`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_thermo(CLI::App& verb, Arguments& arguments);

}  // namespace poise::cli
