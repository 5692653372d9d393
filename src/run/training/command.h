// The command line that repeats a training.
#pragma once

#include <string>

#include "poise/run.h"

namespace poise::inline run {

/// "poise train digits --l2 0.001": what differs from the defaults, in words that a shell takes. It chooses a new run
/// directory. Empty where no command line can say it: rows that are in memory, or a model to start from that is.
std::string command_of(const TrainingRequest& request);

/// The same as a file of options for `poise train --config`; those that are as by default are comments.
std::string config_of(const TrainingRequest& request);

}  // namespace poise::inline run
