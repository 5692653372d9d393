// Rank correlation between what was predicted of candidates and what was measured, with its two intervals.
#pragma once

#include "poise/efficiency.h"

namespace poise::thermo {

/// Ranks 1 … n; equal values share the mean of their ranks. Throws Error(kUsage) for NaN, which has no rank.
std::vector<double> ranks_of(const std::vector<double>& values);

/// ρ of n pairs, 95 %, for other candidates of the same kind: tanh(artanh ρ ± 1.96 √((1 + ρ²/2)/(n − 3)))
/// (Bonett and Wright 2000). ρ = ±1 counts as ±(1 − 6/(n³ − n)), or nothing would be uncertain. Of n < 4: (−1, 1).
Bounds over_candidates(double correlation, std::size_t candidates);

/// One figure a seed, for every candidate.
using SeedFigures = std::vector<std::vector<double>>;

/// Spearman's ρ between the candidates' means of `a` and of `b`. `a` and `b` of one seed belong together. Candidates
/// of which a figure is not finite are left out. The bootstrap draws seeds of every candidate with replacement, 2,000
/// times; with fewer than 2 seeds of a candidate over_seeds is (−1, 1).
RankCorrelation correlate(const SeedFigures& a, const SeedFigures& b);

}  // namespace poise::thermo
