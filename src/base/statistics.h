// Quantiles for intervals of measured means.
#pragma once

namespace poise {

/// P(|T| ≤ t) for Student's T of `degrees` > 0 degrees of freedom, not necessarily an integer.
double student_probability(double t, double degrees);

/// q with P(|T| ≤ q) = confidence in (0, 1).
double student_quantile(double confidence, double degrees);

/// q with P(|Z| ≤ q) = confidence in (0, 1) for the standard normal Z.
double normal_quantile(double confidence);

}  // namespace poise
