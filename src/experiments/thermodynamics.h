// The experiment of learning thermodynamics (Vanchurin, arXiv 2004.09280; protocol: docs/reproduce.md#thermodynamics)
// in its three parts.
#pragma once

#include "experiments/experiment.h"

namespace poise::experiments {

/// Ensembles of learners of at most 20 parameters: does their entropy fall, and as the Laplacian says?
std::vector<Finding> second_law(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                nlohmann::json& runs);

/// Along the training of a network: is the loss's increment that of entropy and complexity?
std::vector<Finding> first_law(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                               nlohmann::json& runs);

/// Architectures of one budget: do deeper ones have more Laplacian, and learn sooner for it?
std::vector<Finding> laplacian_and_depth(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                         nlohmann::json& runs);

/// "-12.3 ± 0.4", so many digits behind the point; of one value the value alone.
std::string with_spread(const Sample& sample, int digits);

}  // namespace poise::experiments
