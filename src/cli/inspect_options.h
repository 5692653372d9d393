// The options of poise inspect.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_inspect(CLI::App& verb, Arguments& a);

}  // namespace poise::cli
