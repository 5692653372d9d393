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

/// Between networks at rest at T and T(1 + ε): the same law, and its premise.
std::vector<Finding> first_law_at_rest(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                       nlohmann::json& runs);

/// At the end of training: are changes of weights distributed by a power law (Kukleva and Vanchurin, arXiv 2405.17391)?
std::vector<Finding> weight_fluctuations(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                         nlohmann::json& runs);

/// Hill's exponent γ of the tail P(X > x) ∝ x^−γ from the `share` largest of the values, which are positive: 1/γ =
/// mean ln(x/x_min). That of a power law does not depend on the share; that of an exponential or a normal tail grows as
/// the share falls. Reorders the values.
double tail_exponent(std::vector<double>& values, double share);

/// Architectures of one budget, or one width: do deeper ones have more Laplacian, and learn sooner for it?
std::vector<Finding> laplacian_and_depth(const ExperimentData& data, const ExperimentOptions& options, Events& events,
                                         nlohmann::json& runs);

/// What the first law and the fluctuations are measured on: features-16-classes tanh, trained by plain steps of 0.1 on
/// batches of 32, and so many of its rows.
inline constexpr Index kHiddenUnits = 16, kMeasuredRows = 256;
NetworkOptions small_network(int epochs, std::uint64_t seed);

/// "-12.3 ± 0.4", so many digits behind the point; of one value the value alone.
std::string with_spread(const Sample& sample, int digits);

}  // namespace poise::experiments
