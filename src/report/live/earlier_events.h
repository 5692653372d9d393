// What a run that goes on did before it was stopped.
#pragma once

#include "report/live/live_run.h"

namespace poise::report {

/// The events before the last `resume` of the directory's file of events: of the same solve, in part, and of the same
/// training. Empty if they cannot be read.
RunRecord earlier_events(const std::string& directory, const RunRecord& now);

/// Puts them before what `now` has. Of a solve only where it was in it that the run was stopped.
void add_earlier(const RunRecord& earlier, RunRecord& now);

}  // namespace poise::report
