// The options of `reproduce`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_reproduce(CLI::App& verb, Arguments& arguments);

}  // namespace poise::cli
