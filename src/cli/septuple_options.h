// The options of `poise septuple`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_septuple(CLI::App& verb, Arguments& a);

}  // namespace poise::cli
