// Weighted means over rows, of figures that are exact or estimated row by row, with their two error bars.
#pragma once

#include <vector>

#include "poise/dataset.h"
#include "poise/estimate.h"

namespace poise::thermo {

/// What sampling adds to figures of rows: variances about each row's exact value, and what they are known from.
struct Sampling {
  Vector variance;     ///< n; empty: exact
  double degrees = 0;  ///< of freedom of each row's variance
};

/// value = Σ s_n v_n,  Σ s_n = 1,  with independent rows:
///   error²     = Σ s_n² var_n, its degrees of freedom by Welch and Satterthwaite: (Σ a)²/Σ(a²/degrees), a = s² var
///   row_error² = n/(n − 1) Σ s_n² (v_n − value)²,  infinite for one row
///   row_skewness = Σ a³/(Σ a²)^{3/2},  a = s_n (v_n − value)
Estimate mean_of_rows(const Vector& weight, const Vector& figures, const Sampling& sampling = {});

/// Mean of independent repetitions with its standard error, infinite for one of them.
Estimate mean_of_repetitions(const std::vector<double>& values);

/// Takes `skewness` for that of the rows, if it is larger than what the rows have shown.
void raise_skewness(Estimate& estimate, double skewness);

/// factor · estimate
Estimate scaled(const Estimate& estimate, double factor);

}  // namespace poise::thermo
