// Training losses epoch by epoch: the network they begin with, and how soon they come down to a target.
#pragma once

#include <optional>
#include <vector>

#include "poise/training.h"

namespace poise::thermo {

/// What a training with these options begins with.
Network initial_network(const Dataset& train, const NetworkOptions& options);

/// Training loss of every epoch; NaN of an epoch none of whose batches was counted, as of a training that diverged.
std::vector<double> losses_of(const std::vector<Epoch>& history);

/// Epochs until the loss is at most `target`, linear in ln loss between epochs; a whole number where the epoch before
/// has no finite loss or a loss has no logarithm. Empty: never.
std::optional<double> epochs_to(const std::vector<double>& losses, double target);

/// The smallest loss that `share` of the trainings came down to, or all that have a finite loss, if those are fewer.
/// Infinite if none has.
double common_target(const std::vector<std::vector<double>>& trainings, double share);

}  // namespace poise::thermo
