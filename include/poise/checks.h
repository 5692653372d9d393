// What to look at in a run: a fixed list of findings with codes (docs/report.md#checks), from its record alone.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "poise/run_record.h"

namespace poise {

enum class Severity { kOk, kNote, kWarning };

const char* to_string(Severity severity);  ///< "ok", "note", "warning"

struct Check {
  std::string code = {};  ///< "P103"
  Severity severity = Severity::kOk;
  std::string name = {};                                    ///< what was looked at: "rows of the rarest class"
  std::string found = {};                                   ///< the figure: "4, of 'c'"
  std::string threshold = {};                               ///< from which on it is no more than ok: "at least 20"
  std::string advice = {};                                  ///< what to do, a sentence; empty if ok
  double value = std::numeric_limits<double>::quiet_NaN();  ///< the figure, as a number
  std::vector<std::string> notes = {};                      ///< what training said of it, a sentence each
};

/// Those that apply to the run and that its record has figures for: warnings, then notes, then what is ok, each by
/// code.
std::vector<Check> checks_of(const RunRecord& run);

/// "1 warning, 2 notes, 12 ok"
std::string counts_of(std::span<const Check> checks);

}  // namespace poise
