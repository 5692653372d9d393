// The options about reading data, which most verbs have.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_reading(CLI::App& verb, Arguments& arguments);
/// What becomes of categories that a model does not know.
void add_unknown(CLI::App& verb, Arguments& arguments);

}  // namespace poise::cli
