// The options of `compare`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_compare(CLI::App& verb, Arguments& arguments);

}  // namespace poise::cli
