// The options of `train`, but for those of networks and those that other verbs have, too.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace poise::cli {

void add_train(CLI::App& verb, Arguments& arguments);

}  // namespace poise::cli
