// Products of the numbers of a row with each other: what makes the Hessian of few features one large matrix product.
#pragma once

#include "base/index.h"

namespace poise::inline convex {

/// Numbers that may be read behind a row of x, and written behind the last one of `to`: those of a vector.
inline constexpr Index kPairPadding = 8;

/// How many products x_i x_j, j = i … size − 1, of i = first … last − 1 there are.
inline Index pair_count(Index size, Index first, Index last) {
  return (last - first) * size - (last * (last - 1) - first * (first - 1)) / 2;
}

/// Those of every row of x (row r at x + r·ldx), one after the other, as rows of `to` without gaps.
void pair_products(const double* x, Index ldx, Index rows, Index size, Index first, Index last, double* to);

}  // namespace poise::inline convex
