// Mean and spread of a sample, and quantiles for intervals of measured means.
#pragma once

#include <vector>

namespace poise::inline base {

/// P(|T| ≤ t) for Student's T of `degrees` > 0 degrees of freedom, not necessarily an integer.
double student_probability(double t, double degrees);

/// q with P(|T| ≤ q) = confidence in (0, 1).
double student_quantile(double confidence, double degrees);

/// q with P(|Z| ≤ q) = confidence in (0, 1) for the standard normal Z.
double normal_quantile(double confidence);

double mean_of(const std::vector<double>& sample);       ///< 0 if empty
double deviation_of(const std::vector<double>& sample);  ///< √(Σ(x − mean)²/(n − 1)); 0 below two values

}  // namespace poise::inline base
