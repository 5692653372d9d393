// A measured number and what is not known about it.
#pragma once

namespace poise {

/// Two different things can be uncertain. `error` is that of a sampling estimator (sampled labels, probes, noise draws)
/// about the exact value on the same rows: more draws make it smaller. `row_error` is that of the rows themselves as a
/// sample of a larger source: more rows make it smaller. A figure of the rows alone has error = 0.
struct Estimate {
  double value = 0;
  double error = 0;      ///< standard error of the sampling estimator; 0: exact on these rows; infinite: of one sample
  double degrees = 0;    ///< degrees of freedom of `error`, for Student's t; 0: normal
  double row_error = 0;  ///< standard error as a mean over rows that are a sample of their source; 0: not a mean of
                         ///< rows; infinite: of one row
  double row_skewness = 0;  ///< of that mean over other rows: third central moment/row_error³, as far as it is known;
                            ///< 0: none, or not a mean of rows
};

struct Bounds {
  double low = 0, high = 0;
};

/// value ± q·error, P(|T| ≤ q) = confidence for Student's t of `degrees` degrees of freedom, normal if they are 0.
/// An error of 0 is exactness; of one that is not finite, or a value that is NaN, the interval is (−∞, ∞). Throws
/// Error(kUsage) unless confidence is in (0, 1).
Bounds confidence_interval(const Estimate& estimate, double confidence = 0.95);

inline constexpr double kMostSkewness = 0.3;

/// Whether so few rows decide the mean that its row_error, and with it the interval over rows, is a rough guess: one
/// row, or |row_skewness| > kMostSkewness. By Hall's expansion an interval of ± 1.96 errors of a mean of skewness γ
/// covers 0.25 γ² less than it says; worse, where few rows decide, a sample that lacks them looks precise.
bool is_rough(const Estimate& estimate);

/// value ± z·√(error² + row_error²), z normal: where the value of the source lies, of which the rows are a sample. Not
/// finite and throws as confidence_interval.
Bounds source_interval(const Estimate& estimate, double confidence = 0.95);

}  // namespace poise
