// The sections of a report, each from a run: empty blocks where a run has nothing to show there.
#pragma once

#include <span>
#include <string>

#include "poise/run_record.h"
#include "report/document.h"

namespace poise::report {

inline constexpr std::size_t kLongestName = 44;  ///< characters of a name from data, in a table

// Words
std::string name_of(const RunRecord& run);        ///< of its directory: "digits-1"
std::string name_of_data(const RunRecord& run);   ///< "digits"
std::string name_of_model(const RunRecord& run);  ///< "a softmax layer", "a network 784 → 128 relu → 10 softmax"
std::string class_name(const RunRecord& run, Index class_id);
std::string rows_of(const std::string& part);  ///< "test rows", "rows by cross-validation"
/// "certified", "at rest", …
std::string status_words(const RunRecord& run);
Mood mood_of(const RunRecord& run);
/// What, how well, certified or why not.
std::string verdict_of(const RunRecord& run);
std::vector<Headline> headlines_of(const RunRecord& run);

/// Rows that a share is of, as independent draws; 0 where rows have weights, so that no interval is known.
double draws_of(const Metrics& metrics);
/// "0.1367 ± 0.0042": 1.96 standard errors of a mean.
std::string with_interval(double mean, double standard_error);
/// CE − H with its sign; what is rounding is 0.
std::string imbalance(const Metrics& metrics);
/// "94.1–97.6 %" by Wilson; "–" without draws.
std::string interval_of(double share, double draws);

// Quality
Section checks_section(const RunRecord& run);
Section quality_section(const RunRecord& run);
Section confusion_section(const RunRecord& run);
Section calibration_section(const RunRecord& run);
Section classes_section(const RunRecord& run);
Section errors_section(const RunRecord& run);

// Course
Section course_section(const RunRecord& run);
Section balance_section(const RunRecord& run);
Section penalty_section(const RunRecord& run);
Section thermodynamics_section(const RunRecord& run);

// Model and data
Section weights_section(const RunRecord& run);
Section data_section(const RunRecord& run);
Section repeat_section(const RunRecord& run);
Section environment_section(const RunRecord& run);

// Several runs
Section settings_differences(std::span<const RunRecord> runs);
Section results_compared(std::span<const RunRecord> runs);
Section curves_compared(std::span<const RunRecord> runs);
Section calibration_compared(std::span<const RunRecord> runs);
Section classes_compared(std::span<const RunRecord> runs);
Section checks_compared(std::span<const RunRecord> runs);
/// The best of the runs, by what.
std::vector<Headline> headlines_compared(std::span<const RunRecord> runs);
Section runs_one_by_one(std::span<const RunRecord> runs);

/// The report of one run, or of several beside each other. Throws Error(kUsage) for none.
Document document_of(std::span<const RunRecord> runs);

}  // namespace poise::report
