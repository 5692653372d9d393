// The checks, each from the record of a run: nothing where it does not apply, or the record has no figure for it.
#pragma once

#include <optional>

#include "poise/checks.h"

namespace poise::report {

using OneCheck = std::optional<Check>;

// How it ended
OneCheck no_minimizer(const RunRecord& run);
OneCheck ended_before_done(const RunRecord& run);
OneCheck set_back(const RunRecord& run);
OneCheck end_of_penalties(const RunRecord& run);
OneCheck not_measured(const RunRecord& run);
OneCheck softmax_enough(const RunRecord& run);

// The rows and columns
OneCheck rare_class(const RunRecord& run);
OneCheck idle_columns(const RunRecord& run);
OneCheck missing_values(const RunRecord& run);
OneCheck repeated_rows(const RunRecord& run);
OneCheck imbalance_of_classes(const RunRecord& run);
OneCheck seen_before(const RunRecord& run);
OneCheck few_rows(const RunRecord& run);
OneCheck contradicted_rows(const RunRecord& run);

// What it is worth
OneCheck few_held_out(const RunRecord& run);
OneCheck calibration_error(const RunRecord& run);
OneCheck overfit(const RunRecord& run);
OneCheck tells_nothing(const RunRecord& run);
OneCheck never_predicted(const RunRecord& run);

// What they share
/// The sentences that training noted with this code, without it.
std::vector<std::string> notes_with(const RunRecord& run, std::string_view code);
/// The first level that `value` is above, from the highest: severities at kWarning, kNote, else kOk.
Severity above(double value, double note, double warning = std::numeric_limits<double>::infinity());
const RunRecord::Part* rows_trained_on(const RunRecord& run);
const RunRecord::Part* rows_not_seen(const RunRecord& run);

}  // namespace poise::report
