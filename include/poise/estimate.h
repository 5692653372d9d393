// A measured number and its uncertainty.
#pragma once

namespace poise {

/// There are two kinds of uncertainty. `error` is that of a sampling estimator (sampled labels, probes, noise draws)
/// about the exact value on the same rows; more draws make it smaller. `row_error` is that of the rows themselves as a
/// sample from a larger source; more rows make it smaller. A figure computed exactly from the rows has error = 0.
struct Estimate {
  double value = 0;
  double error = 0;    ///< standard error of the sampling estimator; 0: exact on these rows; infinite: one sample only
  double degrees = 0;  ///< degrees of freedom of `error`, for Student's t; 0: normal
  double row_error = 0;  ///< standard error as a mean over rows that are a sample of their source; 0: not a mean over
                         ///< rows; infinite: one row only
  double row_skewness = 0;  ///< skewness of that mean over samples of rows: third central moment/row_error³, as far as
                            ///< it is known; 0: none, or not a mean over rows
};

struct Bounds {
  double low = 0, high = 0;
};

/// value ± q·error, where P(|T| ≤ q) = confidence for Student's t with `degrees` degrees of freedom (normal if 0).
/// An error of 0 means the value is exact. If the error is not finite or the value is NaN, the interval is (−∞, ∞).
/// Throws Error(kUsage) unless confidence is in (0, 1).
Bounds confidence_interval(const Estimate& estimate, double confidence = 0.95);

inline constexpr double kMostSkewness = 0.3;

/// Whether so few rows decide the mean that its row_error, and with it the interval over rows, is only a rough guess:
/// one row, or |row_skewness| > kMostSkewness. By Hall's expansion, an interval of ± 1.96 errors about a mean of
/// skewness γ covers 0.25 γ² less than it claims. Worse, where few rows decide, a sample that lacks them looks precise.
bool is_rough(const Estimate& estimate);

/// value ± z·√(error² + row_error²), z normal: where the value lies for the source from which the rows are sampled. Is
/// infinite, and throws, in the same cases as confidence_interval.
Bounds source_interval(const Estimate& estimate, double confidence = 0.95);

}  // namespace poise
