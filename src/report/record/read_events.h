// metrics.jsonl, read back.
#pragma once

#include <string>

#include "poise/run_record.h"

namespace poise::report {

/// Adds what the lines tell of the course of a run, whose penalty `run` has. Lines that are no events, as the last one
/// of a process that was killed may be, are passed over.
void read_events(const std::string& text, RunRecord& run);

}  // namespace poise::report
