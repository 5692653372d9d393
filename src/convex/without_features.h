// Points whose value is known without a pass over the features: their weights are 0.
#pragma once

#include "convex/solver/solvers.h"

namespace poise::inline convex {

/// W = 0, where f = ln K. The gradient is left out, which takes a pass.
SolveState zero_weights(const Problem& problem);

/// The model of class frequencies alone, p_c(x) = π_c: no time is too short for it. No class less than half a row, so
/// that all logarithms are finite. Class sums 0. The gradient is left out.
SolveState class_frequencies(const Problem& problem);

}  // namespace poise::inline convex
