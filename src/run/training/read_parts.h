// The rows of a training: read or taken, and some of them held out.
#pragma once

#include "poise/run.h"
#include "run/parts.h"

namespace poise::inline run {

inline constexpr double kHeldOut = 0.1;  ///< of the rows, where some are needed and the request does not say

/// The share of the rows to hold out: as asked, else `by_default`, of which calibration needs one.
/// Throws Error(kUsage) for calibration without such rows.
double held_out_share(const TrainingRequest& request, double by_default);

/// How many rows a share of them is, rounded down but for what is lost to binary numbers: 0.29 of 100 rows are 29.
Index held_out_rows(Index rows, double share);

/// The data, a share of its rows held out, class by class, if asked for; what is odd about that is among the notices.
/// Beside them the rows to validate by and to test on. Throws Error for data without labels, rows of other columns and
/// too small a share.
Parts read_parts(const TrainingRequest& request, double held_out_share, Watcher* watcher = nullptr);

/// What the rows to train on are called.
std::string name_of_data(const TrainingRequest& request);

}  // namespace poise::inline run
