// From an approximate direction of recession to an exact one.
//
// Along a direction of recession some margins are tied (0) and the others grow. Small errors do no harm to those that
// grow; the tied ones have to be 0 exactly. So the direction is moved into the null space of the tied comparisons,
// which is rational: its free numbers are rounded to few bits, the others follow in integers.
#pragma once

#include <optional>
#include <span>

#include "convex/certificate/centered_rows.h"
#include "convex/existence/exact_direction.h"

namespace poise::inline convex {

/// A direction of recession, verified in exact arithmetic.
struct ProvenDirection {
  ExactDirection direction;
  Growth growth;
};

/// One near `guess` (on 1, y_1, …; × K) with margin 0 in the comparisons `tied`. Empty if there is none so near, or if
/// that takes too long.
std::optional<ProvenDirection> complete_direction(const CenteredRows& rows, const Problem& problem,
                                                  std::span<const Comparison> tied, Parameters guess);

}  // namespace poise::inline convex
