// The headings of `train --help`.
#pragma once

#include <CLI/CLI.hpp>

namespace poise::cli {

/// Puts the options of train under headings; those without one stay under "Options".
void group_train_options(CLI::App& verb);

}  // namespace poise::cli
