// A direction of exact numbers, and the exact verdict on the margins along it: what makes a direction of recession a
// proof (docs/theory/softmax.md#directions-of-recession).
#pragma once

#include <vector>

#include "convex/certificate/exact_rows.h"
#include "convex/existence/comparisons.h"
#include "convex/existence/null_space.h"

namespace poise::inline convex {

/// U on the features exactly as in the file and on the constant 1: value · 2^exponent.
struct ExactDirection {
  Index classes = 0;
  std::vector<Index> features;  ///< those with a weight, ascending, and d for the constant, which is always there
  std::vector<int> exponent;    ///< of each of them
  Integers value;               ///< features × classes

  /// (d+1)×K doubles, of a power of two times this; `exact`: whether all of them are.
  Parameters rounded(Index d, bool* exact = nullptr) const;
};

/// Of (d+1)×K finite doubles, exactly: of weights on the features as in the file, and of the solver's weights.
ExactDirection direction_on_features(const Parameters& u);
ExactDirection direction_of(const ExactRows& rows, const Parameters& w);

/// What the margins of rows do along a direction.
struct Growth {
  Index rows = 0;      ///< rows with a margin above 0, if no margin of any row is below 0; else 0
  bool every = false;  ///< and whether every margin of every row is
};

/// Of `counted` rows. Margins that float64 cannot tell from 0 are computed in integers.
Growth margins_grow(const ExactRows& rows, const Problem& problem, std::span<const Index> counted,
                    const ExactDirection& direction);

}  // namespace poise::inline convex
