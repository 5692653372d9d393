// Units in which features are of size 1, whatever the file's: for conditioning and the range of float32. Neither the
// objective nor its optimum depend on them.
#pragma once

#include "convex/problem.h"
#include "rows/column_moments.h"

namespace poise::inline convex {

/// Sets problem.units, and puts sparse features into them. `unit`: what λ counts as 1, d; it bounds the gains of
/// features far below it, whose penalties would exceed float64.
///
/// Dense features: center_j = mean_j with few digits where |mean_j| is above the deviation, gain_j the power of two
/// next to 1/deviation_j. An array of float32 that needs neither stays as it is, so that passes read it in place.
///
/// Sparse features: zeros stay zeros, so only columns that are as good as dense are centered, those with
/// |mean_j| > 8 deviation_j: at most a 65th of their entries is 0. (With a share q of zeros the variance is at least
/// q·mean²/(1−q).) Their missing zeros are written out. Other columns have gain_j next to 1/size_j, the root mean
/// square of what is not 0. If no column needs any of this the rows are used as they are.
void choose_units(Problem& problem, const ColumnMoments& moments, const Vector& unit);

}  // namespace poise::inline convex
