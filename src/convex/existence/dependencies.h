// Features that are exact linear combinations of others: constants, copies, totals, groups of indicators that add up to
// one. Along them the loss is constant and the Hessian singular; without them nothing is lost, since every score that
// weights can give they can give without.
#pragma once

#include <span>
#include <vector>

#include "convex/certificate/exact_rows.h"

namespace poise::inline convex {

/// Those of `columns` (d stands for the constant 1) that are combinations of earlier ones in all of `counted` rows:
/// with rational coefficients, verified in integers. Empty if that is more than integers of 64 words can show.
std::vector<Index> dependent_columns(const ExactRows& rows, std::span<const Index> counted,
                                     std::span<const Index> columns);

}  // namespace poise::inline convex
