// Long curves with few points.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace poise::report {

/// Curves of one length: which of their points to keep so that at most `most` ≥ 4 are left. The first and the last
/// stay; the others are dealt into equal runs, and of every run the points stay where a curve has its least and its
/// largest value there. So nothing that sticks out is lost. In ascending order; NaN counts as no value.
std::vector<std::size_t> thinned(std::span<const std::vector<double>> curves, std::size_t most);

}  // namespace poise::report
