// What the reports of compare_architectures at several gains say in words.
#pragma once

#include <array>

#include "experiments/thermodynamics.h"
#include "poise/efficiency.h"

namespace poise::experiments {

inline constexpr std::array<double, 3> kGains = {0.5, 1, 2};

/// Of one setting: a report a gain, in the order of kGains.
using ReportsByGain = std::vector<EfficiencyReport>;

/// Candidates of all gains as one set: what a correlation would be that does not look at the gain. It is of the same
/// architectures again and again, which are no more independent for that: its interval over candidates is that of as
/// many as there are architectures. `epochs`: what a training counts that never reached the target.
Finding confounder(const std::string& where, const ReportsByGain& reports, int epochs, int seeds);

/// "4 x 16: ∇²L/P 0.012, 5.1 epochs, 93.0 %; …" of the first, a middle and the last by Laplacian, and what was not as
/// asked; ">5.1 epochs" if some training never reached the target.
std::string extremes(const EfficiencyReport& report);

}  // namespace poise::experiments
