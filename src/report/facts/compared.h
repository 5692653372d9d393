// What the sections about several runs share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "poise/run_record.h"
#include "report/document.h"

namespace poise::report {

/// Names that tell the runs apart: those of their directories, with their paths where these are the same.
std::vector<std::string> names_of(std::span<const RunRecord> runs);
/// Of the rows they have in common, and that tell most: "test", "validation", …; empty if there are none.
std::string common_part(std::span<const RunRecord> runs);
/// The part of that name; else the one that tells most, or null where nothing was measured.
const RunRecord::Part* part_of(const RunRecord& run, const std::string& name);
/// Marks the best of the cells; none where all are the same.
void mark_best(const std::vector<Cell*>& cells, bool largest);

inline constexpr std::size_t kMostSeries = 8;  ///< of a chart

}  // namespace poise::report
